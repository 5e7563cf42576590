#include "device/outbox/outbox.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <vector>

#include "device/flash/simulated_flash.hpp"

namespace ganglion {
namespace {

using Name = std::pair<uint32_t, uint32_t>;  // boot, sequence

Event event_named(uint32_t boot, uint32_t sequence) {
    Event event;
    event.boot = boot;
    event.sequence = sequence;
    event.clock_ms = sequence * 10ULL;
    event.label = EventLabel("anomaly");
    event.score_permille = static_cast<uint16_t>(sequence % 1001);
    event.sample = sequence * 1000ULL;
    if (sequence % 2) event.stop_instructions = sequence;
    return event;
}

std::vector<Event> all_pending(const Outbox& outbox) {
    std::vector<Event> events(200);
    events.resize(outbox.oldest(events));
    return events;
}

struct NoGuard final : OutboxGuard {};

struct OutboxTest : testing::Test {
    static constexpr uint32_t kBlocks = 4;
    SimulatedFlash flash{kBlocks + 1};
    NoGuard guard;
    Outbox outbox{flash, Flash::kBlockBytes, kBlocks, guard};

    void SetUp() override { ASSERT_EQ(outbox.mount(), Status::ok); }
};

TEST_F(OutboxTest, keeps_order_and_content) {
    for (uint32_t i = 1; i <= 40; ++i) ASSERT_EQ(outbox.append(event_named(1, i)), Status::ok);
    const std::vector<Event> events = all_pending(outbox);
    ASSERT_EQ(events.size(), 40U);
    for (uint32_t i = 0; i < 40; ++i) EXPECT_EQ(events[i], event_named(1, i + 1));
    std::array<Event, 3> few;
    EXPECT_EQ(outbox.oldest(few), 3U);
    EXPECT_EQ(few[2], event_named(1, 3));
}

TEST_F(OutboxTest, longest_event_fits) {
    Event event;
    event.boot = event.sequence = UINT32_MAX;
    event.clock_ms = event.sample = UINT64_MAX;
    event.label = EventLabel("fifteen letters");
    event.score_permille = 1000;
    event.stop_samples = event.stop_instructions = UINT32_MAX;
    ASSERT_EQ(outbox.append(event), Status::ok);
    EXPECT_EQ(all_pending(outbox), std::vector{event});
}

TEST_F(OutboxTest, acknowledges_per_boot) {
    for (uint32_t i = 1; i <= 3; ++i) ASSERT_EQ(outbox.append(event_named(1, i)), Status::ok);
    for (uint32_t i = 1; i <= 3; ++i) ASSERT_EQ(outbox.append(event_named(2, i)), Status::ok);
    EXPECT_EQ(outbox.acknowledge(2, 2), 2U);
    EXPECT_EQ(outbox.acknowledge(2, 2), 0U);
    EXPECT_EQ(outbox.acknowledge(3, 100), 0U);
    EXPECT_EQ(outbox.pending(), 4U);
    EXPECT_EQ(outbox.acknowledge(1, UINT32_MAX), 3U);
    EXPECT_EQ(all_pending(outbox), std::vector{event_named(2, 3)});
}

TEST_F(OutboxTest, survives_remounting) {
    for (uint32_t i = 1; i <= 70; ++i) ASSERT_EQ(outbox.append(event_named(5, i)), Status::ok);
    outbox.acknowledge(5, 33);
    Outbox again(flash, Flash::kBlockBytes, kBlocks, guard);
    ASSERT_EQ(again.mount(), Status::ok);
    EXPECT_EQ(again.pending(), 37U);
    EXPECT_EQ(again.highest_boot(), 5U);
    EXPECT_EQ(all_pending(again), all_pending(outbox));
    ASSERT_EQ(again.append(event_named(6, 1)), Status::ok);
    EXPECT_EQ(all_pending(again).back(), event_named(6, 1));
}

TEST_F(OutboxTest, full_keeps_the_oldest_and_counts_the_lost) {
    uint32_t stored = 0;
    while (outbox.append(event_named(1, stored + 1)) == Status::ok) ++stored;
    EXPECT_GE(stored, outbox.capacity());
    EXPECT_EQ(outbox.append(event_named(1, stored + 2)), Status::full);
    EXPECT_EQ(outbox.lost(), 2U);
    const std::vector<Event> events = all_pending(outbox);
    ASSERT_EQ(events.size(), stored);
    EXPECT_EQ(events.front(), event_named(1, 1));
    outbox.acknowledge(1, Outbox::kSlotsPerBlock);
    EXPECT_EQ(outbox.append(event_named(1, stored + 1)), Status::ok);
    EXPECT_EQ(all_pending(outbox).front(), event_named(1, Outbox::kSlotsPerBlock + 1));
}

TEST_F(OutboxTest, wraps_round_for_ever) {
    for (uint32_t i = 1; i <= 3000; ++i) {
        ASSERT_EQ(outbox.append(event_named(1, i)), Status::ok);
        if (i % 7 == 0) outbox.acknowledge(1, i);
    }
    EXPECT_EQ(outbox.pending(), 3000U % 7);
    for (uint32_t i = 0; i < Flash::kBlockBytes; ++i) ASSERT_EQ(flash.memory()[i], 0xff);
}

TEST_F(OutboxTest, mounts_over_rubbish) {
    for (int fill : {0x00, 0x5a}) {
        std::fill(flash.memory().begin(), flash.memory().end(), static_cast<uint8_t>(fill));
        Outbox fresh(flash, Flash::kBlockBytes, kBlocks, guard);
        ASSERT_EQ(fresh.mount(), Status::ok);
        EXPECT_EQ(fresh.pending(), 0U);
        ASSERT_EQ(fresh.append(event_named(1, 1)), Status::ok);
        EXPECT_EQ(all_pending(fresh), std::vector{event_named(1, 1)});
    }
}

TEST_F(OutboxTest, refuses_an_impossible_size) {
    EXPECT_EQ(Outbox(flash, 0, 1, guard).mount(), Status::bad_shape);
    EXPECT_EQ(Outbox(flash, 0, Outbox::kMaxBlocks + 1, guard).mount(), Status::bad_shape);
    EXPECT_EQ(Outbox(flash, 0, kBlocks + 2, guard).mount(), Status::bad_offset);
}

// One life of a device on a flash whose power fails within operation `cut`: appends, acknowledges
// in between, and goes on after the cut with a new boot. Then everything committed and not
// acknowledged must be there, in order, once.
void live_and_check(uint32_t cut, uint32_t seed, bool& was_cut) {
    constexpr uint32_t kBlocks = 3;
    SimulatedFlash flash(kBlocks);
    NoGuard guard;
    std::vector<Event> committed;
    std::set<Name> acknowledged;
    std::set<Name> doubtful;  // being acknowledged, or being written, when the power failed
    flash.cut_after(cut, seed);
    uint32_t boot = 1;
    uint32_t sequence = 0;
    auto outbox = std::make_unique<Outbox>(flash, 0, kBlocks, guard);
    ASSERT_EQ(outbox->mount(), Status::ok);
    for (uint32_t step = 1; step <= 260; ++step) {
        if (step % 6 == 0 && !committed.empty()) {
            // As the server does: everything of the oldest event's boot up to some sequence.
            std::array<Event, 5> oldest;
            const size_t count = outbox->oldest(oldest);
            if (count == 0) continue;
            const Name through{oldest[0].boot, oldest[count - 1].boot == oldest[0].boot
                                                   ? oldest[count - 1].sequence
                                                   : oldest[0].sequence};
            const bool alive = !flash.dead();
            outbox->acknowledge(through.first, through.second);
            for (const Event& event : committed)
                if (event.boot == through.first && event.sequence <= through.second)
                    (alive && flash.dead() ? doubtful : acknowledged)
                        .emplace(event.boot, event.sequence);
        } else {
            const Event event = event_named(boot, sequence + 1);
            const Status status = outbox->append(event);
            if (status == Status::ok) {
                committed.push_back(event);
                ++sequence;
            } else if (status != Status::full) {
                // Whether it is there is open; the sequence is not used again in this boot.
                committed.push_back(event);
                doubtful.emplace(boot, sequence + 1);
            }
        }
        const bool just_cut = flash.dead();
        was_cut = was_cut || just_cut;
        // It starts again at times: bits that the cut left weak may read differently then.
        if (just_cut || (was_cut && step % 83 == 0)) {
            flash.restore_power();
            outbox = std::make_unique<Outbox>(flash, 0, kBlocks, guard);
            ASSERT_EQ(outbox->mount(), Status::ok);
            ++boot;
            sequence = 0;
        }
        if (!just_cut && step % 13 != 0) continue;
        const std::vector<Event> pending = all_pending(*outbox);
        ASSERT_EQ(pending.size(), outbox->pending());
        size_t at = 0;
        for (const Event& event : committed) {
            const Name name{event.boot, event.sequence};
            const bool there = at < pending.size() && pending[at] == event;
            if (there) {
                ASSERT_FALSE(acknowledged.contains(name)) << "acknowledged, yet there";
                ++at;
            } else {
                ASSERT_TRUE(acknowledged.contains(name) || doubtful.contains(name))
                    << "lost boot " << name.first << " sequence " << name.second << " at step "
                    << step;
            }
        }
        ASSERT_EQ(at, pending.size()) << "events that nobody wrote, or out of order";
    }
}

TEST(outbox_power_cut, at_every_operation_whole_and_torn) {
    uint32_t cut = 0;
    bool was_cut = true;
    for (; was_cut; ++cut) {
        for (uint32_t seed : {0U, 1U, 2U, 3U, 4U, 5U}) {
            was_cut = false;
            live_and_check(cut, seed, was_cut);
            if (HasFatalFailure()) FAIL() << "cut at operation " << cut << ", seed " << seed;
            if (!was_cut) break;
        }
    }
    EXPECT_GT(cut, 300U);
}

}  // namespace
}  // namespace ganglion
