#include "project/toml_section.hpp"

#include <cmath>
#include <cstdio>
#include <stdexcept>
#include <utility>

namespace ganglion::project {

namespace {

std::string shown(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.10g", value);
    return text;
}

std::string range(const std::string& what, double low, double high) {
    return "write " + what + " from " + shown(low) + " to " + shown(high);
}

}  // namespace

TomlSection::TomlSection(const toml::table& root, std::filesystem::path file, std::string name,
                         bool required)
    : file_(std::move(file)), name_(std::move(name)) {
    const toml::node* node = root.get(name_);
    if (node == nullptr) {
        if (!required) return;
        throw std::runtime_error(file_.string() + ":1: [" + name_ +
                                 "] is missing; add this section");
    }
    table_ = node->as_table();
    if (table_ == nullptr) {
        throw std::runtime_error(file_.string() + ":" + std::to_string(node->source().begin.line) +
                                 ": " + name_ + " is a value; write a section [" + name_ + "]");
    }
}

void TomlSection::refuse(std::string_view key, const std::string& wrong,
                         const std::string& advice) const {
    toml::source_index line = 1;
    if (table_ != nullptr) {
        const toml::node* node = table_->get(key);
        line = node != nullptr ? node->source().begin.line : table_->source().begin.line;
    }
    throw std::runtime_error(file_.string() + ":" + std::to_string(line) + ": " + name_ + "." +
                             std::string(key) + ": " + wrong + "; " + advice);
}

const toml::node* TomlSection::find(std::string_view key) {
    known_.emplace(key);
    return table_ == nullptr ? nullptr : table_->get(key);
}

const toml::node& TomlSection::find_required(std::string_view key, std::string_view advice) {
    const toml::node* node = find(key);
    if (node == nullptr) refuse(key, "is missing", std::string(advice));
    return *node;
}

std::string TomlSection::to_text(const toml::node& node, std::string_view key,
                                 std::string_view advice) const {
    if (!node.is_string()) refuse(key, "is not a text in quotes", std::string(advice));
    std::string text = node.as_string()->get();
    if (text.find('\0') != std::string::npos) refuse(key, "holds a zero byte", std::string(advice));
    return text;
}

uint32_t TomlSection::to_integer(const toml::node& node, std::string_view key, uint32_t low,
                                 uint32_t high) const {
    const std::string advice = range("a whole number", low, high);
    if (!node.is_integer()) refuse(key, "is not a whole number", advice);
    const int64_t value = node.as_integer()->get();
    if (value < low || value > high)
        refuse(key, std::to_string(value) + " is out of range", advice);
    return static_cast<uint32_t>(value);
}

double TomlSection::to_number(const toml::node& node, std::string_view key, double low,
                              double high) const {
    const std::string advice = range("a number", low, high);
    if (!node.is_number()) refuse(key, "is not a number", advice);
    const double value = node.value<double>().value();
    if (!std::isfinite(value) || value < low || value > high) {
        refuse(key, shown(value) + " is out of range", advice);
    }
    return value;
}

std::string TomlSection::text_required(std::string_view key, std::string_view advice) {
    return to_text(find_required(key, advice), key, advice);
}

std::string TomlSection::text(std::string_view key, std::string_view fallback,
                              std::string_view advice) {
    const toml::node* node = find(key);
    return node == nullptr ? std::string(fallback) : to_text(*node, key, advice);
}

uint32_t TomlSection::integer_required(std::string_view key, uint32_t low, uint32_t high) {
    return to_integer(find_required(key, range("a whole number", low, high)), key, low, high);
}

uint32_t TomlSection::integer(std::string_view key, uint32_t fallback, uint32_t low,
                              uint32_t high) {
    const toml::node* node = find(key);
    return node == nullptr ? fallback : to_integer(*node, key, low, high);
}

double TomlSection::number_required(std::string_view key, double low, double high) {
    return to_number(find_required(key, range("a number", low, high)), key, low, high);
}

double TomlSection::number(std::string_view key, double fallback, double low, double high) {
    const toml::node* node = find(key);
    return node == nullptr ? fallback : to_number(*node, key, low, high);
}

bool TomlSection::boolean(std::string_view key, bool fallback) {
    const toml::node* node = find(key);
    if (node == nullptr) return fallback;
    if (!node->is_boolean()) refuse(key, "is not a truth value", "write true or false");
    return node->as_boolean()->get();
}

const toml::array* TomlSection::find_array(std::string_view key, std::string_view advice) {
    const toml::node* node = find(key);
    if (node == nullptr) return nullptr;
    if (!node->is_array()) refuse(key, "is not a list", std::string(advice));
    return node->as_array();
}

std::vector<std::string> TomlSection::texts(std::string_view key, std::string_view advice) {
    std::vector<std::string> values;
    if (const toml::array* array = find_array(key, advice)) {
        for (const toml::node& node : *array) values.push_back(to_text(node, key, advice));
    }
    return values;
}

std::vector<uint32_t> TomlSection::integers(std::string_view key, uint32_t low, uint32_t high) {
    std::vector<uint32_t> values;
    if (const toml::array* array = find_array(key, range("a list of whole numbers", low, high))) {
        for (const toml::node& node : *array) values.push_back(to_integer(node, key, low, high));
    }
    return values;
}

std::vector<double> TomlSection::numbers(std::string_view key, double low, double high) {
    std::vector<double> values;
    const toml::node* node = find(key);
    if (node == nullptr) return values;
    if (!node->is_array()) return {to_number(*node, key, low, high)};
    for (const toml::node& each : *node->as_array()) {
        values.push_back(to_number(each, key, low, high));
    }
    return values;
}

void TomlSection::finish() const {
    if (table_ == nullptr) return;
    for (const auto& [key, node] : *table_) {
        if (known_.contains(key.str())) continue;
        std::string names;
        for (const std::string& name : known_) names += (names.empty() ? "" : ", ") + name;
        throw std::runtime_error(file_.string() + ":" + std::to_string(node.source().begin.line) +
                                 ": " + name_ + "." + std::string(key.str()) +
                                 ": is not known; write one of " + names);
    }
}

}  // namespace ganglion::project
