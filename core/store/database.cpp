#include "core/store/database.h"

#include <sqlite3.h>

#include <cerrno>

namespace slab {
namespace {

constexpr int kBusyTimeoutMs = 5000;

[[noreturn]] void fail(sqlite3* database, int result) {
  const char* file = database != nullptr ? sqlite3_db_filename(database, "main") : nullptr;
  const int code = database != nullptr ? sqlite3_extended_errcode(database) : result;
  const int system_code = database != nullptr ? sqlite3_system_errno(database) : 0;
  std::string message = "the database '" + std::string(file != nullptr ? file : "run.db") +
                        "' failed: " + (database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(result));
  const bool is_io = (code & 0xFF) == SQLITE_IOERR || (code & 0xFF) == SQLITE_CANTOPEN;
  if (is_io && system_code != 0) message += " (" + errnoMessage(system_code) + ")";
  throw DatabaseError(message, code, system_code);
}

}  // namespace

bool DatabaseError::isTemporary() const {
  switch (code_ & 0xFF) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_READONLY:
    case SQLITE_NOMEM:
    case SQLITE_PROTOCOL: return true;
    default: return false;
  }
}

bool DatabaseError::isDiskFull() const {
  return (code_ & 0xFF) == SQLITE_FULL ||
         ((code_ & 0xFF) == SQLITE_IOERR && (system_code_ == ENOSPC || system_code_ == EDQUOT));
}

Statement::Statement(sqlite3* database, std::string_view sql) : database_(database) {
  const int result = sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                        &statement_, nullptr);
  if (result != SQLITE_OK) fail(database, result);
}

Statement::~Statement() {
  sqlite3_finalize(statement_);
}

void Statement::check(int result) {
  if (result != SQLITE_OK) fail(database_, result);
}

bool Statement::step() {
  const int result = sqlite3_step(statement_);
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  // The error's text is lost by the reset, so it is taken first.
  try {
    fail(database_, result);
  } catch (...) {
    sqlite3_reset(statement_);
    throw;
  }
}

void Statement::run() {
  while (step()) {
  }
  reset();
}

void Statement::reset() {
  sqlite3_reset(statement_);
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}
double Statement::real(int column) const {
  return sqlite3_column_double(statement_, column);
}

std::string Statement::text(int column) const {
  const unsigned char* bytes = sqlite3_column_text(statement_, column);
  if (bytes == nullptr) return {};
  return {reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::span<const std::uint8_t> Statement::blob(int column) const {
  const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  return {bytes, bytes == nullptr ? 0 : static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

void Statement::bindAt(int index, std::int64_t value) {
  check(sqlite3_bind_int64(statement_, index, value));
}
void Statement::bindAt(int index, double value) {
  check(sqlite3_bind_double(statement_, index, value));
}
void Statement::bindAt(int index, std::string_view value) {
  check(sqlite3_bind_text64(statement_, index, value.data() != nullptr ? value.data() : "", value.size(), SQLITE_STATIC,
                            SQLITE_UTF8));
}
void Statement::bindAt(int index, std::span<const std::uint8_t> value) {
  check(sqlite3_bind_blob64(statement_, index, value.data(), value.size(), SQLITE_STATIC));
}

Database::Database(const std::string& name, Mode mode) {
  const int flags = (mode == Mode::ReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) |
                    SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int result = sqlite3_open_v2(name.c_str(), &handle_, flags, nullptr);
  if (result != SQLITE_OK) {
    try {
      fail(handle_, result);
    } catch (...) {
      sqlite3_close_v2(handle_);
      throw;
    }
  }
  sqlite3_busy_timeout(handle_, kBusyTimeoutMs);
}

Database::~Database() {
  sqlite3_close_v2(handle_);
}

void Database::execute(const char* sql) {
  const int result = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) fail(handle_, result);
}

std::int64_t Database::queryInteger(std::string_view sql) const {
  Statement statement = prepare(sql);
  return statement.step() ? statement.integer(0) : 0;
}

Transaction::Transaction(Database& database, Kind kind) : database_(database) {
  database.execute(kind == Kind::Read ? "BEGIN" : "BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (!open_) return;
  try {
    database_.execute("ROLLBACK");
  } catch (const DatabaseError&) {
    // Some errors roll back by themselves; then there is nothing left to undo.
  }
}

void Transaction::commit() {
  database_.execute("COMMIT");
  open_ = false;
}

}  // namespace slab
