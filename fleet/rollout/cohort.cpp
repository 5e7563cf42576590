#include "fleet/rollout/cohort.hpp"

#include <fmt/core.h>

#include <cmath>

namespace ganglion::fleet {
namespace {

constexpr int64_t kMostCounted = 20'000;
constexpr int64_t kSampled = 5'000;

/// Parameters of every statement here: ?1 application, ?2 pattern, then name and value of each
/// attribute.
struct Question {
    std::string application, pattern;
    Attributes attributes;

    std::string runs() const { return application.empty() ? "?1 = ''" : "application = ?1"; }
    std::string has_all() const {
        std::string sql = pattern.empty() ? "?2 = ''" : "id GLOB ?2";
        for (size_t i = 0; i < attributes.size(); ++i)
            sql += fmt::format(
                " AND EXISTS (SELECT 1 FROM attributes WHERE device = number AND name = ?{} AND "
                "value = ?{})",
                2 * i + 3, 2 * i + 4);
        return sql;
    }
    Statement asked(Database& database, const std::string& sql) const {
        Statement statement = database.prepare(sql);
        statement.bind(application).bind(pattern);
        for (const auto& [name, value] : attributes) statement.bind(name).bind(value);
        statement.step();
        return statement;
    }
};

int64_t all_that_run(Database& database, const std::string& application) {
    Statement sum = database.prepare(
        "SELECT coalesce(sum(devices), 0) FROM applications WHERE ?1 = '' OR application = ?1");
    sum.bind(application).step();
    return sum.integer(0);
}

/// Which attribute the fewest devices have, and how many those are, counted up to one more than are
/// counted at most.
std::pair<size_t, int64_t> rarest(Database& database, const Attributes& attributes) {
    std::pair<size_t, int64_t> least{0, INT64_MAX};
    size_t place = 0;
    for (const auto& [name, value] : attributes) {
        Statement count = database.prepare(
            "SELECT count(*) FROM (SELECT 1 FROM attributes WHERE name = ? AND value = ? LIMIT ?)");
        count.bind(name).bind(value).bind(kMostCounted + 1).step();
        if (count.integer(0) < least.second) least = {place, count.integer(0)};
        ++place;
    }
    return least;
}

/// Devices lie on their circle at random: the first of them are as good a sample as any.
int64_t estimated(Database& database, const Question& question, int64_t all) {
    const Statement sample = question.asked(
        database,
        fmt::format("SELECT count(*), coalesce(sum({}), 0) FROM (SELECT number, id FROM devices "
                    "INDEXED BY devices_on_circle WHERE {} ORDER BY place LIMIT {})",
                    question.has_all(), question.runs(), kSampled));
    if (sample.integer(0) == 0) return 0;
    return std::llround(sample.number<double>(1) / sample.number<double>(0) *
                        static_cast<double>(all));
}

}  // namespace

int64_t cohort_size(Database& database, const std::string& application, const std::string& pattern,
                    const Attributes& attributes) {
    const int64_t all = all_that_run(database, application);
    if (pattern.empty() && attributes.empty()) return all;
    const Question question{application, pattern, attributes};
    if (attributes.empty()) {
        const int64_t about = all > kMostCounted ? estimated(database, question, all) : 0;
        if (about > kMostCounted) return about;
        return question
            .asked(database, "SELECT count(*) FROM devices WHERE " + question.runs() + " AND " +
                                 question.has_all())
            .integer(0);
    }
    if (const auto [place, devices] = rarest(database, attributes); devices <= kMostCounted)
        return question
            .asked(database,
                   fmt::format("SELECT count(*) FROM attributes a CROSS JOIN devices ON number = "
                               "a.device WHERE a.name = ?{} AND a.value = ?{} AND {} AND {}",
                               2 * place + 3, 2 * place + 4, question.runs(), question.has_all()))
            .integer(0);
    return estimated(database, question, all);
}

}  // namespace ganglion::fleet
