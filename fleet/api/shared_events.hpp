#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "fleet/api/event_stream.hpp"
#include "fleet/base/log.hpp"
#include "fleet/store/store.hpp"

namespace ganglion::fleet {

/// Where several servers write into one store: its new events, whoever stored them, into this
/// server's stream, in the order of their ids and each once. Looks every quarter of a second, in a
/// thread of its own.
class SharedEvents {
  public:
    SharedEvents(Store& store, EventStream& stream, Log log);
    ~SharedEvents();
    SharedEvents(const SharedEvents&) = delete;
    SharedEvents& operator=(const SharedEvents&) = delete;

  private:
    void work();
    void look();

    Store& store_;
    EventStream& stream_;
    Log log_;
    int64_t last_ = 0;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool stopping_ = false;
    std::thread worker_;
};

}  // namespace ganglion::fleet
