// The tables of run.db, and which versions of them this program understands.
#pragma once

#include <string>

#include "core/base/error.h"
#include "core/store/database.h"

namespace slab {

/// PRAGMA user_version of the schema written here.
inline constexpr int kSchemaVersion = 1;

/// Makes the tables of an empty database, in WAL mode; leaves one of this version as it is. Throws
/// Error(Data) for a newer version or another program's file, unchanged.
void ensureSchema(Database& database, const std::string& file);

/// Thrown for a database without a table: its writer died between making the file and its first commit.
class EmptyDatabase : public Error {
 public:
  explicit EmptyDatabase(const std::string& file)
      : Error(ErrorKind::Data, "'" + file + "' holds nothing yet: what made it ended before it wrote anything") {}
};

/// Throws Error(Data) unless the database has a version this program reads; EmptyDatabase where it has no table.
void checkSchema(const Database& database, const std::string& file);

}  // namespace slab
