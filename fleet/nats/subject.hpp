#pragma once

#include <string>
#include <string_view>

namespace ganglion::fleet {

/// The NATS subject of an MQTT topic or pattern: "ganglion/1/+/event" is "ganglion.1.*.event". A
/// dot, which device ids may have, becomes a slash, which they may not: nothing is lost on the way.
std::string subject_of(std::string_view topic);

/// What comes before it for an organisation of the installation; nothing for the installation's own
/// fleet, whose subjects begin with "ganglion.". "*" for all.
std::string subject_prefix(const std::string& organisation);

/// The topic of a subject: the same the other way round.
std::string topic_of(std::string_view subject);

}  // namespace ganglion::fleet
