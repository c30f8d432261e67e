#include "core/store/queue_schema.h"

#include <array>

namespace slab {
namespace {

// AUTOINCREMENT never gives an id twice, so that undoing a removal finds the job it means. A place is a sort
// key, not an ordinal. `removed` rows stay: the queue throws nothing away.
constexpr const char* kTables = R"sql(
CREATE TABLE job(id INTEGER PRIMARY KEY AUTOINCREMENT, place INTEGER NOT NULL, name TEXT NOT NULL,
                 state TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', run TEXT NOT NULL DEFAULT '',
                 sweep INTEGER NOT NULL DEFAULT 0, settings TEXT NOT NULL DEFAULT '', given TEXT NOT NULL,
                 resolved TEXT NOT NULL, deaths INTEGER NOT NULL DEFAULT 0, progress INTEGER NOT NULL DEFAULT 0,
                 added REAL NOT NULL, started REAL NOT NULL DEFAULT 0, ended REAL NOT NULL DEFAULT 0,
                 removed INTEGER NOT NULL DEFAULT 0);
CREATE TABLE sweep(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, method TEXT NOT NULL,
                   added REAL NOT NULL);
CREATE TABLE orders(stop INTEGER NOT NULL, until REAL NOT NULL, stops_at_until INTEGER NOT NULL);
INSERT INTO orders VALUES(0, 0, 0);
)sql";

// What each later version added, version 2 first; a new database takes them all.
constexpr std::array kAdditions{
    "ALTER TABLE job ADD COLUMN branch_from TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE job ADD COLUMN processes INTEGER NOT NULL DEFAULT 1",
};
static_assert(kAdditions.size() + 1 == kQueueVersion);

std::int64_t versionOf(const Database& database) {
  return database.queryInteger("PRAGMA user_version");
}

void update(Database& database) {
  Transaction transaction(database, Transaction::Kind::Write);
  std::int64_t version = versionOf(database);
  if (version == 0 && database.queryInteger("SELECT count(*) FROM sqlite_master") == 0) {
    database.execute(kTables);
    version = 1;
  }
  if (version >= 1 && version < kQueueVersion) {
    for (; version < kQueueVersion; ++version) database.execute(kAdditions[static_cast<std::size_t>(version - 1)]);
    database.execute(("PRAGMA user_version=" + std::to_string(kQueueVersion)).c_str());
  }
  transaction.commit();
}

}  // namespace

void ensureQueueSchema(Database& database, const std::string& file) {
  if (versionOf(database) < kQueueVersion) update(database);
  const std::int64_t version = versionOf(database);
  if (version > kQueueVersion) {
    throw Error(ErrorKind::Data, "'" + file + "' was written by a newer version of this program (queue version " +
                                     std::to_string(version) + ", this one knows up to " +
                                     std::to_string(kQueueVersion) + "); update, it was not changed");
  }
  if (version < 1) throw Error(ErrorKind::Data, "'" + file + "' is not the database of a queue; move it away");
}

}  // namespace slab
