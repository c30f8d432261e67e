#include "core/store/run_reader.h"

#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "core/store/checkpoint_choice.h"
#include "core/store/chunk_rows.h"
#include "core/store/database.h"
#include "core/store/run_lock.h"
#include "core/store/schema.h"

namespace slab {
namespace {

namespace fs = std::filesystem;

// A path as SQLite's "file:" URI, with the characters that mean something there written as %XX.
std::string toUri(const fs::path& path, const std::string& parameters) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string uri = "file:";
  for (const char c : path.native()) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '?' || c == '#' || c == '%' || byte < 0x20 || byte >= 0x7F) {
      uri += {'%', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      uri += c;
    }
  }
  return uri + "?" + parameters;
}

// A private copy of a dead run's database, removed with it.
class TemporaryCopy {
 public:
  explicit TemporaryCopy(const fs::path& database) {
    std::string pattern = (fs::temp_directory_path() / "slab-run-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
      throw Error(ErrorKind::Data, "can't copy '" + database.string() + "' to read it: " + errnoMessage(errno));
    }
    folder_ = pattern;
    try {
      fs::copy_file(database, folder_ / "run.db");
      fs::copy_file(database.string() + "-wal", folder_ / "run.db-wal");
    } catch (const fs::filesystem_error& error) {
      const std::string cause = error.code().message();
      remove();
      throw Error(ErrorKind::Data, "can't copy '" + database.string() + "' to read it: " + cause);
    }
  }
  ~TemporaryCopy() { remove(); }
  TemporaryCopy(const TemporaryCopy&) = delete;
  TemporaryCopy& operator=(const TemporaryCopy&) = delete;
  [[nodiscard]] std::string database() const { return (folder_ / "run.db").string(); }

 private:
  void remove() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  fs::path folder_;
};

}  // namespace

class RunReader::Impl {
 public:
  explicit Impl(const RunDirectory& run) : file_(run.database().string()), database_(open(run, copy_)) {
    database_.execute("PRAGMA cache_size=-4096");
  }

  Database& database() { return database_; }

 private:
  static Database openChecked(const std::string& name, const std::string& file) {
    Database database(name, Database::Mode::ReadOnly);
    checkSchema(database, file);
    return database;
  }

  // Reading a WAL database needs its shared-memory file, which a read-only directory can't take. A
  // dead run there is read without one, after its left-over WAL was replayed into a private copy.
  static Database open(const RunDirectory& run, std::unique_ptr<TemporaryCopy>& copy) {
    const std::string file = run.database().string();
    std::error_code ignored;
    if (!fs::is_regular_file(run.database(), ignored)) {
      throw Error(ErrorKind::Data, "'" + run.path().string() + "' has no metrics: run.db is missing");
    }
    try {
      return openChecked(toUri(run.database(), "mode=ro"), file);
    } catch (const DatabaseError& error) {
      const int code = error.code() & 0xFF;
      if (code != SQLITE_CANTOPEN && code != SQLITE_READONLY && code != SQLITE_IOERR) throw;
      const auto holder = readLock(run);
      if (holder && isAlive(*holder)) throw;
    }
    const auto wal_bytes = fs::file_size(file + "-wal", ignored);
    if (!ignored && wal_bytes > 0) {
      copy = std::make_unique<TemporaryCopy>(run.database());
      return openChecked(copy->database(), file);
    }
    return openChecked(toUri(run.database(), "immutable=1"), file);
  }

  std::string file_;
  std::unique_ptr<TemporaryCopy> copy_;  // declared before the connection, so it outlives it
  Database database_;
};

RunReader::RunReader(const RunDirectory& run) : impl_(std::make_unique<Impl>(run)) {}
RunReader::~RunReader() = default;
RunReader::RunReader(RunReader&&) noexcept = default;
RunReader& RunReader::operator=(RunReader&&) noexcept = default;

namespace {

constexpr const char* kCheckpointColumns = "seq, segment, step, wall, path, sha256, bytes, top1, good";

CheckpointRecord readCheckpoint(const Statement& row) {
  return {row.integer(0), row.integer(1), row.integer(2), row.real(3),        row.text(4),
          row.text(5),    row.integer(6), row.real(7),    row.integer(8) != 0};
}

std::vector<EventRecord> readEvents(Database& database, std::int64_t after, std::int64_t up_to) {
  Statement select =
      database.prepare("SELECT seq, wall, step, kind, json FROM event WHERE seq>? AND seq<=? ORDER BY seq");
  std::vector<EventRecord> events;
  for (select.bind(after, up_to); select.step();) {
    events.push_back({select.integer(0), select.real(1), select.integer(2), select.text(3), select.text(4)});
  }
  return events;
}

std::vector<CheckpointRecord> readCheckpoints(Database& database, std::int64_t after, std::int64_t up_to) {
  Statement select = database.prepare(std::string("SELECT ") + kCheckpointColumns +
                                      " FROM checkpoint WHERE dropped=0 AND seq>? AND seq<=? ORDER BY seq");
  std::vector<CheckpointRecord> records;
  for (select.bind(after, up_to); select.step();) records.push_back(readCheckpoint(select));
  return records;
}

std::vector<SegmentInfo> readSegments(Database& database) {
  Statement select = database.prepare("SELECT id, parent, from_step, started, reason FROM segment ORDER BY id");
  std::vector<SegmentInfo> list;
  while (select.step()) {
    list.push_back({select.integer(0), select.integer(1), select.integer(2), select.real(3), select.text(4)});
  }
  return list;
}

void keepSteps(Chunk& chunk, std::int64_t first_step, std::int64_t last_step) {
  std::size_t kept = 0;
  std::size_t first = chunk.steps.size();
  for (std::size_t i = 0; i < chunk.steps.size(); ++i) {
    if (chunk.steps[i] < first_step || chunk.steps[i] > last_step) continue;
    first = std::min(first, i);
    chunk.steps[kept] = chunk.steps[i];
    chunk.wall[kept] = chunk.wall[i];
    chunk.values[kept] = chunk.values[i];
    ++kept;
  }
  if (kept > 0) chunk.start += static_cast<std::int64_t>(first);
  chunk.steps.resize(kept);
  chunk.wall.resize(kept);
  chunk.values.resize(kept);
}

constexpr std::int64_t kEnd = std::int64_t{1} << 62;

}  // namespace

std::vector<SeriesInfo> RunReader::series() {
  Statement select = impl_->database().prepare("SELECT id, name, unit FROM series ORDER BY id");
  std::vector<SeriesInfo> list;
  while (select.step()) list.push_back({select.integer(0), select.text(1), select.text(2)});
  return list;
}

std::vector<SegmentInfo> RunReader::segments() {
  return readSegments(impl_->database());
}

std::map<std::string, std::string> RunReader::state() {
  Statement select = impl_->database().prepare("SELECT key, value FROM state");
  std::map<std::string, std::string> values;
  while (select.step()) values[select.text(0)] = select.text(1);
  return values;
}

std::vector<EventRecord> RunReader::events(std::int64_t after_seq) {
  return readEvents(impl_->database(), after_seq, kEnd);
}

std::vector<CheckpointRecord> RunReader::checkpoints() {
  Database& database = impl_->database();
  Transaction transaction(database, Transaction::Kind::Read);
  auto records = readCheckpoints(database, 0, kEnd);
  orderByTraining(records, readSegments(database));
  transaction.commit();
  return records;
}

NewRows RunReader::newSince(std::int64_t seq, std::int64_t max_points) {
  Database& database = impl_->database();
  Transaction transaction(database, Transaction::Kind::Read);
  NewRows rows;
  Statement select = database.prepare(std::string("SELECT ") + kChunkColumns + " FROM chunk WHERE seq>? ORDER BY seq");
  std::int64_t points = 0;
  for (select.bind(seq); select.step();) {
    if (points >= max_points && !rows.chunks.empty()) {
      rows.complete = false;
      break;
    }
    rows.chunks.push_back(readChunk(select));
    points += static_cast<std::int64_t>(rows.chunks.back().steps.size());
  }
  select.reset();
  const std::int64_t up_to = rows.complete ? kEnd : rows.chunks.back().seq;
  rows.events = readEvents(database, seq, up_to);
  rows.checkpoints = readCheckpoints(database, seq, up_to);
  rows.seq = seq;
  if (!rows.chunks.empty()) rows.seq = std::max(rows.seq, rows.chunks.back().seq);
  if (!rows.events.empty()) rows.seq = std::max(rows.seq, rows.events.back().seq);
  if (!rows.checkpoints.empty()) rows.seq = std::max(rows.seq, rows.checkpoints.back().seq);
  transaction.commit();
  return rows;
}

std::vector<Chunk> RunReader::points(SeriesId series, std::int64_t first_step, std::int64_t last_step) {
  Statement select = impl_->database().prepare(
      std::string("SELECT ") + kChunkColumns +
      " FROM chunk WHERE series=? AND first_step<=? AND last_step>=? ORDER BY segment, start");
  std::vector<Chunk> chunks;
  for (select.bind(series, last_step, first_step); select.step();) {
    Chunk chunk = readChunk(select);
    keepSteps(chunk, first_step, last_step);
    if (!chunk.steps.empty()) chunks.push_back(std::move(chunk));
  }
  return chunks;
}

StoredLevel RunReader::level(SeriesId series, SegmentId segment, int level) {
  StoredLevel stored;
  stored.pointsPerBucket = kBucketFan;
  for (int k = 0; k < level; ++k) stored.pointsPerBucket *= kBucketFan;
  stored.buckets = readLevel(impl_->database(), series, segment, level);
  return stored;
}

std::int64_t RunReader::pointCount(SeriesId series) {
  Statement select = impl_->database().prepare("SELECT sum(n) FROM chunk WHERE series=?");
  return select.bind(series).step() ? select.integer(0) : 0;
}

}  // namespace slab
