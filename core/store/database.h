// A thin C++ face of the SQLite C API: connections and statements that close themselves, errors that
// tell a full disk from a damaged file.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace slab {

/// Thrown by every function here; `what()` names the file and the cause.
class DatabaseError : public Error {
 public:
  DatabaseError(const std::string& message, int code, int system_code)
      : Error(ErrorKind::Data, message), code_(code), system_code_(system_code) {}
  /// SQLite's extended code.
  [[nodiscard]] int code() const { return code_; }
  /// The disk refused (full, input/output error, gone), or others hold a lock: worth trying again.
  [[nodiscard]] bool isTemporary() const;
  /// No room or no quota.
  [[nodiscard]] bool isDiskFull() const;

 private:
  int code_;
  int system_code_;
};

class Statement {
 public:
  Statement(sqlite3* database, std::string_view sql);
  ~Statement();
  Statement(Statement&& other) noexcept
      : database_(other.database_), statement_(std::exchange(other.statement_, nullptr)) {}
  Statement& operator=(Statement&&) = delete;

  /// Binds all parameters in order and starts anew. Texts and blobs must live until the last `step`.
  template <typename... Args>
  Statement& bind(const Args&... args) {
    reset();
    int index = 0;
    (bindAt(++index, args), ...);
    return *this;
  }

  /// True while there is a row.
  bool step();
  /// Runs a statement that returns no rows.
  void run();
  void reset();

  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] double real(int column) const;
  [[nodiscard]] std::string text(int column) const;
  /// Valid until the next step.
  [[nodiscard]] std::span<const std::uint8_t> blob(int column) const;

 private:
  void bindAt(int index, std::int64_t value);
  void bindAt(int index, int value) { bindAt(index, static_cast<std::int64_t>(value)); }
  void bindAt(int index, bool value) { bindAt(index, static_cast<std::int64_t>(value)); }
  void bindAt(int index, double value);
  void bindAt(int index, std::string_view value);
  void bindAt(int index, const std::string& value) { bindAt(index, std::string_view(value)); }
  void bindAt(int index, std::span<const std::uint8_t> value);
  void check(int result);

  sqlite3* database_;
  sqlite3_stmt* statement_ = nullptr;
};

class Database {
 public:
  enum class Mode { ReadOnly, ReadWriteCreate };

  /// `name` is a path, or a "file:" URI.
  Database(const std::string& name, Mode mode);
  ~Database();
  Database(Database&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Database& operator=(Database&&) = delete;

  void execute(const char* sql);
  [[nodiscard]] Statement prepare(std::string_view sql) const { return {handle_, sql}; }
  /// The single integer a query returns; 0 when it returns none or NULL.
  [[nodiscard]] std::int64_t queryInteger(std::string_view sql) const;

 private:
  sqlite3* handle_ = nullptr;
};

/// Rolls back unless committed. Write transactions begin IMMEDIATE, so they never fail half way for
/// want of a lock.
class Transaction {
 public:
  enum class Kind { Read, Write };
  Transaction(Database& database, Kind kind);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace slab
