#include "core/store/queue_schema.h"

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

}  // namespace

void ensureQueueSchema(Database& database, const std::string& file) {
  std::int64_t version = database.queryInteger("PRAGMA user_version");
  if (version == 0) {
    Transaction transaction(database, Transaction::Kind::Write);
    version = database.queryInteger("PRAGMA user_version");
    if (version == 0 && database.queryInteger("SELECT count(*) FROM sqlite_master") == 0) {
      database.execute(kTables);
      database.execute(("PRAGMA user_version=" + std::to_string(kQueueVersion)).c_str());
      version = kQueueVersion;
    }
    transaction.commit();
  }
  if (version > kQueueVersion) {
    throw Error(ErrorKind::Data, "'" + file + "' was written by a newer version of this program (queue version " +
                                     std::to_string(version) + ", this one knows up to " +
                                     std::to_string(kQueueVersion) + "); update, it was not changed");
  }
  if (version < 1) throw Error(ErrorKind::Data, "'" + file + "' is not the database of a queue; move it away");
}

}  // namespace slab
