#include "core/store/schema.h"

namespace slab {
namespace {

// One sequence runs through chunk, event and checkpoint, so that a single number says what a reader
// has seen. BLOBs are little endian: int64 steps, float64 wall seconds, float64 values (a REAL column
// would turn NaN into NULL). `start` is the ordinal of the first point in (series, segment).
// chunk_place finds the rows of a range and tells merged blocks from small rows without reading them.
constexpr const char* kTables = R"sql(
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE series(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, unit TEXT NOT NULL);
CREATE TABLE segment(id INTEGER PRIMARY KEY, parent INTEGER NOT NULL, from_step INTEGER NOT NULL,
                     started REAL NOT NULL, reason TEXT NOT NULL);
CREATE TABLE chunk(seq INTEGER PRIMARY KEY, series INTEGER NOT NULL, segment INTEGER NOT NULL,
                   start INTEGER NOT NULL, n INTEGER NOT NULL, first_step INTEGER NOT NULL,
                   last_step INTEGER NOT NULL, steps BLOB NOT NULL, wall BLOB NOT NULL, value BLOB NOT NULL);
CREATE UNIQUE INDEX chunk_place ON chunk(series, segment, start, n, first_step, last_step);
CREATE TABLE level(series INTEGER NOT NULL, segment INTEGER NOT NULL, level INTEGER NOT NULL,
                   block INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY(series, segment, level, block));
CREATE TABLE event(seq INTEGER PRIMARY KEY, wall REAL NOT NULL, step INTEGER NOT NULL, kind TEXT NOT NULL,
                   json TEXT NOT NULL);
CREATE TABLE checkpoint(seq INTEGER PRIMARY KEY, segment INTEGER NOT NULL, step INTEGER NOT NULL,
                        wall REAL NOT NULL, path TEXT NOT NULL, sha256 TEXT NOT NULL, bytes INTEGER NOT NULL,
                        top1 REAL NOT NULL, good INTEGER NOT NULL, dropped INTEGER NOT NULL DEFAULT 0);
CREATE TABLE state(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES('program', 'slab-workbench'), ('byte_order', 'little');
)sql";

bool isEmpty(const Database& database) {
  return database.queryInteger("PRAGMA user_version") == 0 &&
         database.queryInteger("SELECT count(*) FROM sqlite_master") == 0;
}

}  // namespace

void checkSchema(const Database& database, const std::string& file) {
  const std::int64_t version = database.queryInteger("PRAGMA user_version");
  if (version > kSchemaVersion) {
    throw Error(ErrorKind::Data, "'" + file + "' was written by a newer version of this program (store version " +
                                     std::to_string(version) + ", this one knows up to " +
                                     std::to_string(kSchemaVersion) + "); update, it was not changed");
  }
  if (isEmpty(database)) throw EmptyDatabase(file);
  if (version < 1) throw Error(ErrorKind::Data, "'" + file + "' is not the database of a run");
}

void ensureSchema(Database& database, const std::string& file) {
  if (isEmpty(database)) {
    database.execute("PRAGMA journal_mode=WAL");
    Transaction transaction(database, Transaction::Kind::Write);
    database.execute(kTables);
    database.execute(("PRAGMA user_version=" + std::to_string(kSchemaVersion)).c_str());
    transaction.commit();
  }
  checkSchema(database, file);
}

}  // namespace slab
