#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace ganglion::fleet {

/// Reads the text/event-stream format (WHATWG HTML, section 9.2.6) as it comes in, in pieces of any
/// size. Fields other than event, data and id are ignored.
class SseParser {
  public:
    struct Message {
        std::string event = "message";
        std::string data;
        std::string id;  ///< empty: none given
    };
    using Sink = std::function<void(const Message&)>;

    /// False when a line grows beyond all reason: this is no event stream.
    bool feed(std::string_view piece, const Sink& sink);

  private:
    void end_line(const Sink& sink);

    std::string line_;
    Message message_;
    bool has_data_ = false;
};

}  // namespace ganglion::fleet
