#include "train/report/settings.hpp"

#include <fmt/format.h>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace ganglion::train {
namespace {

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

bool sets(std::string_view line, std::string_view key) {
    line = trim(line);
    return line.starts_with(key) && trim(line.substr(key.size())).starts_with('=');
}

std::string text_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    if (!in && text.empty())
        throw std::runtime_error(fmt::format("{} cannot be read", file.string()));
    return text;
}

/// The line with a new value; a comment after the old one keeps its column where it can.
std::string with_value(std::string_view line, std::string_view key, std::string_view value) {
    std::string fresh = fmt::format("{} = {}", key, value);
    const auto comment = line.find('#');
    if (comment == std::string_view::npos) return fresh;
    while (fresh.size() + 1 < comment) fresh += ' ';
    return fmt::format("{} {}", fresh, line.substr(comment));
}

}  // namespace

std::string with_setting(std::string_view toml, std::string_view section, std::string_view key,
                         std::string_view value) {
    std::vector<std::string> lines;
    std::istringstream in{std::string(toml)};
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    const std::string header = fmt::format("[{}]", section);
    size_t at = 0;
    while (at < lines.size() && !trim(lines[at]).starts_with(header)) ++at;
    if (at == lines.size()) {
        throw std::runtime_error(fmt::format("there is no section {}; add it", header));
    }
    size_t last = at;  // last line of the section with something on it
    bool found = false;
    for (size_t i = at + 1; i < lines.size() && !trim(lines[i]).starts_with('['); ++i) {
        if (!trim(lines[i]).empty()) last = i;
        if (!sets(lines[i], key)) continue;
        lines[i] = with_value(lines[i], key, value);
        found = true;
        break;
    }
    if (!found) {
        lines.insert(lines.begin() + static_cast<ptrdiff_t>(last) + 1,
                     fmt::format("{} = {}", key, value));
    }
    std::string text;
    for (const auto& line : lines) text += line + "\n";
    return text;
}

std::string without_section(std::string_view toml, std::string_view section) {
    const std::string header = fmt::format("[{}]", section);
    std::string text;
    std::istringstream in{std::string(toml)};
    bool inside = false;
    for (std::string line; std::getline(in, line);) {
        if (trim(line).starts_with('[')) inside = trim(line).starts_with(header);
        if (!inside) text += line + "\n";
    }
    return text;
}

void write_file(const std::filesystem::path& file, std::string_view text) {
    auto temporary = file;
    temporary += ".part";
    std::ofstream out(temporary, std::ios::binary);
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    out.close();
    std::error_code error;
    if (out) std::filesystem::rename(temporary, file, error);
    if (!out || error) {
        throw std::runtime_error(
            fmt::format("{} cannot be written; check the folder and the disk", file.string()));
    }
}

void write_setting(const std::filesystem::path& file, std::string_view section,
                   std::string_view key, std::string_view value) {
    write_file(file, with_setting(text_of(file), section, key, value));
}

void write_section(const std::filesystem::path& file, std::string_view section) {
    const std::string text = text_of(file);
    const std::string header = fmt::format("[{}]", section);
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
        if (trim(line).starts_with(header)) return;
    write_file(file, fmt::format("{}{}\n{}\n", text, text.ends_with('\n') ? "" : "\n", header));
}

}  // namespace ganglion::train
