#include "fleet/store/postgres.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <system_error>
#include <utility>

#include "fleet/store/store.hpp"

namespace ganglion::fleet {
namespace {

constexpr std::string_view kCopyHeader{"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", 19};
constexpr std::string_view kCopyTrailer{"\xff\xff", 2};
constexpr size_t kCopyPiece = size_t{1} << 16;
constexpr int kText = 0;
constexpr int kBinary = 1;

/// The first line of what the database said.
std::string line_of(const char* message) {
    std::string_view text = message;
    text = text.substr(0, text.find('\n'));
    constexpr std::string_view error = "ERROR:  ";
    if (text.starts_with(error)) text.remove_prefix(error.size());
    return std::string(text);
}

}  // namespace

uint64_t PgResult::changed() const {
    const std::string_view text = PQcmdTuples(result_.get());
    uint64_t count = 0;
    std::from_chars(text.data(), text.data() + text.size(), count);
    return count;
}

int64_t PgResult::integer(int row, int column) const {
    const char* text = PQgetvalue(result_.get(), row, column);
    int64_t value = 0;
    const auto read = std::from_chars(text, text + PQgetlength(result_.get(), row, column), value);
    // A sum in the database may be larger than any of its parts.
    if (read.ec == std::errc::result_out_of_range)
        return *text == '-' ? std::numeric_limits<int64_t>::min()
                            : std::numeric_limits<int64_t>::max();
    return value;
}

std::string PgResult::text(int row, int column) const {
    return {PQgetvalue(result_.get(), row, column),
            static_cast<size_t>(PQgetlength(result_.get(), row, column))};
}

std::string PgResult::bytes(int row, int column) const {
    // "\\x" and two digits a byte, in lower case.
    std::string_view digits{PQgetvalue(result_.get(), row, column),
                            static_cast<size_t>(PQgetlength(result_.get(), row, column))};
    digits.remove_prefix(std::min<size_t>(2, digits.size()));
    const auto value = [](char digit) { return digit <= '9' ? digit - '0' : digit - 'a' + 10; };
    std::string bytes(digits.size() / 2, '\0');
    for (size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<char>(value(digits[2 * i]) << 4 | value(digits[2 * i + 1]));
    return bytes;
}

PgValues& PgValues::add(std::string value) {
    values_.emplace_back(std::move(value));
    formats_.push_back(kText);
    return *this;
}

PgValues& PgValues::add_bytes(std::string bytes) {
    values_.emplace_back(std::move(bytes));
    formats_.push_back(kBinary);
    return *this;
}

PgValues& PgValues::add_null() {
    values_.emplace_back();
    formats_.push_back(kText);
    return *this;
}

void PgArray::separate() {
    if (text_.size() > 1) text_ += ',';
}

void PgArray::add(int64_t value) {
    separate();
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.begin(), digits.end(), value);
    text_.append(digits.data(), end.ptr);
}

void PgArray::add(std::string_view text) {
    separate();
    text_ += '"';
    for (const char letter : text) {
        if (letter == '"' || letter == '\\') text_ += '\\';
        text_ += letter;
    }
    text_ += '"';
}

void PgArray::add_null() {
    separate();
    text_ += "NULL";
}

PgCopyRows::PgCopyRows(int columns) : columns_(columns), bytes_(kCopyHeader) {}

void PgCopyRows::big_endian(uint64_t value, int bytes) {
    std::array<char, 8> digits{};
    for (int i = 0; i < bytes; ++i)
        digits[static_cast<size_t>(i)] = static_cast<char>(value >> (8 * (bytes - 1 - i)));
    bytes_.append(digits.data(), static_cast<size_t>(bytes));
}

void PgCopyRows::begin_row() {
    big_endian(static_cast<uint64_t>(columns_), 2);
}

void PgCopyRows::add(int64_t value) {
    big_endian(8, 4);
    big_endian(static_cast<uint64_t>(value), 8);
}

void PgCopyRows::add_small(int value) {
    big_endian(2, 4);
    big_endian(static_cast<uint64_t>(value), 2);
}

void PgCopyRows::add(std::string_view text) {
    big_endian(text.size(), 4);
    bytes_ += text;
}

void PgCopyRows::add(std::span<const uint32_t> numbers) {
    constexpr uint64_t type_bigint = 20;
    constexpr size_t header = 20;
    constexpr size_t number = 4 + 8;
    big_endian(header + number * numbers.size(), 4);
    big_endian(1, 4);  // dimensions
    big_endian(0, 4);  // NULLs
    big_endian(type_bigint, 4);
    big_endian(numbers.size(), 4);
    big_endian(1, 4);  // the first index
    for (const uint32_t value : numbers) add(int64_t{value});
}

void PgCopyRows::add_null() {
    big_endian(UINT32_MAX, 4);
}

PgConnection::PgConnection(std::string uri, std::string set_up)
    : uri_(std::move(uri)), set_up_(std::move(set_up)) {
    connect();
}

void PgConnection::connect() {
    statements_.clear();
    // What the URI says comes last and counts. A peer that vanishes is noticed within a minute.
    const std::array<const char*, 6> names{
        "fallback_application_name", "connect_timeout", "keepalives_idle",
        "tcp_user_timeout",          "dbname",          nullptr};
    const std::array<const char*, 6> values{"ganglion", "10", "20", "60000", uri_.c_str(), nullptr};
    connection_.reset(PQconnectdbParams(names.data(), values.data(), 1));
    if (PQstatus(connection_.get()) != CONNECTION_OK) fail(nullptr);
    PQsetNoticeProcessor(
        connection_.get(), [](void*, const char*) {}, nullptr);
    run(set_up_.c_str());
}

void PgConnection::begin() {
    try {
        run("BEGIN");
    } catch (const StoreError&) {
        if (!is_lost()) throw;
        connect();
        run("BEGIN");
    }
}

bool PgConnection::is_lost() const {
    return PQstatus(connection_.get()) != CONNECTION_OK;
}

bool PgConnection::in_transaction() const {
    const auto status = PQtransactionStatus(connection_.get());
    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

void PgConnection::fail(const PGresult* result) const {
    std::string reason = result == nullptr ? "" : line_of(PQresultErrorMessage(result));
    if (reason.empty()) reason = line_of(PQerrorMessage(connection_.get()));
    throw StoreError("store: PostgreSQL: " + reason);
}

void PgConnection::run(const char* sql) {
    const PgResult result(PQexec(connection_.get(), sql));
    const auto status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY)
        fail(result.get());
}

const std::string& PgConnection::prepared(const std::string& sql, size_t values) {
    const auto known = statements_.find(sql);
    if (known != statements_.end()) return known->second;
    const std::string name = "s" + std::to_string(statements_.size());
    const PgResult result(
        PQprepare(connection_.get(), name.c_str(), sql.c_str(), static_cast<int>(values), nullptr));
    if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) fail(result.get());
    return statements_.emplace(sql, name).first->second;
}

PgResult PgConnection::run(const std::string& sql, const PgValues& values) {
    if (in_transaction()) return run_here(sql, values);
    try {
        return run_here(sql, values);
    } catch (const StoreError&) {
        // A loss is seen only when the connection is used.
        if (!is_lost()) throw;
        connect();
        return run_here(sql, values);
    }
}

PgResult PgConnection::run_here(const std::string& sql, const PgValues& values) {
    const std::string& name = prepared(sql, values.values_.size());
    std::vector<const char*> pointers;
    std::vector<int> lengths;
    for (const auto& value : values.values_) {
        pointers.push_back(value ? value->c_str() : nullptr);
        lengths.push_back(value ? static_cast<int>(value->size()) : 0);
    }
    PgResult result(PQexecPrepared(connection_.get(), name.c_str(),
                                   static_cast<int>(pointers.size()), pointers.data(),
                                   lengths.data(), values.formats_.data(), kText));
    const auto status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) fail(result.get());
    return result;
}

void PgConnection::copy(const char* sql, PgCopyRows& rows) {
    {
        const PgResult begun(PQexec(connection_.get(), sql));
        if (PQresultStatus(begun.get()) != PGRES_COPY_IN) fail(begun.get());
    }
    rows.bytes_ += kCopyTrailer;
    const std::string_view bytes = rows.bytes_;
    bool sent = true;
    for (size_t at = 0; at < bytes.size() && sent; at += kCopyPiece) {
        const std::string_view piece = bytes.substr(at, kCopyPiece);
        sent = PQputCopyData(connection_.get(), piece.data(), static_cast<int>(piece.size())) == 1;
    }
    if (!sent || PQputCopyEnd(connection_.get(), nullptr) != 1) fail(nullptr);
    std::optional<std::string> reason;
    while (PGresult* raw = PQgetResult(connection_.get())) {
        const PgResult result(raw);
        if (PQresultStatus(raw) != PGRES_COMMAND_OK && !reason)
            reason = line_of(PQresultErrorMessage(raw));
    }
    if (reason) throw StoreError("store: PostgreSQL: " + *reason);
    rows.bytes_.assign(kCopyHeader);
}

PgTransaction::PgTransaction(PgConnection& connection) : connection_(connection) {
    connection_.begin();
}

PgTransaction::~PgTransaction() {
    if (!connection_.in_transaction()) return;
    try {
        connection_.run("ROLLBACK");
    } catch (const StoreError&) {
        // The connection is lost, and with it the transaction.
    }
}

void PgTransaction::commit() {
    connection_.run("COMMIT");
}

}  // namespace ganglion::fleet
