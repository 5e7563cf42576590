#include "fleet/ingest/decode.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "device/event/messages.hpp"
#include "fleet/ingest/decode_fuzz.hpp"
#include "fleet/store/sqlite_store.hpp"
#include "fleet/testing/temporary_directory.hpp"

namespace ganglion::fleet {
namespace {

using testing::TemporaryDirectory;
using Bytes = std::vector<uint8_t>;

template <typename MessageType>
Bytes encoded(const MessageType& message) {
    Bytes bytes(4096);
    bytes.resize(encode(message, bytes));
    EXPECT_FALSE(bytes.empty());
    return bytes;
}

EventBatch batch(size_t count = 3) {
    EventBatch events;
    events.boot = 7;
    events.clock_ms = 123'456;
    events.count = count;
    for (size_t index = 0; index < count; ++index) {
        Event& event = events.events[index];
        event.boot = 7;
        event.sequence = static_cast<uint32_t>(index + 1);
        event.clock_ms = 100'000 + index;
        event.kind = EventKind::action;
        event.label = EventLabel("anomaly");
        event.score_permille = 987;
        event.sample = 1'000'000;
        event.stop_samples = 12;
        event.stop_instructions = 3456;
    }
    return events;
}

StatusMessage status() {
    StatusMessage message;
    message.online = true;
    message.application = "wake_word";
    message.bundle_version = "1.0.0";
    message.bundle_digest = {1, 2, 3, 4, 5, 6, 7, 8};
    message.boot = 7;
    message.ram_bytes = 20'000;
    message.flash_bytes = 60'000;
    message.instructions = 1'000'000;
    message.firmware_version = "0.1.0";
    message.rate_hz = 16'000;
    message.fault = "bundle: bad signature";
    return message;
}

ReportMessage report() {
    return {7, 1000, 320'000, 4'000, 640, 1, 50, 900'000, 2, 0, 512, 1, {}, 0};
}

/// gate-chunk {0: boot, 1: opening, 2: first sample, 3: samples, 4: last}, as docs/protocol.md
/// writes it.
Bytes gate_chunk() {
    return {0xa5, 0, 7, 1, 2, 2, 0x18, 100, 3, 0x44, 1, 2, 3, 4, 4, 0xf5};
}

bool is_rejected(std::string_view channel, const Bytes& payload) {
    const auto content = decode_content(channel, payload, false);
    return content && std::holds_alternative<RejectedMessage>(*content);
}

TEST(Topic, NamesDeviceAndChannel) {
    const auto topic = parse_topic("ganglion/1/speaker-1/event");
    ASSERT_TRUE(topic);
    EXPECT_EQ(topic->device, "speaker-1");
    EXPECT_EQ(topic->channel, "event");
    for (const char* bad :
         {"", "ganglion/1/", "ganglion/1//event", "ganglion/1/speaker", "ganglion/2/speaker/event",
          "ganglion/1/.hidden/event", "ganglion/1/a b/event"}) {
        EXPECT_FALSE(parse_topic(bad)) << bad;
    }
}

TEST(Decode, Events) {
    const auto content = decode_content("event", encoded(batch()), false);
    ASSERT_TRUE(content && std::holds_alternative<EventsMessage>(*content));
    const auto& message = std::get<EventsMessage>(*content);
    EXPECT_EQ(message.boot, 7u);
    EXPECT_EQ(message.clock_ms, 123'456u);
    ASSERT_EQ(message.events.size(), 3u);
    const EventRecord& event = message.events[1];
    EXPECT_EQ(event.boot, 7u);
    EXPECT_EQ(event.sequence, 2u);
    EXPECT_EQ(event.clock_ms, 100'001u);
    EXPECT_EQ(event.kind, 2);
    EXPECT_EQ(event.label, "anomaly");
    EXPECT_EQ(event.score_permille, 987);
    EXPECT_EQ(event.sample, 1'000'000u);
    EXPECT_EQ(event.stop_samples, 12u);
    EXPECT_EQ(event.stop_instructions, 3456u);
}

TEST(Decode, Status) {
    const auto content = decode_content("status", encoded(status()), true);
    ASSERT_TRUE(content && std::holds_alternative<StatusRecord>(*content));
    const auto& record = std::get<StatusRecord>(*content);
    EXPECT_TRUE(record.online);
    EXPECT_TRUE(record.retained);
    EXPECT_EQ(record.application, "wake_word");
    EXPECT_EQ(record.bundle_version, "1.0.0");
    EXPECT_EQ(record.bundle_digest->at(7), 8);
    EXPECT_EQ(record.boot, 7u);
    EXPECT_EQ(record.ram_bytes, 20'000u);
    EXPECT_EQ(record.flash_bytes, 60'000u);
    EXPECT_EQ(record.instructions, 1'000'000u);
    EXPECT_EQ(record.firmware_version, "0.1.0");
    EXPECT_EQ(record.rate_hz, 16'000u);
    EXPECT_EQ(record.fault, "bundle: bad signature");
}

TEST(Decode, Report) {
    const auto content = decode_content("report", encoded(report()), false);
    ASSERT_TRUE(content && std::holds_alternative<ReportRecord>(*content));
    const auto& record = std::get<ReportRecord>(*content);
    EXPECT_EQ(record.boot, 7u);
    EXPECT_EQ(record.clock_ms, 1000u);
    EXPECT_EQ(record.bytes_sensed, 320'000u);
    EXPECT_EQ(record.bytes_sent, 4'000u);
    EXPECT_EQ(record.bytes_gate, 640u);
    EXPECT_EQ(record.gate_openings, 1u);
    EXPECT_EQ(record.inferences, 50u);
    EXPECT_EQ(record.instructions, 900'000u);
    EXPECT_EQ(record.outbox, 2u);
    EXPECT_EQ(record.overruns, 0u);
    EXPECT_EQ(record.score_permille, 512);
    EXPECT_EQ(record.events_lost, 1u);
}

TEST(Decode, GateChunk) {
    const auto content = decode_content("gate", gate_chunk(), false);
    ASSERT_TRUE(content && std::holds_alternative<GateRecord>(*content));
    const auto& record = std::get<GateRecord>(*content);
    EXPECT_EQ(record.boot, 7u);
    EXPECT_EQ(record.opening, 2u);
    EXPECT_EQ(record.first_sample, 100u);
    EXPECT_EQ(record.samples, std::string("\1\2\3\4"));
    EXPECT_TRUE(record.last);
}

TEST(Decode, OtherChannelsAreNotForTheServer) {
    EXPECT_FALSE(decode_content("ack", encoded(Ack{1, 2}), false));
}

TEST(Decode, RejectsWhatDoesNotFollowTheProtocol) {
    EXPECT_TRUE(is_rejected("event", {}));
    EXPECT_TRUE(is_rejected("event", {0xff}));
    EXPECT_TRUE(is_rejected("event", encoded(report())));
    Bytes truncated = encoded(batch());
    truncated.pop_back();
    EXPECT_TRUE(is_rejected("event", truncated));
    Bytes longer = encoded(batch());
    longer.push_back(0);
    EXPECT_TRUE(is_rejected("event", longer));
    Bytes half_a_sample = gate_chunk();
    half_a_sample[9] = 0x43;
    half_a_sample.erase(half_a_sample.begin() + 10);
    EXPECT_TRUE(is_rejected("gate", half_a_sample));
}

TEST(Decode, RejectsNumbersThatJsonCannotHold) {
    EventBatch wide = batch();
    wide.events[1].sample = uint64_t{1} << 53;
    EXPECT_TRUE(is_rejected("event", encoded(wide)));
    wide = batch();
    wide.clock_ms = ~uint64_t{0};
    EXPECT_TRUE(is_rejected("event", encoded(wide)));
    ReportMessage large = report();
    large.bytes_sensed = uint64_t{1} << 63;
    EXPECT_TRUE(is_rejected("report", encoded(large)));
}

TEST(Decode, RejectsTextThatIsNotUtf8) {
    EventBatch odd = batch();
    odd.events[0].label = EventLabel("\xff\xfe");
    EXPECT_TRUE(is_rejected("event", encoded(odd)));
    StatusMessage strange = status();
    strange.application = "\xc0\x80";
    EXPECT_TRUE(is_rejected("status", encoded(strange)));
    strange.application = std::string_view("wake\0word", 9);
    EXPECT_TRUE(is_rejected("status", encoded(strange)));
}

TEST(Utf8, TellsWellFormedFromNot) {
    for (const char* good : {"", "alexa", "gr\xc3\xbc\xc3\x9f", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
                             "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf", "\xee\x80\x80"}) {
        EXPECT_TRUE(is_utf8(good)) << good;
    }
    for (const char* bad :
         {"\x80", "\xc3", "\xc1\x81", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\xe2\x28\xa1", "a\xff"}) {
        EXPECT_FALSE(is_utf8(bad)) << bad;
    }
}

/// Changes a valid payload in one to four places: a bit, a byte, its length.
void mutate(Bytes& payload, std::mt19937& random) {
    const auto below = [&](size_t limit) {
        return std::uniform_int_distribution<size_t>(0, limit - 1)(random);
    };
    for (size_t changes = 1 + below(4); changes > 0; --changes) {
        if (payload.size() < 2) payload.push_back(static_cast<uint8_t>(below(256)));
        const size_t at = below(payload.size());
        switch (below(5)) {
            case 0:
                payload[at] ^= static_cast<uint8_t>(1u << below(8));
                break;
            case 1:
                payload[at] = static_cast<uint8_t>(below(256));
                break;
            case 2:
                payload.resize(at + 1);
                break;
            case 3:
                payload.insert(payload.begin() + static_cast<std::ptrdiff_t>(at), 0xff);
                break;
            default:
                payload.erase(payload.begin() + static_cast<std::ptrdiff_t>(at));
                break;
        }
    }
}

TEST(DecodeFuzz, MutatedMessagesAreRejectedOrStored) {
    const TemporaryDirectory directory;
    SqliteStore store(directory.path() / "fleet.db");
    const std::vector<std::pair<const char*, Bytes>> seeds{{"event", encoded(batch(16))},
                                                           {"status", encoded(status())},
                                                           {"report", encoded(report())},
                                                           {"gate", gate_chunk()}};
    std::mt19937 random(20240607);
    std::vector<Message> messages;
    uint64_t rejected = 0;
    for (int round = 0; round < 20'000; ++round) {
        const size_t kind = static_cast<size_t>(round) % seeds.size();
        Bytes payload = seeds[kind].second;
        mutate(payload, random);
        Bytes input{static_cast<uint8_t>(kind)};
        input.insert(input.end(), payload.begin(), payload.end());
        LLVMFuzzerTestOneInput(input.data(), input.size());
        auto content = decode_content(seeds[kind].first, payload, false);
        ASSERT_TRUE(content);
        rejected += std::holds_alternative<RejectedMessage>(*content) ? 1 : 0;
        messages.push_back({"speaker", 1'700'000'000'000, std::move(*content)});
    }
    const auto committed = store.commit(messages);
    EXPECT_GT(rejected, 1000u);
    EXPECT_LT(rejected, 19'000u);
    EXPECT_GT(committed.new_events.size(), 0u);
    EXPECT_GE(store.device("speaker")->rejected, rejected);
    EXPECT_EQ(store.events({{}, 0, {}, 1'000'000}).size(), committed.new_events.size());
    EXPECT_NO_THROW(store.gaps({}));
    EXPECT_NO_THROW(store.gate({}));
}

}  // namespace
}  // namespace ganglion::fleet
