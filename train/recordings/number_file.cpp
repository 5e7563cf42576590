#include "train/recordings/number_file.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>

namespace ganglion::train {
namespace {

constexpr std::string_view kMagic("\x93NUMPY", 6);

[[noreturn]] void reject(const std::filesystem::path& file, const std::string& what) {
    throw std::runtime_error(fmt::format("{}: {}", file.string(), what));
}

std::string read_whole(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) reject(file, "cannot be opened");
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

template <typename Value>
std::vector<float> numbers_of(std::string_view bytes) {
    std::vector<float> numbers;
    for (size_t at = 0; at + sizeof(Value) <= bytes.size(); at += sizeof(Value)) {
        Value value;
        std::memcpy(&value, bytes.data() + at, sizeof value);
        numbers.push_back(static_cast<float>(value));
    }
    return numbers;
}

std::vector<float> numbers_of_type(const std::filesystem::path& file, const std::string& type,
                                   std::string_view bytes) {
    if (type == "<f4") return numbers_of<float>(bytes);
    if (type == "<f8") return numbers_of<double>(bytes);
    if (type == "|i1") return numbers_of<int8_t>(bytes);
    if (type == "|u1") return numbers_of<uint8_t>(bytes);
    if (type == "<i2") return numbers_of<int16_t>(bytes);
    if (type == "<u2") return numbers_of<uint16_t>(bytes);
    if (type == "<i4") return numbers_of<int32_t>(bytes);
    if (type == "<u4") return numbers_of<uint32_t>(bytes);
    if (type == "<i8") return numbers_of<int64_t>(bytes);
    if (type == "<u8") return numbers_of<uint64_t>(bytes);
    reject(file, fmt::format("numbers of type '{}' are not known; write float32", type));
}

/// What stands in a heading between a beginning and the next `end`; empty where it does not.
std::string_view named(std::string_view heading, std::string_view begin, char end) {
    const size_t at = heading.find(begin);
    if (at == std::string_view::npos) return {};
    const std::string_view rest = heading.substr(at + begin.size());
    const size_t size = rest.find(end);
    return size == std::string_view::npos ? std::string_view{} : rest.substr(0, size);
}

/// The product of "1, 49, 10"; nothing where it is not such a list.
std::optional<double> elements(std::string_view shape) {
    double product = 1;
    bool any = false;
    while (!shape.empty()) {
        if (shape.front() == ' ' || shape.front() == ',') {
            shape.remove_prefix(1);
            continue;
        }
        uint64_t size = 0;
        const auto [end, error] = std::from_chars(shape.data(), shape.data() + shape.size(), size);
        if (error != std::errc()) return {};
        shape.remove_prefix(static_cast<size_t>(end - shape.data()));
        product *= static_cast<double>(size);
        any = true;
    }
    if (!any) return {};
    return product;
}

/// Of an .npy file: the heading names type, order and shape.
std::vector<float> npy_numbers(const std::filesystem::path& file, std::string_view whole) {
    if (whole.size() < 12) reject(file, "its heading is cut off");
    const auto byte = [&](size_t at) {
        return static_cast<size_t>(static_cast<uint8_t>(whole[at]));
    };
    const bool is_first = byte(6) == 1;
    size_t length = byte(8) | byte(9) << 8;
    if (!is_first) length |= byte(10) << 16 | byte(11) << 24;
    const size_t begin = is_first ? 10 : 12;
    if (length > whole.size() - begin) reject(file, "its heading is cut off");
    const std::string_view heading = whole.substr(begin, length);
    const auto type = named(heading, "'descr': '", '\'');
    if (type.empty()) reject(file, "its heading names no type");
    if (heading.find("'fortran_order': False") == std::string_view::npos)
        reject(file, "its columns come first; write it in C order");
    const auto count = elements(named(heading, "'shape': (", ')'));
    if (!count) reject(file, "its heading names no shape");
    auto numbers = numbers_of_type(file, std::string(type), whole.substr(begin + length));
    if (static_cast<double>(numbers.size()) != *count)
        reject(file,
               fmt::format("it holds {} of the {} numbers of its shape", numbers.size(), *count));
    return numbers;
}

/// The number at the end of a line; empty where there is none.
std::optional<uint32_t> last_number(std::string_view line) {
    while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back())) != 0)
        line.remove_suffix(1);
    const auto digits = line.find_last_not_of("0123456789");
    if (digits != std::string_view::npos) line.remove_prefix(digits + 1);
    uint32_t number = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
    if (line.empty() || error != std::errc() || end != line.data() + line.size()) return {};
    return number;
}

}  // namespace

std::vector<float> read_numbers(const std::filesystem::path& file) {
    const std::string whole = read_whole(file);
    if (whole.starts_with(kMagic)) return npy_numbers(file, whole);
    if (whole.size() % sizeof(float) != 0)
        reject(file, fmt::format("its {} bytes are no whole float32 numbers", whole.size()));
    return numbers_of<float>(whole);
}

std::vector<uint32_t> read_class_numbers(const std::filesystem::path& file) {
    const std::string whole = read_whole(file);
    std::vector<uint32_t> classes;
    if (whole.starts_with(kMagic)) {
        for (const float number : npy_numbers(file, whole)) {
            if (number < 0 || number != std::floor(number))
                reject(file, fmt::format("{} is no class number", number));
            classes.push_back(static_cast<uint32_t>(number));
        }
        return classes;
    }
    size_t line_number = 0;
    for (size_t at = 0; at < whole.size();) {
        const size_t end = std::min(whole.find('\n', at), whole.size());
        const auto number = last_number(std::string_view(whole).substr(at, end - at));
        at = end + 1;
        ++line_number;
        if (!number && line_number > 1)
            throw std::runtime_error(
                fmt::format("{}:{}: ends in no class number", file.string(), line_number));
        if (number) classes.push_back(*number);
    }
    return classes;
}

}  // namespace ganglion::train
