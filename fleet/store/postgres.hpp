#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ganglion::fleet {

struct PgConnectionClose {
    void operator()(PGconn* connection) const { PQfinish(connection); }
};
struct PgResultClear {
    void operator()(PGresult* result) const { PQclear(result); }
};

/// The rows that a statement gave.
class PgResult {
  public:
    explicit PgResult(PGresult* result) : result_(result) {}

    int rows() const { return PQntuples(result_.get()); }
    /// How many rows the statement inserted, changed or deleted.
    uint64_t changed() const;
    bool is_null(int row, int column) const { return PQgetisnull(result_.get(), row, column) != 0; }
    int64_t integer(int row, int column) const;
    template <typename T>
    T number(int row, int column) const {
        return static_cast<T>(integer(row, column));
    }
    std::string text(int row, int column) const;
    std::string bytes(int row, int column) const;  ///< of a bytea
    PGresult* get() const { return result_.get(); }

  private:
    std::unique_ptr<PGresult, PgResultClear> result_;
};

/// What `read` makes of each row: read(rows, row).
template <typename Read>
auto each_row(const PgResult& rows, const Read& read) {
    std::vector<decltype(read(rows, 0))> found;
    found.reserve(static_cast<size_t>(rows.rows()));
    for (int row = 0; row < rows.rows(); ++row) found.push_back(read(rows, row));
    return found;
}

/// Values for $1, $2 ... of a statement, in order.
class PgValues {
  public:
    PgValues& add(int64_t value) { return add(std::to_string(value)); }
    PgValues& add(std::string value);
    PgValues& add_bytes(std::string bytes);
    PgValues& add_null();
    template <typename T>
    PgValues& add_optional(const std::optional<T>& value) {
        return value ? add(*value) : add_null();
    }

  private:
    friend class PgConnection;

    std::vector<std::optional<std::string>> values_;
    std::vector<int> formats_;
};

/// An array as PostgreSQL reads it: {1,NULL,"a \"b\""}.
class PgArray {
  public:
    void add(int64_t value);
    void add(std::string_view text);
    void add_null();
    template <typename T>
    void add_optional(const std::optional<T>& value) {
        value ? add(*value) : add_null();
    }
    bool empty() const { return text_.size() == 1; }
    std::string text() const { return text_ + "}"; }

  private:
    void separate();

    std::string text_ = "{";
};

/// Rows for COPY in binary.
class PgCopyRows {
  public:
    explicit PgCopyRows(int columns);

    void begin_row();
    void add(int64_t value);    ///< for a bigint
    void add_small(int value);  ///< for a smallint
    void add(std::string_view text);
    void add(std::span<const uint32_t> numbers);  ///< for a bigint[]
    void add_null();
    template <typename T>
    void add_optional(const std::optional<T>& value) {
        value ? add(static_cast<int64_t>(*value)) : add_null();
    }

  private:
    friend class PgConnection;

    void big_endian(uint64_t value, int bytes);

    int columns_;
    std::string bytes_;
};

/// One connection to a PostgreSQL database. Not for several threads at once. Every failure throws
/// StoreError with the database's reason. Where it is lost, it is made anew by begin() and, outside
/// of transactions, by run() with values, which is for reading there.
class PgConnection {
  public:
    /// `uri` as libpq takes it: postgresql://user@host/database. `set_up` is run on each new
    /// connection.
    PgConnection(std::string uri, std::string set_up);

    /// Statements without values and results.
    void run(const char* sql);
    /// One statement, which is prepared the first time.
    PgResult run(const std::string& sql, const PgValues& values);
    /// COPY ... FROM STDIN (FORMAT binary). Leaves `rows` empty.
    void copy(const char* sql, PgCopyRows& rows);
    void begin();
    bool in_transaction() const;

  private:
    void connect();
    bool is_lost() const;
    PgResult run_here(const std::string& sql, const PgValues& values);
    const std::string& prepared(const std::string& sql, size_t values);
    [[noreturn]] void fail(const PGresult* result) const;

    std::string uri_, set_up_;
    std::unique_ptr<PGconn, PgConnectionClose> connection_;
    std::unordered_map<std::string, std::string> statements_;  // by their text, their names
};

/// A transaction that is undone unless committed.
class PgTransaction {
  public:
    explicit PgTransaction(PgConnection& connection);
    ~PgTransaction();
    PgTransaction(const PgTransaction&) = delete;
    PgTransaction& operator=(const PgTransaction&) = delete;
    void commit();

  private:
    PgConnection& connection_;
};

}  // namespace ganglion::fleet
