#pragma once

#include <httplib.h>

#include <chrono>
#include <memory>
#include <optional>

#include "fleet/api/event_stream.hpp"
#include "fleet/store/store.hpp"

namespace ganglion::fleet {

/// Writes one reader's stream: first the stored events after the one it saw last, then what comes,
/// without repeating or leaving out any; a comment now and then shows a connection that is gone.
class StreamWriter {
  public:
    /// Without `last_seen` the stream begins now.
    StreamWriter(Store& store, std::unique_ptr<Subscription> subscription,
                 std::optional<int64_t> last_seen);

    /// Writes what there is, waiting for it a while. False when the stream is over.
    bool write(httplib::DataSink& sink);

  private:
    bool replay(httplib::DataSink& sink);
    static bool send(httplib::DataSink& sink, const std::string& text);

    Store& store_;
    std::unique_ptr<Subscription> subscription_;
    std::optional<int64_t> last_seen_;
    bool begun_ = false;
    std::chrono::steady_clock::time_point last_write_{};
};

}  // namespace ganglion::fleet
