#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ganglion::fleet {

struct ConnectionClose {
    void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
};
struct StatementFinalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

/// A prepared statement. Bind in order, then step; every failure throws StoreError with SQLite's
/// reason.
class Statement {
  public:
    Statement(sqlite3* connection, std::string_view sql);

    /// Forgets the last run and its values.
    Statement& reset();
    Statement& bind(int64_t value);
    Statement& bind(std::string_view text);
    Statement& bind_blob(std::string_view bytes);
    Statement& bind_null();
    template <typename T>
    Statement& bind_optional(const std::optional<T>& value) {
        return value ? bind(*value) : bind_null();
    }

    /// True while there is a row.
    bool step();
    /// Runs a statement that returns nothing; returns how many rows it changed.
    int run();

    int64_t integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }
    template <typename T>
    T number(int column) const {
        return static_cast<T>(integer(column));
    }
    bool is_null(int column) const;
    std::string text(int column) const;

  private:
    void check(int result) const;

    sqlite3* connection_;
    std::unique_ptr<sqlite3_stmt, StatementFinalize> statement_;
    int bound_ = 0;
};

/// One connection to a database file. Not for several threads at once.
class Database {
  public:
    enum class Mode {
        writable,
        immutable,  ///< a file that nobody writes: nothing is made beside it
    };
    explicit Database(const std::filesystem::path& file, Mode mode = Mode::writable);
    /// Becomes a copy of another database as it is now, by SQLite's online backup: those who write
    /// to that one go on.
    void take_over(Database& other);
    /// "ok", or the first thing that is wrong with the file.
    std::string integrity() const;
    void run(const char* sql);
    Statement prepare(std::string_view sql) { return {connection_.get(), sql}; }
    int64_t last_insert_id() const { return sqlite3_last_insert_rowid(connection_.get()); }
    bool in_transaction() const { return sqlite3_get_autocommit(connection_.get()) == 0; }

  private:
    std::unique_ptr<sqlite3, ConnectionClose> connection_;
};

/// A transaction that is undone unless committed.
class Transaction {
  public:
    explicit Transaction(Database& database);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    void commit();

  private:
    Database& database_;
};

}  // namespace ganglion::fleet
