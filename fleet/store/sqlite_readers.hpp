#pragma once

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

#include "fleet/store/sqlite.hpp"

namespace ganglion::fleet {

/// Connections that read one database, so that a long query holds up no short one. Safe to use from
/// several threads.
class SqliteReaders {
  public:
    /// Opens the first.
    explicit SqliteReaders(std::filesystem::path file);

    /// A connection for one query.
    class Reading {
      public:
        Reading(SqliteReaders& readers, std::unique_ptr<Database> database)
            : readers_(readers), database_(std::move(database)) {}
        ~Reading() { readers_.give_back(std::move(database_)); }
        Reading(const Reading&) = delete;
        Reading& operator=(const Reading&) = delete;
        Database* operator->() const { return database_.get(); }
        Database& operator*() const { return *database_; }

      private:
        SqliteReaders& readers_;
        std::unique_ptr<Database> database_;
    };

    /// Opens another where all are in use and there are few; else waits for one.
    Reading take();

  private:
    void give_back(std::unique_ptr<Database> database);

    std::filesystem::path file_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::unique_ptr<Database>> idle_;
    size_t opened_ = 0;
};

}  // namespace ganglion::fleet
