#include "fleet/release/distributor.hpp"

#include <algorithm>

namespace ganglion::fleet {
namespace {

constexpr size_t kCachedObjects = 32;

}  // namespace

void Distributor::want(const std::string& device, const update::Want& want,
                       const std::vector<PackageObjects>& packages, int64_t purse,
                       uint64_t bytes_per_second) {
    const std::string base = want.base ? hex_of(*want.base) : std::string();
    const auto package = std::ranges::find(packages, base, &PackageObjects::base);
    if (package == packages.end()) return;
    const Request request{device, want, *package, purse, bytes_per_second};
    const auto before = std::ranges::find(requests_, device, &Request::device);
    if (before != requests_.end())
        *before = request;
    else
        requests_.push_back(request);
}

const std::string& Distributor::object(const std::string& digest) {
    const auto found = std::ranges::find(cache_, digest, &decltype(cache_)::value_type::first);
    if (found != cache_.end()) {
        cache_.splice(cache_.begin(), cache_, found);
    } else {
        cache_.emplace_front(digest, releases_.objects().get(digest).value_or(""));
        if (cache_.size() > kCachedObjects) cache_.pop_back();
    }
    return cache_.front().second;
}

bool Distributor::pay(const Request& request, size_t bytes, int64_t now_ms) {
    if (request.bytes_per_second == 0) return true;
    const auto limit = static_cast<double>(request.bytes_per_second);
    Purse& purse = purses_.try_emplace(request.purse, Purse{limit, now_ms}).first->second;
    const double passed = static_cast<double>(now_ms - purse.filled_ms) / 1000;
    purse.filled_ms = now_ms;
    // A piece larger than a second's worth goes when the purse is full.
    const double room = std::max(limit, static_cast<double>(bytes));
    purse.bytes = std::min(room, purse.bytes + std::max(passed, 0.0) * limit);
    if (purse.bytes < static_cast<double>(bytes)) return false;
    purse.bytes -= static_cast<double>(bytes);
    return true;
}

/// The message with the next piece; empty where there is none of this number.
std::string Distributor::piece(const Request& request) {
    const std::string& index = object(request.package.index);
    const auto index_pieces = update::pieces_of(static_cast<uint32_t>(index.size()));
    const uint32_t number = request.want.first;
    const bool of_index = number < index_pieces;
    const std::string& from = of_index ? index : object(request.package.payload);
    const size_t at = size_t{of_index ? number : number - index_pieces} * update::kPieceBytes;
    if (at >= from.size()) return {};
    const size_t size = std::min<size_t>(update::kPieceBytes, from.size() - at);
    std::string payload(update::kMaxUpdateMessageBytes, '\0');
    const update::Piece message{
        request.want.sequence, number, {reinterpret_cast<const uint8_t*>(from.data()) + at, size}};
    payload.resize(
        encode(message, std::span(reinterpret_cast<uint8_t*>(payload.data()), payload.size())));
    return payload;
}

std::vector<Distributor::Sent> Distributor::pump(int64_t now_ms) {
    std::vector<Sent> sent;
    // In turns, a piece each: a slow purse holds up nobody else.
    for (size_t waiting = requests_.size(); waiting > 0; --waiting) {
        Request request = std::move(requests_.front());
        requests_.pop_front();
        while (request.want.count > 0) {
            std::string message = piece(request);
            if (message.empty()) {
                request.want.count = 0;
                break;
            }
            if (!pay(request, message.size(), now_ms)) break;
            sent.push_back({request.device, std::move(message)});
            ++request.want.first;
            --request.want.count;
        }
        if (request.want.count > 0) requests_.push_back(std::move(request));
    }
    return sent;
}

}  // namespace ganglion::fleet
