#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ganglion::project {

/// One [section] of a TOML file, read key by key; remembers which keys exist so that finish() can
/// refuse the others. Every error is a std::runtime_error with one line: file:line: section.key:
/// what is wrong; what to write.
class TomlSection {
  public:
    /// A missing section is empty; `required` sections must exist.
    TomlSection(const toml::table& root, std::filesystem::path file, std::string name,
                bool required);

    bool has(std::string_view key) { return find(key) != nullptr; }

    /// Each getter takes the advice for the error message and the value for a missing key; the
    /// *_required ones refuse a missing key.
    std::string text_required(std::string_view key, std::string_view advice);
    std::string text(std::string_view key, std::string_view fallback, std::string_view advice);
    uint32_t integer_required(std::string_view key, uint32_t low, uint32_t high);
    uint32_t integer(std::string_view key, uint32_t fallback, uint32_t low, uint32_t high);
    double number_required(std::string_view key, double low, double high);
    double number(std::string_view key, double fallback, double low, double high);
    bool boolean(std::string_view key, bool fallback);
    std::vector<std::string> texts(std::string_view key, std::string_view advice);
    std::vector<uint32_t> integers(std::string_view key, uint32_t low, uint32_t high);
    /// A single number counts as a list of one.
    std::vector<double> numbers(std::string_view key, double low, double high);

    /// Refuses keys that nobody asked for.
    void finish() const;

    /// Throws for a value that is well formed but wrong.
    [[noreturn]] void refuse(std::string_view key, const std::string& wrong,
                             const std::string& advice) const;

  private:
    const toml::node* find(std::string_view key);
    const toml::node& find_required(std::string_view key, std::string_view advice);
    uint32_t to_integer(const toml::node& node, std::string_view key, uint32_t low,
                        uint32_t high) const;
    double to_number(const toml::node& node, std::string_view key, double low, double high) const;
    std::string to_text(const toml::node& node, std::string_view key,
                        std::string_view advice) const;
    const toml::array* find_array(std::string_view key, std::string_view advice);

    const toml::table* table_ = nullptr;
    std::filesystem::path file_;
    std::string name_;
    std::set<std::string, std::less<>> known_;
};

/// One value of a closed set, by its name in the file.
template <typename T>
T choice(TomlSection& section, std::string_view key,
         const std::vector<std::pair<std::string_view, T>>& choices, const T* fallback = nullptr) {
    std::string advice = "write ";
    for (size_t i = 0; i < choices.size(); ++i) {
        if (i != 0) advice += i + 1 == choices.size() ? " or " : ", ";
        advice += '"' + std::string(choices[i].first) + '"';
    }
    if (fallback != nullptr && !section.has(key)) return *fallback;
    const std::string text = section.text_required(key, advice);
    for (const auto& [name, value] : choices) {
        if (name == text) return value;
    }
    section.refuse(key, '"' + text + "\" is not known", advice);
}

}  // namespace ganglion::project
