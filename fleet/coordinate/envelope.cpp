#include "fleet/coordinate/envelope.hpp"

#include <algorithm>

namespace ganglion::fleet::coordinate {
namespace {

constexpr double kQuarter = 0.25;

void add_pool(Pool& pool, const device::Store& store) {
    pool.content += store.content;
    pool.most += store.most;
    pool.give += store.give;
    pool.take += store.take;
}

/// As early as it can, and as late as it may.
void add_task(Envelope& envelope, std::span<const double> step_h, const device::Store& store) {
    const double from = store.from_q * kQuarter;
    const double until = std::max(store.until_q * kQuarter, from + kQuarter);
    const double need = std::min<double>(store.room(), store.take * (until - from));
    double begin = 0;
    for (size_t i = 0; i < step_h.size(); ++i) {
        const double end = begin + step_h[i];
        const double there = std::max(0.0, std::min(end, until) - std::max(begin, from));
        envelope.task_power[i] += store.take * there / step_h[i];
        const double early = std::clamp(end - from, 0.0, until - from) * store.take;
        const double late = std::max(0.0, until - std::max(end, from)) * store.take;
        envelope.task_most[i] += std::min(need, early);
        envelope.task_least[i] += std::max(0.0, need - late);
        begin = end;
    }
}

void add_unsteered(Envelope& envelope, std::span<const double> step_h, const device::Store& store) {
    if (store.kind != device::StoreKind::task) return;
    double left = store.room();
    double begin = 0;
    for (size_t i = 0; i < step_h.size() && left > 0; ++i) {
        const double end = begin + step_h[i];
        const double there = std::max(0.0, end - std::max(begin, store.from_q * kQuarter));
        const double taken = std::min(left, store.take * there);
        envelope.own_use[i] += taken / step_h[i];
        left -= taken;
        begin = end;
    }
}

}  // namespace

Envelope::Envelope(size_t steps)
    : own_use(steps), task_power(steps), task_least(steps), task_most(steps) {}

Envelope& Envelope::operator+=(const Envelope& other) {
    const auto sum = [](std::vector<double>& into, const std::vector<double>& more) {
        for (size_t i = 0; i < into.size(); ++i) into[i] += more[i];
    };
    sum(own_use, other.own_use);
    sum(task_power, other.task_power);
    sum(task_least, other.task_least);
    sum(task_most, other.task_most);
    for (Pool Envelope::*pool : {&Envelope::storage, &Envelope::buffer}) {
        (this->*pool).content += (other.*pool).content;
        (this->*pool).most += (other.*pool).most;
        (this->*pool).give += (other.*pool).give;
        (this->*pool).take += (other.*pool).take;
    }
    own_now += other.own_now;
    error_square += other.error_square;
    most_taken += other.most_taken;
    most_given += other.most_given;
    return *this;
}

std::vector<double> horizon_steps(size_t steps, double first_h) {
    std::vector<double> lengths(steps, 1.0);
    if (steps != 0) lengths[0] = first_h;
    return lengths;
}

void add_store(Envelope& envelope, std::span<const double> step_h, const device::Store& store) {
    if (store.kind == device::StoreKind::task) {
        add_task(envelope, step_h, store);
    } else if (store.from_q == 0) {
        add_pool(store.kind == device::StoreKind::storage ? envelope.storage : envelope.buffer,
                 store);
    }
}

void add_device(Envelope& envelope, std::span<const double> step_h, const device::Summary& summary,
                bool stores) {
    for (size_t i = 0; i < envelope.steps(); ++i) {
        const size_t last = summary.forecast_count == 0 ? 0 : summary.forecast_count - 1;
        envelope.own_use[i] +=
            summary.forecast_count == 0 ? summary.own_use() : summary.forecast[std::min(i, last)];
    }
    envelope.error_square += double(summary.error) * summary.error;
    for (uint32_t i = 0; i < summary.store_count; ++i) {
        const device::Store& store = summary.stores[i];
        (stores ? add_store : add_unsteered)(envelope, step_h, store);
    }
}

}  // namespace ganglion::fleet::coordinate
