#include "fleet/store/sqlite_readers.hpp"

#include <utility>

namespace ganglion::fleet {
namespace {

constexpr size_t kMost = 4;  ///< each has a cache of 2 MB

}  // namespace

SqliteReaders::SqliteReaders(std::filesystem::path file) : file_(std::move(file)) {
    idle_.push_back(std::make_unique<Database>(file_));
    opened_ = 1;
}

SqliteReaders::Reading SqliteReaders::take() {
    std::unique_lock lock(mutex_);
    if (idle_.empty() && opened_ < kMost) {
        auto another = std::make_unique<Database>(file_);
        ++opened_;
        return {*this, std::move(another)};
    }
    changed_.wait(lock, [this] { return !idle_.empty(); });
    auto database = std::move(idle_.back());
    idle_.pop_back();
    return {*this, std::move(database)};
}

void SqliteReaders::give_back(std::unique_ptr<Database> database) {
    {
        const std::lock_guard lock(mutex_);
        idle_.push_back(std::move(database));
    }
    changed_.notify_one();
}

}  // namespace ganglion::fleet
