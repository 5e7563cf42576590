#include "train/search/search_page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ganglion::train {
namespace {

using testing::HasSubstr;
using testing::Not;

size_t count(const std::string& text, const std::string& what) {
    size_t n = 0;
    for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
    return n;
}

TEST(SearchPage, DrawsFrontAndPickAndListsTheOthersWithTheirReason) {
    const SearchCost cheap{1000, 2000, 300, 4000, 25}, dear{3000, 9000, 900, 90000, 25};
    const std::vector<Tried> tried = {{"dear", dear, 0.02, 9, "", true, true},
                                      {"cheap", cheap, 0.10, 9, "", true, false},
                                      {"weak", dear, 0.30, 1, "", false, false},
                                      {"wide", dear, 0, 0, "RAM 3000 of 2000 bytes", false, false}};
    const auto page = search_page("speaker <1>", "missed", "ram=2KB", tried);
    EXPECT_THAT(page, HasSubstr("Search: speaker &lt;1&gt;"));
    EXPECT_THAT(page, HasSubstr("4 candidates, 3 of them fitted"));
    EXPECT_EQ(count(page, "<circle class=pick"), 1U);
    EXPECT_EQ(count(page, "<circle class=front"), 1U);
    EXPECT_EQ(count(page, "<circle class=other"), 1U);
    EXPECT_EQ(count(page, "<tr"), 5U);
    EXPECT_THAT(page, HasSubstr("RAM 3000 of 2000 bytes"));
    EXPECT_THAT(page, Not(HasSubstr("nan")));
    // The front is drawn as one stair from the cheapest on.
    EXPECT_THAT(page, testing::ContainsRegex("class=step d=\"M[0-9.]+ [0-9.]+H[0-9.]+V[0-9.]+\""));
}

TEST(SearchPage, StandsWithoutAnyFittedCandidate) {
    const auto page =
        search_page("x", "missed", "ram=1", {{"wide", {}, 0, 0, "too wide", false, false}});
    EXPECT_THAT(page, Not(HasSubstr("<svg")));
    EXPECT_THAT(page, HasSubstr("too wide"));
}

}  // namespace
}  // namespace ganglion::train
