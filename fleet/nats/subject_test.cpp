#include "fleet/nats/subject.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "fleet/nats/nats_link.hpp"

namespace ganglion::fleet {
namespace {

TEST(NatsSubject, TopicsAreSubjectsAndBackWhateverTheDeviceIsCalled) {
    EXPECT_EQ(subject_of("ganglion/1/+/event"), "ganglion.1.*.event");
    EXPECT_EQ(subject_of("ganglion/1/#"), "ganglion.1.>");
    // A dot in an id is no level of its own: nobody's subject is another's.
    EXPECT_EQ(subject_of("ganglion/1/a.b/event"), "ganglion.1.a/b.event");
    for (const char* topic : {"ganglion/1/a.b-c_D/event", "ganglion/1/a..b/ack", "ganglion/1/+/#"})
        EXPECT_EQ(topic_of(subject_of(topic)), topic);
}

TEST(NatsUrls, AreHostsAndPorts) {
    EXPECT_EQ(nats_urls("nats://a:4222,b:4222"),
              (std::vector<std::string>{"nats://a:4222", "nats://b:4222"}));
    for (const char* none : {"", "nats://", "mqtt://a:1", "nats://a:1,,nats://b:2", "nats://:4222"})
        EXPECT_THROW(nats_urls(none), std::runtime_error) << none;
}

}  // namespace
}  // namespace ganglion::fleet
