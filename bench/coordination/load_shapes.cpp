#include "bench/coordination/load_shapes.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "train/recordings/timed_table.hpp"

namespace ganglion::bench::grid {
namespace {

constexpr uint32_t kWeek = 168;
constexpr int64_t kMinutesPerHour = 60;

/// Hour by hour from `begin` (minutes since 1970), gaps filled from a week or a day before, in
/// units of the mean.
std::vector<float> stretch(const train::TimedTable& table, const std::vector<double>& values,
                           int64_t begin, uint32_t hours) {
    std::vector<float> series(hours, std::nanf(""));
    for (size_t i = 0; i < values.size(); ++i) {
        const int64_t hour = (table.minutes[i] - begin) / kMinutesPerHour;
        if (table.minutes[i] >= begin && hour < hours && !std::isnan(values[i]))
            series[size_t(hour)] = static_cast<float>(values[i]);
    }
    for (uint32_t i = 0; i < hours; ++i) {
        if (!std::isnan(series[i])) continue;
        const uint32_t back = i >= kWeek ? kWeek : i >= 24 ? 24 : 0;
        series[i] = back == 0 ? 1.0F : series[i - back];
    }
    const float mean = std::accumulate(series.begin(), series.end(), 0.0F) / float(hours);
    for (float& value : series) value /= mean;
    return series;
}

int64_t monday_before(int year) {
    const int64_t day = train::parse_minutes(std::to_string(year) + "-01-31");
    return day - train::minute_of_week(day);
}

std::vector<float> generated(uint32_t hours, double shift) {
    std::vector<float> series;
    for (uint32_t i = 0; i < hours; ++i) {
        const double hour = i % 24 + shift;
        const double morning = std::exp(-std::pow((hour - 8) / 2, 2));
        const double evening = std::exp(-std::pow((hour - 19) / 3, 2));
        series.push_back(static_cast<float>(0.55 + 0.5 * morning + 1.1 * evening));
    }
    return series;
}

}  // namespace

bool has_recordings(const std::filesystem::path& data) {
    return !data.empty() && std::filesystem::exists(data / "household" / "sceaux_hourly.csv.gz");
}

std::vector<std::vector<float>> load_shapes(const ShapeSource& source) {
    const uint32_t hours = source.days * 24;
    std::vector<std::vector<float>> shapes;
    constexpr int kStretches = 10;
    if (!has_recordings(source.data)) {
        for (int i = 0; i < kStretches; ++i) shapes.push_back(generated(hours, 0.3 * i - 1.5));
        return shapes;
    }
    const auto house = train::read_timed_table(source.data / "household" / "sceaux_hourly.csv.gz");
    const auto loads = house.numbers("energy_kwh");
    const char* regions[] = {"aep", "comed", "dayton", "dom", "duq"};
    const int64_t house_end = monday_before(source.house_year);
    const int64_t length = int64_t{hours} / 168 * 168 * kMinutesPerHour;
    for (int i = 0; i < kStretches; ++i) {
        const int64_t back = int64_t{i} * 168 * kMinutesPerHour;
        auto shape = stretch(house, loads, house_end - length - back, hours);
        const auto table = train::read_timed_table(source.data / "pjm" /
                                                   (std::string(regions[i % 5]) + ".csv.gz"));
        const auto region = stretch(table, table.numbers("load_mw"),
                                    monday_before(source.region_year) - length, hours);
        for (uint32_t h = 0; h < hours; ++h) shape[h] = 0.6F * shape[h] + 0.4F * region[h];
        shapes.push_back(std::move(shape));
    }
    return shapes;
}

}  // namespace ganglion::bench::grid
