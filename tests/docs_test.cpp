#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include "paths.hpp"

// What the documents say about the tests must be so.

namespace ganglion {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// "Suite.Name" of every test in the tree.
std::set<std::string> all_tests() {
    const std::regex test(R"(TEST(?:_F|_P)?\((\w+),\s*(\w+)\))");
    std::set<std::string> names;
    const fs::path root = GANGLION_SOURCE_DIR;
    for (auto entry = fs::recursive_directory_iterator(root);
         entry != fs::recursive_directory_iterator(); ++entry) {
        const std::string name = entry->path().filename().string();
        if (entry->is_directory() &&
            (name == "build" || name.front() == '.' || name == "node_modules")) {
            entry.disable_recursion_pending();
            continue;
        }
        if (name.size() < 9 || name.compare(name.size() - 9, 9, "_test.cpp") != 0) continue;
        const std::string text = text_of(entry->path());
        for (std::sregex_iterator match(text.begin(), text.end(), test), end; match != end; ++match)
            names.insert((*match)[1].str() + "." + (*match)[2].str());
    }
    return names;
}

TEST(Docs, EveryThreatsTestExists) {
    const std::set<std::string> tests = all_tests();
    const std::string document = text_of(fs::path(GANGLION_SOURCE_DIR) / "docs" / "security.md");
    const std::regex name(R"(`([A-Z]\w*\.\w+)`)");
    int named = 0;
    for (std::sregex_iterator match(document.begin(), document.end(), name), end; match != end;
         ++match) {
        EXPECT_EQ(tests.count((*match)[1].str()), 1U) << (*match)[1].str() << " is no test";
        ++named;
    }
    EXPECT_GE(named, 30);
}

}  // namespace
}  // namespace ganglion
