#include "fleet/store/sqlite.hpp"

#include "fleet/store/store.hpp"

namespace ganglion::fleet {
namespace {

constexpr int kBusyTimeoutMs = 1000;

}  // namespace

Statement::Statement(sqlite3* connection, std::string_view sql) : connection_(connection) {
    sqlite3_stmt* statement = nullptr;
    const int result = sqlite3_prepare_v2(connection, sql.data(), static_cast<int>(sql.size()),
                                          &statement, nullptr);
    statement_.reset(statement);
    check(result);
}

void Statement::check(int result) const {
    if (result == SQLITE_OK || result == SQLITE_ROW || result == SQLITE_DONE) return;
    throw StoreError(std::string("store: ") + sqlite3_errmsg(connection_));
}

Statement& Statement::reset() {
    // The result repeats the last step's failure, which was thrown then.
    sqlite3_reset(statement_.get());
    sqlite3_clear_bindings(statement_.get());
    bound_ = 0;
    return *this;
}

Statement& Statement::bind(int64_t value) {
    check(sqlite3_bind_int64(statement_.get(), ++bound_, value));
    return *this;
}

Statement& Statement::bind(std::string_view text) {
    check(sqlite3_bind_text64(statement_.get(), ++bound_, text.data(), text.size(),
                              SQLITE_TRANSIENT, SQLITE_UTF8));
    return *this;
}

Statement& Statement::bind_blob(std::string_view bytes) {
    check(sqlite3_bind_blob64(statement_.get(), ++bound_, bytes.data(), bytes.size(),
                              SQLITE_TRANSIENT));
    return *this;
}

Statement& Statement::bind_null() {
    check(sqlite3_bind_null(statement_.get(), ++bound_));
    return *this;
}

bool Statement::step() {
    const int result = sqlite3_step(statement_.get());
    check(result);
    return result == SQLITE_ROW;
}

int Statement::run() {
    step();
    const int changed = sqlite3_changes(connection_);
    reset();
    return changed;
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::string Statement::text(int column) const {
    const void* data = sqlite3_column_blob(statement_.get(), column);
    const int size = sqlite3_column_bytes(statement_.get(), column);
    return data == nullptr ? std::string()
                           : std::string(static_cast<const char*>(data), static_cast<size_t>(size));
}

Database::Database(const std::filesystem::path& file, Mode mode) {
    sqlite3* connection = nullptr;
    const bool writable = mode == Mode::writable;
    const std::string name = writable ? file.string() : "file:" + file.string() + "?immutable=1";
    const int flags = writable ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                               : SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
    const int result =
        sqlite3_open_v2(name.c_str(), &connection, flags | SQLITE_OPEN_NOMUTEX, nullptr);
    connection_.reset(connection);
    if (result != SQLITE_OK) {
        throw StoreError("store: cannot open " + file.string() + ": " +
                         (connection == nullptr ? "out of memory" : sqlite3_errmsg(connection)));
    }
    sqlite3_extended_result_codes(connection, 1);
    sqlite3_busy_timeout(connection, kBusyTimeoutMs);
}

void Database::take_over(Database& other) {
    sqlite3_backup* backup =
        sqlite3_backup_init(connection_.get(), "main", other.connection_.get(), "main");
    const int result = backup == nullptr ? SQLITE_ERROR : sqlite3_backup_step(backup, -1);
    sqlite3_backup_finish(backup);
    if (result != SQLITE_DONE) {
        throw StoreError(std::string("store: cannot copy a database: ") +
                         sqlite3_errmsg(connection_.get()));
    }
    // A copy that is read for itself has no log beside it.
    run("PRAGMA journal_mode = DELETE");
}

std::string Database::integrity() const {
    Statement check(connection_.get(), "PRAGMA integrity_check(1)");
    return check.step() ? check.text(0) : "no answer";
}

void Database::run(const char* sql) {
    if (sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
        throw StoreError(std::string("store: ") + sqlite3_errmsg(connection_.get()));
    }
}

Transaction::Transaction(Database& database) : database_(database) {
    database_.run("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
    if (!database_.in_transaction()) return;
    try {
        database_.run("ROLLBACK");
    } catch (const StoreError&) {
        // SQLite has rolled back by itself, or will when the file is opened next.
    }
}

void Transaction::commit() {
    database_.run("COMMIT");
}

}  // namespace ganglion::fleet
