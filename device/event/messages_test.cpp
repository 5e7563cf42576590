#include "device/event/messages.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "device/event/gate_encoder.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace ganglion {
namespace {

using Bytes = std::vector<uint8_t>;

Event sample_event(uint32_t sequence) {
    Event event;
    event.boot = 7;
    event.sequence = sequence;
    event.clock_ms = 123456;
    event.kind = EventKind::action;
    event.label = EventLabel("anomaly");
    event.score_permille = 987;
    event.sample = 1u << 20;
    event.stop_samples = 0;
    event.stop_instructions = 4711;
    return event;
}

Event longest_event() {
    Event event;
    event.boot = event.sequence = UINT32_MAX;
    event.clock_ms = event.sample = UINT64_MAX;
    event.label = EventLabel("fifteen letters");
    event.score_permille = 1000;
    event.stop_samples = event.stop_instructions = UINT32_MAX;
    return event;
}

template <typename Message>
Bytes encoded(const Message& message) {
    Bytes bytes(kMaxBatchBytes);
    bytes.resize(encode(message, bytes));
    return bytes;
}

EventBatch sample_batch(size_t count) {
    EventBatch batch;
    batch.clock_ms = 130000;
    batch.boot = 8;
    batch.count = count;
    for (size_t i = 0; i < count; ++i) batch.events[i] = sample_event(static_cast<uint32_t>(i + 1));
    return batch;
}

StatusMessage sample_status() {
    StatusMessage status;
    status.online = true;
    status.application = "wake_word";
    status.bundle_version = "1.2";
    status.bundle_digest = {1, 2, 3, 4, 5, 6, 7, 8};
    status.boot = 3;
    status.ram_bytes = 22000;
    status.flash_bytes = 60000;
    status.instructions = 8000000;
    status.firmware_version = "0.1.0";
    status.rate_hz = 16000;
    return status;
}

ReportMessage sample_report() {
    return {3,
            20000,
            640000,
            5000,
            64000,
            1,
            900,
            8000000,
            2,
            0,
            512,
            0,
            {{1, 2, 300, 0, 0, 0, 0, 65535}},
            250};
}

Bytes sample_chunk(bool last) {
    const std::array<int16_t, 3> samples{1, -1, 256};
    GateEncoder gate;
    gate.open();
    Bytes bytes(64);
    bytes.resize(gate.encode(3, 1000, RawSamples(samples), last, bytes));
    return bytes;
}

TEST(event, encodes_as_documented) {
    Event event;
    event.boot = 1;
    event.sequence = 2;
    event.clock_ms = 3;
    event.kind = EventKind::started;
    event.label = EventLabel("ok");
    event.score_permille = 4;
    event.sample = 5;
    uint8_t buffer[kMaxEventBytes];
    CborWriter out(buffer);
    encode(event, out);
    EXPECT_EQ(Bytes(out.written().begin(), out.written().end()),
              (Bytes{0xa7, 0, 1, 1, 2, 2, 3, 3, 1, 4, 0x62, 'o', 'k', 5, 4, 6, 5}));
}

TEST(event, longest_fits_the_stated_size_exactly) {
    uint8_t buffer[kMaxEventBytes];
    CborWriter out(buffer);
    encode(longest_event(), out);
    EXPECT_TRUE(out.ok());
    EXPECT_EQ(out.size(), kMaxEventBytes);
}

TEST(event, label_is_cut_at_fifteen_bytes) {
    EXPECT_EQ(EventLabel("exactly sixteen!").view(), "exactly sixteen");
    EXPECT_EQ(EventLabel("").view(), "");
}

TEST(messages, batch_round_trip_of_every_length) {
    for (size_t count = 1; count <= kMaxBatchEvents; ++count) {
        EventBatch batch = sample_batch(count);
        batch.from_oldest = count % 2 == 0;
        EventBatch read;
        ASSERT_TRUE(decode_event_batch(encoded(batch), read));
        EXPECT_EQ(read.from_oldest, batch.from_oldest);
        EXPECT_EQ(read.clock_ms, batch.clock_ms);
        EXPECT_EQ(read.boot, batch.boot);
        ASSERT_EQ(read.count, count);
        for (size_t i = 0; i < count; ++i) EXPECT_EQ(read.events[i], batch.events[i]);
    }
}

TEST(messages, longest_batch_fits_and_empty_or_overfull_is_refused) {
    EventBatch batch = sample_batch(kMaxBatchEvents);
    batch.clock_ms = UINT64_MAX;
    batch.boot = UINT32_MAX;
    batch.events.fill(longest_event());
    batch.from_oldest = true;
    EventBatch read;
    EXPECT_TRUE(decode_event_batch(encoded(batch), read));
    batch.count = 0;
    EXPECT_TRUE(encoded(batch).empty());
    batch.count = kMaxBatchEvents + 1;
    EXPECT_TRUE(encoded(batch).empty());
    EXPECT_FALSE(decode_event_batch(Bytes{0xa3, 0, 1, 1, 0x80, 2, 1}, read));
}

TEST(messages, ack_round_trip) {
    Ack read;
    ASSERT_TRUE(decode_ack(encoded(Ack{5, 70000}), read));
    EXPECT_EQ(read, (Ack{5, 70000}));
}

TEST(messages, forget_round_trip) {
    ForgetMessage read;
    ASSERT_TRUE(decode_forget(encoded(ForgetMessage{70000}), read));
    EXPECT_EQ(read.boot, 70000U);
    EXPECT_FALSE(decode_forget(Bytes{0xa0}, read));
    EXPECT_FALSE(decode_forget(Bytes{0xa1, 0, 0x20}, read));
    EXPECT_FALSE(decode_forget(Bytes{0xa1, 0, 1, 0}, read));
}

TEST(messages, a_reports_sketch_is_eight_counts_in_less_than_32_bytes) {
    ReportMessage report;
    const size_t without = encoded(report).size();
    report.scores.counts.fill(UINT16_MAX);
    report.drift_permille = 1000;
    const Bytes full = encoded(report);
    EXPECT_LE(full.size() - without + ScoreSketch::kBins + 1, 32U);
    ReportMessage read;
    ASSERT_TRUE(decode_report(full, read));
    EXPECT_EQ(read, report);
    report.drift_permille = 1001;
    EXPECT_TRUE(encoded(report).empty());
}

TEST(messages, status_round_trip_full_and_last_will) {
    StatusMessage read;
    const Bytes full = encoded(sample_status());
    ASSERT_TRUE(decode_status(full, read));
    EXPECT_TRUE(read.online);
    EXPECT_EQ(read.application, "wake_word");
    EXPECT_EQ(read.bundle_version, "1.2");
    EXPECT_EQ(read.bundle_digest, sample_status().bundle_digest);
    EXPECT_EQ(read.boot, 3U);
    EXPECT_EQ(read.ram_bytes, 22000U);
    EXPECT_EQ(read.flash_bytes, 60000U);
    EXPECT_EQ(read.instructions, 8000000U);
    EXPECT_EQ(read.firmware_version, "0.1.0");
    EXPECT_EQ(read.rate_hz, 16000U);
    EXPECT_FALSE(read.fault);
    EXPECT_EQ(encoded(StatusMessage{}), (Bytes{0xa1, 0x00, 0xf4}));
    ASSERT_TRUE(decode_status(Bytes{0xa1, 0x00, 0xf4}, read));
    EXPECT_FALSE(read.online);
    EXPECT_FALSE(read.boot);
}

TEST(messages, report_round_trip) {
    ReportMessage read;
    ASSERT_TRUE(decode_report(encoded(sample_report()), read));
    EXPECT_EQ(read, sample_report());
}

TEST(messages, gate_chunk_round_trip_and_every_byte_counted) {
    const std::array<int16_t, 3> samples{1, -1, 256};
    GateEncoder gate;
    EXPECT_EQ(gate.open(), 1U);
    Bytes small(8);
    EXPECT_EQ(gate.encode(3, 1000, RawSamples(samples), true, small), 0U);
    EXPECT_EQ(gate.bytes_out(), 0U);
    Bytes bytes(64);
    bytes.resize(gate.encode(3, 1000, RawSamples(samples), true, bytes));
    EXPECT_EQ(gate.bytes_out(), 6U);
    GateChunk chunk;
    ASSERT_TRUE(decode_gate_chunk(bytes, chunk));
    EXPECT_EQ(chunk.boot, 3U);
    EXPECT_EQ(chunk.opening, 1U);
    EXPECT_EQ(chunk.first_sample, 1000U);
    EXPECT_EQ(Bytes(chunk.samples.begin(), chunk.samples.end()), (Bytes{1, 0, 0xff, 0xff, 0, 1}));
    EXPECT_TRUE(chunk.last);
}

TEST(messages, unknown_keys_are_ignored) {
    Ack ack;
    EXPECT_TRUE(decode_ack(Bytes{0xa4, 0, 1, 1, 2, 0x18, 99, 0x82, 1, 2, 0x61, 'x', 0xf6}, ack));
    EXPECT_EQ(ack, (Ack{1, 2}));
}

TEST(messages, what_breaks_the_cddl_is_refused) {
    Ack ack;
    EXPECT_FALSE(decode_ack({}, ack));
    EXPECT_FALSE(decode_ack(Bytes{0xa1, 0, 1}, ack));              // key missing
    EXPECT_FALSE(decode_ack(Bytes{0xa3, 0, 1, 0, 2, 1, 1}, ack));  // key twice
    EXPECT_FALSE(decode_ack(Bytes{0xa2, 0, 1, 1, 0x20}, ack));     // negative
    EXPECT_FALSE(decode_ack(Bytes{0xa2, 0, 1, 1, 2, 0}, ack));     // trailing byte
    EXPECT_FALSE(decode_ack(Bytes{0xbf, 0, 1, 1, 2, 0xff}, ack));  // indefinite
    EXPECT_FALSE(
        decode_ack(Bytes{0xa2, 0, 1, 1, 0x1b, 0, 0, 0, 1, 0, 0, 0, 0}, ack));  // over 32 bits
    Bytes good{0xa7, 0, 1, 1, 2, 2, 3, 3, 1, 4, 0x61, 'x', 5, 4, 6, 5};
    const auto accepts = [](const Bytes& bytes) {
        CborReader in(bytes);
        Event read;
        return decode(in, read);
    };
    ASSERT_TRUE(accepts(good));
    Bytes bad = good;
    bad[4] = 0;  // sequence 0
    EXPECT_FALSE(accepts(bad));
    bad = good;
    bad[8] = 3;  // kind
    EXPECT_FALSE(accepts(bad));
    bad = good;
    bad[11] = 0x07;  // control character in the label
    EXPECT_FALSE(accepts(bad));
    EXPECT_FALSE(accepts(
        {0xa7, 0, 1, 1, 2, 2, 3, 3, 1, 4, 0x61, 'x', 5, 0x19, 3, 0xe9, 6, 5}));  // score 1001
    EXPECT_FALSE(accepts({0xa7, 0,   1,   1,   2,   2,   3,   3,   1,   4,   0x70,
                          '0',  '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a',
                          'b',  'c', 'd', 'e', 'f', 5,   1,   6,   5}));  // label of 16
    GateChunk chunk;
    EXPECT_FALSE(decode_gate_chunk(Bytes{0xa5, 0, 1, 1, 1, 2, 0, 3, 0x41, 9, 4, 0xf5},
                                   chunk));  // half a sample
    StatusMessage status;
    EXPECT_FALSE(decode_status(Bytes{0xa2, 0, 0xf5, 3, 0x41, 9}, status));  // digest of one byte
    EXPECT_FALSE(decode_status(Bytes{0xa1, 1, 0x61, 'x'}, status));         // no online
}

TEST(messages, every_truncation_is_refused) {
    EventBatch batch;
    Ack ack;
    StatusMessage status;
    ReportMessage report;
    GateChunk chunk;
    const auto refused = [](const Bytes& whole, auto&& decode_whole) {
        for (size_t size = 0; size < whole.size(); ++size)
            EXPECT_FALSE(decode_whole(
                Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))));
        EXPECT_TRUE(decode_whole(whole));
    };
    refused(encoded(sample_batch(3)), [&](const Bytes& b) { return decode_event_batch(b, batch); });
    refused(encoded(Ack{1, 2}), [&](const Bytes& b) { return decode_ack(b, ack); });
    refused(encoded(sample_status()), [&](const Bytes& b) { return decode_status(b, status); });
    refused(encoded(sample_report()), [&](const Bytes& b) { return decode_report(b, report); });
    refused(sample_chunk(true), [&](const Bytes& b) { return decode_gate_chunk(b, chunk); });
}

TEST(messages, encoder_refuses_a_buffer_that_is_too_small) {
    const Bytes whole = encoded(sample_batch(2));
    for (size_t size = 0; size < whole.size(); ++size) {
        Bytes buffer(size);
        EXPECT_EQ(encode(sample_batch(2), buffer), 0U);
    }
}

// What is accepted is also what would be written again.
TEST(messages, random_mutations) {
    std::mt19937 random(20240611);
    const Bytes seeds[] = {encoded(sample_batch(2)), encoded(Ack{1, 2}), encoded(sample_status()),
                           encoded(sample_report()), sample_chunk(false)};
    for (int round = 0; round < 40000; ++round) {
        Bytes bytes = seeds[static_cast<size_t>(round) % std::size(seeds)];
        for (unsigned edits = 1 + random() % 4; edits > 0 && !bytes.empty(); --edits) {
            const size_t at = random() % bytes.size();
            switch (random() % 4) {
                case 0:
                    bytes[at] = static_cast<uint8_t>(random());
                    break;
                case 1:
                    bytes[at] ^= static_cast<uint8_t>(1U << random() % 8);
                    break;
                case 2:
                    bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(at));
                    break;
                default:
                    bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                                 static_cast<uint8_t>(random()));
            }
        }
        LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    }
}

}  // namespace
}  // namespace ganglion
