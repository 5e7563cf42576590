#include "fleet/together/together_service.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "device/together/prior.hpp"
#include "fleet/base/clock.hpp"
#include "fleet/ingest/decode.hpp"
#include "fleet/together/terms_json.hpp"
#include "update/package.hpp"

namespace ganglion::fleet {
namespace {

using nlohmann::json;
namespace device = together::device;
using together::aggregate;
using together::ClassName;
using together::cost_of;
using together::fault_of;
using together::MemberRow;
using together::PriorRow;
using together::to_json;

constexpr size_t kMostQueued = 500'000;
constexpr size_t kMostWaiting = 200'000;
constexpr uint32_t kRefusalsShown = 100;
/// Also the least time from one prior of a class to the next.
constexpr auto kTick = std::chrono::milliseconds(200);
/// A device's clock and the network may make a period shorter by this part of it.
constexpr int64_t kSlack = 16;
constexpr double kDelta = 1e-5;  ///< for which epsilon is said
constexpr const char* kGroupAttribute = "class";

std::span<const uint8_t> view(const std::string& bytes) {
    return {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
}

device::Contribution contribution_of(const MemberRow& member) {
    device::Contribution contribution;
    contribution.count = static_cast<uint32_t>(member.values.size());
    std::ranges::copy(member.values, contribution.values.begin());
    return contribution;
}

}  // namespace

TogetherService::TogetherService(const OpenLink& open, together::TogetherStore& kept,
                                 std::string key, Store& store, AuditLog& audit, Log log)
    : kept_(kept),
      key_(std::move(key)),
      store_(store),
      audit_(audit),
      log_(std::move(log)),
      link_(open({[](Link& link) {
                      link.subscribe("ganglion/1/+/share");
                      link.subscribe("ganglion/1/+/begin");
                  },
                  [this](const std::string& reason) {
                      log_("learning together: broker connection lost: " + reason);
                  },
                  [this](std::string_view topic, std::span<const uint8_t> payload, bool) {
                      on_message(topic, payload);
                  }})),
      worker_([this] { work(); }) {}

TogetherService::~TogetherService() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    worker_.join();
}

void TogetherService::allow(const std::string& of, const device::ShareTerms& terms,
                            const std::string& actor) {
    audit_.append({actor, "together.allow", of, to_json(terms)});
    if (!kept_.put_terms(of, terms))
        throw std::runtime_error(of +
                                 " has other terms already: those of a version are fixed, a new "
                                 "version may have others");
}

void TogetherService::on_message(std::string_view topic, std::span<const uint8_t> payload) {
    auto parts = parse_topic(topic);
    if (!parts || (parts->channel != "share" && parts->channel != "begin")) return;
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= kMostQueued) {
        ++dropped_;
        return;
    }
    // Longer than the longest: what is beyond it is not kept, and it is refused as malformed.
    const auto kept = payload.first(std::min(payload.size(), device::kMaxContributionBytes + 1));
    queue_.push_back({std::move(parts->device), std::string(kept.begin(), kept.end()),
                      parts->channel == "begin", now_ms()});
}

void TogetherService::work() {
    for (;;) {
        std::vector<Received> messages;
        size_t dropped = 0;
        {
            std::unique_lock lock(mutex_);
            changed_.wait_for(lock, kTick, [this] { return stopping_; });
            if (stopping_) return;
            messages.swap(queue_);
            dropped = std::exchange(dropped_, 0);
        }
        if (dropped > 0)
            log_("learning together: " + std::to_string(dropped) + " messages too many, dropped");
        try {
            if (!messages.empty()) take(messages);
            while (!changed_classes_.empty()) {
                make_prior(*changed_classes_.begin());
                changed_classes_.erase(changed_classes_.begin());
            }
        } catch (const std::exception& error) {
            log_(std::string("learning together: ") + error.what());
        }
    }
}

void TogetherService::take(const std::vector<Received>& messages) {
    look_up_groups();
    kept_.at_once([&] {
        for (const Received& message : messages)
            if (!message.asks) take_contribution(message);
    });
    for (const Received& message : messages)
        if (message.asks) take_request(message);
}

void TogetherService::look_up_groups() {
    groups_.clear();
    for (const auto& [device, attributes] : store_.attributes())
        if (const auto group = attributes.find(kGroupAttribute); group != attributes.end())
            groups_[device] = group->second;
}

std::string TogetherService::group_of(const std::string& device) {
    const auto group = groups_.find(device);
    if (group == groups_.end() || group->second.size() > device::PriorMessage::kMostGroup)
        return {};
    return group->second;
}

void TogetherService::refuse(const Received& message, std::string_view of, const std::string& why) {
    kept_.add({message.time_ms, message.device, std::string(of), why});
}

void TogetherService::take_contribution(const Received& message) {
    const auto spend = [&](uint32_t contributions, double rho) {
        kept_.spend(message.device, message.time_ms, contributions, message.payload.size(), rho);
    };
    device::Contribution said;
    if (!decode(view(message.payload), said)) {
        spend(0, 0);
        return refuse(message, "", "malformed");
    }
    const std::string of(said.of);
    const auto terms = kept_.terms(of);
    if (!terms) {
        spend(1, 0);
        return refuse(message, of, "of a class whose terms are not known here");
    }
    const auto last = kept_.member(message.device);
    const uint32_t before = last ? last->sequence : 0;
    if (said.sequence <= before) {
        spend(0, 0);
        return refuse(message, of, "not newer than its last");
    }
    if (said.sequence > terms->contributions) {
        spend(1, cost_of(*terms).rho);
        return refuse(message, of, "more than its terms allow a device in its life");
    }
    // Those in between were made, too, and lost on their way.
    spend(said.sequence - before, cost_of(*terms, said.sequence - before).rho);
    const int64_t period_ms = int64_t{terms->period_s} * 1000;
    const bool soon = last && last->time_ms != 0 &&
                      message.time_ms < last->time_ms + period_ms - period_ms / kSlack;
    const char* fault = soon ? "too soon after its last" : fault_of(*terms, said);
    MemberRow member{
        message.device, {of, group_of(message.device)}, said.sequence, message.time_ms, {}};
    if (fault != nullptr) {
        refuse(message, of, fault);
        // Counted; what it said before goes on to count.
        if (last) {
            member.name = last->name;
            member.time_ms = last->time_ms;
            member.values = last->values;
        } else {
            member.time_ms = 0;
        }
    } else {
        member.values.assign(said.values.begin(), said.values.begin() + said.count);
        changed_classes_.insert(member.name);
    }
    if (last && last->name != member.name) changed_classes_.insert(last->name);
    kept_.put(member);
}

void TogetherService::take_request(const Received& message) {
    device::PriorRequest request;
    if (!decode(view(message.payload), request))
        return refuse(message, "", "malformed request for a prior");
    const std::string of(request.of);
    if (request.refusal != device::PriorRefusal::none)
        refuse(message, of,
               std::string("did not begin with a prior: ") + to_string(request.refusal));
    const ClassName name{of, group_of(message.device)};
    if (const auto prior = kept_.prior(name)) return send(message.device, *prior);
    if (waiting_devices_ >= kMostWaiting || !kept_.terms(of)) return;
    if (waiting_[name].insert(message.device).second) ++waiting_devices_;
}

void TogetherService::make_prior(const ClassName& name) {
    const auto terms = kept_.terms(name.of);
    if (!terms) return;
    std::vector<device::Contribution> contributions;
    for (const MemberRow& member : kept_.members(name))
        if (!member.values.empty()) contributions.push_back(contribution_of(member));
    const auto made = aggregate(*terms, contributions);
    if (!made) return;
    const auto last = kept_.prior(name);
    PriorRow row{name,
                 last ? last->sequence + 1 : 1,
                 now_ms(),
                 made->contributors,
                 {made->numbers().begin(), made->numbers().end()},
                 {}};
    if (last && last->values == row.values && last->contributors == row.contributors) return;
    device::PriorMessage message;
    message.of = name.of;
    message.group = name.group;
    message.sequence = row.sequence;
    message.contributors = row.contributors;
    message.values = made->values;
    message.count = made->count;
    std::array<uint8_t, device::kMaxPriorBytes> payload;
    const size_t size = encode(message, payload);
    const auto envelope = update::seal(device::kPriorPurpose, std::span(payload).first(size), key_);
    row.envelope.assign(envelope.begin(), envelope.end());
    // What is not in the log does not happen.
    audit_.append(
        {"coordinator",
         "together.prior",
         name.of + (name.group.empty() ? "" : " " + name.group),
         {{"sequence", row.sequence}, {"contributors", row.contributors}, {"values", row.values}}});
    kept_.put(row);
    const auto waiting = waiting_.find(name);
    if (waiting == waiting_.end()) return;
    for (const std::string& device : waiting->second) send(device, row);
    waiting_devices_ -= waiting->second.size();
    waiting_.erase(waiting);
}

void TogetherService::send(const std::string& device, const PriorRow& prior) {
    link_->publish("ganglion/1/" + device + "/prior", view(prior.envelope));
}

json TogetherService::state() {
    std::map<ClassName, std::pair<uint32_t, json>> classes;
    const auto terms = kept_.all_terms();
    for (const auto& [of, known] : terms) classes[{of, ""}] = {0, nullptr};
    for (const auto& [name, count] : kept_.contributors()) classes[name] = {count, nullptr};
    for (const PriorRow& prior : kept_.priors())
        classes[prior.name].second = {{"sequence", prior.sequence},
                                      {"time_ms", prior.time_ms},
                                      {"contributors", prior.contributors},
                                      {"values", prior.values}};
    json list = json::array();
    for (const auto& [name, entry] : classes) {
        const auto known = terms.find(name.of);
        if (known == terms.end()) continue;
        const together::PrivacyCost cost = cost_of(known->second);
        list.push_back({{"application", name.of.substr(0, name.of.find(' '))},
                        {"version", name.of.substr(name.of.find(' ') + 1)},
                        {"class", name.group},
                        {"contributors", entry.first},
                        {"needed", together::kLeastContributors},
                        {"rho", cost.rho},
                        {"epsilon", cost.epsilon(kDelta)},
                        {"terms", to_json(known->second)},
                        {"prior", entry.second}});
    }
    json refused = json::array();
    for (const auto& one : kept_.refusals(kRefusalsShown))
        refused.push_back(
            {{"time_ms", one.time_ms}, {"device", one.device}, {"of", one.of}, {"why", one.why}});
    return {{"priors", list}, {"refused", refused}};
}

}  // namespace ganglion::fleet
