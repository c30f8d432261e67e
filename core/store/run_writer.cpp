#include "core/store/run_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "core/base/log.h"
#include "core/store/chunk_rows.h"
#include "core/store/schema.h"
#include "core/store/write_batch.h"

namespace slab {
namespace {

// A WAL of this many pages is folded back into the database by the commit that reaches it.
constexpr const char* kPragmas = "PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=2000; PRAGMA foreign_keys=OFF;";

// Commits that `close` tries before it gives up on a disk that refuses.
constexpr int kLastTries = 3;

Database openDatabase(const RunDirectory& run) {
  const std::string file = run.database().string();
  Database database(file, Database::Mode::ReadWriteCreate);
  ensureSchema(database, file);
  database.execute(kPragmas);
  return database;
}

// A new run.db must survive a power cut as a name, too.
void syncDirectory(const std::filesystem::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

// Whole blocks are sealed, what is left becomes one row. For segments nobody writes to any more.
void finishSegment(Database& database, SeriesId series, SegmentId segment) {
  const std::int64_t points = storedPoints(database, series, segment);
  std::int64_t block = sealedBlocks(database, series, segment);
  for (; (block + 1) * kBlockPoints <= points; ++block) sealBlock(database, series, segment, block);
  mergeRows(database, series, segment, block * kBlockPoints, points);
}

StoreCursor readCursor(Database& database) {
  StoreCursor cursor;
  cursor.seq = database.queryInteger(
      "SELECT max(s) FROM (SELECT max(seq) AS s FROM chunk UNION ALL SELECT max(seq) FROM event "
      "UNION ALL SELECT max(seq) FROM checkpoint)");
  return cursor;
}

}  // namespace

void ensureDatabase(const RunLock& lock) {
  openDatabase(lock.run());
}

class RunWriter::Impl {
 public:
  Impl(RunLock lock, RunWriterOptions options)
      : run_(lock.run()), lock_(std::move(lock)), options_(std::move(options)), database_(openDatabase(run_)) {
    syncDirectory(run_.path());
    cursor_ = readCursor(*database_);
    readNames();
    try {
      finishOldSegments();
    } catch (const DatabaseError& error) {
      // Tidying up can wait for a better day; the next start tries again.
      if (!error.isTemporary()) throw;
      logWarning(error.what());
    }
    thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
  }

  SeriesId series(std::string_view name, std::string_view unit) {
    std::lock_guard guard(mutex_);
    const auto found = names_.find(name);
    if (found != names_.end()) return found->second;
    const SeriesId id = ++last_series_;
    names_.emplace(name, id);
    pending_.series.push_back({id, std::string(name), std::string(unit)});
    return id;
  }

  SegmentId beginSegment(std::int64_t from_step, std::string_view reason, SegmentId parent) {
    std::lock_guard guard(mutex_);
    return startSegment(from_step, reason, parent);
  }

  void append(const PendingSample& sample) {
    std::unique_lock guard(mutex_);
    space_.wait(guard, [this] { return load_ < options_.capacity || status_.health == StoreHealth::Failed; });
    throwIfFailed();
    if (closed_) throw Error(ErrorKind::Internal, "a sample was logged after the run was closed");
    if (segment_ == 0) startSegment(sample.step, last_segment_ == 0 ? "start" : "resume", 0);
    pending_.samples.push_back(sample);
    pending_.samples.back().segment = segment_;
    ++load_;
  }

  void event(EventRecord record) {
    std::lock_guard guard(mutex_);
    pending_.events.push_back(std::move(record));
  }

  void setState(std::string_view key, std::string_view value) {
    std::lock_guard guard(mutex_);
    pending_.state[std::string(key)] = value;
  }

  std::int64_t saveCheckpoint(CheckpointRecord record) {
    auto pending = std::make_shared<PendingCheckpoint>();
    {
      std::lock_guard guard(mutex_);
      throwIfFailed();
      if (closed_) throw Error(ErrorKind::Internal, "a checkpoint was saved after the run was closed");
      if (record.segment == 0) record.segment = segment_;
      if (record.wall == 0) record.wall = wallSeconds();
      pending->record = std::move(record);
      pending_.checkpoints.push_back(pending);
      urgent_ = true;
    }
    wake_.notify_one();
    return pending->done.get_future().get();
  }

  void dropCheckpoint(std::string_view path) {
    std::lock_guard guard(mutex_);
    pending_.droppedCheckpoints.emplace_back(path);
  }

  bool flush(double timeout_seconds) {
    std::unique_lock guard(mutex_);
    urgent_ = true;
    const std::int64_t ticket = ++flush_asked_;
    wake_.notify_one();
    const auto limit = std::chrono::duration<double>(timeout_seconds);
    const bool done = committed_.wait_for(
        guard, limit, [&] { return flush_done_ >= ticket || status_.health == StoreHealth::Failed; });
    throwIfFailed();
    return done;
  }

  [[nodiscard]] StoreStatus status() const {
    std::lock_guard guard(mutex_);
    return status_;
  }

  std::size_t close() {
    {
      std::lock_guard guard(mutex_);
      if (closed_) return 0;
      closed_ = true;
      thread_.request_stop();
    }
    wake_.notify_one();
    thread_.join();
    const std::size_t lost = pending_.records() + working_.records();
    if (lost > 0) {
      logError(std::to_string(lost) + " records could not be written: " + status_.message);
      failCheckpoints(working_, status_.message);
      failCheckpoints(pending_, status_.message);
    }
    try {
      if (database_) database_->execute("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch (const DatabaseError& error) {
      // The WAL stays and is replayed by whoever opens the run next.
      logWarning(error.what());
    }
    database_.reset();
    lock_.reset();
    return lost;
  }

  [[nodiscard]] const RunDirectory& run() const { return run_; }

 private:
  void throwIfFailed() const {
    if (status_.health == StoreHealth::Failed) throw Error(ErrorKind::Data, status_.message);
  }

  SegmentId startSegment(std::int64_t from_step, std::string_view reason, SegmentId parent) {
    const SegmentId id = ++last_segment_;
    pending_.segments.push_back({id, parent != 0 ? parent : id - 1, from_step, wallSeconds(), std::string(reason)});
    segment_ = id;
    return id;
  }

  void readNames() {
    Statement series = database_->prepare("SELECT id, name FROM series");
    while (series.step()) {
      names_.emplace(series.text(1), series.integer(0));
      namesById_[series.integer(0)] = series.text(1);
      last_series_ = std::max(last_series_, series.integer(0));
    }
    last_segment_ = database_->queryInteger("SELECT max(id) FROM segment");
  }

  void finishOldSegments() {
    Statement segments = database_->prepare("SELECT id FROM segment");
    while (segments.step()) {
      for (const auto& [name, series] : names_) {
        Transaction transaction(*database_, Transaction::Kind::Write);
        finishSegment(*database_, series, segments.integer(0));
        transaction.commit();
      }
    }
  }

  // ---- the writer's thread

  void serve(const std::stop_token& stop) {
    int tries_left = kLastTries;  // once the end is asked for
    bool retry = false;
    for (bool done = false; !done;) {
      std::int64_t flush_ticket = 0;
      bool stopping = false;
      {
        std::unique_lock guard(mutex_);
        const auto pause = std::chrono::duration<double>(retry ? options_.retrySeconds : options_.tickSeconds);
        wake_.wait_for(guard, pause, [&] { return !retry && (urgent_ || stop.stop_requested()); });
        stopping = stop.stop_requested();  // with the lock held: all that was handed over is in `pending_`
        urgent_ = false;
        flush_ticket = flush_asked_;
        working_.append(std::exchange(pending_, {}));
      }
      const bool committed = commit();
      announce(committed ? flush_ticket : 0);
      done = stopping && (committed || --tries_left == 0);
      retry = !committed || !attempt([this] { sealBlocks(); });
    }
    attempt([this] { finishLiveSegments(); });
  }

  // Tells waiting threads what there is room for, and which flush is done (0: none).
  void announce(std::int64_t flush_ticket) {
    {
      std::lock_guard guard(mutex_);
      flush_done_ = std::max(flush_done_, flush_ticket);
      load_ = working_.samples.size() + pending_.samples.size();
    }
    space_.notify_all();
    committed_.notify_all();
  }

  // Commits what is handed over; true when nothing is left to write.
  bool commit() {
    if (working_.empty()) return true;
    const bool committed = attempt([this] {
      const bool durable = !working_.checkpoints.empty();
      if (durable) database_->execute("PRAGMA synchronous=FULL");
      Transaction transaction(*database_, Transaction::Kind::Write);
      StoreCursor next = writeBatch(*database_, working_, cursor_);
      transaction.commit();
      cursor_ = std::move(next);
      for (const auto& pending : working_.checkpoints) pending->done.set_value(pending->record.seq);
      tellPoints();
      working_ = {};
      if (options_.onCommitted) options_.onCommitted(cursor_.seq);
      if (durable) database_->execute("PRAGMA synchronous=NORMAL");
    });
    // A checkpoint that could not be acknowledged must not appear later on its own. The status is set by
    // now: who waits for the checkpoint looks there whether to try again.
    if (!committed) failCheckpoints(working_, status().message);
    return committed;
  }

  void tellPoints() {
    if (!options_.onPoints) return;
    for (const SeriesInfo& series : working_.series) namesById_[series.id] = series.name;
    if (working_.samples.empty()) return;
    std::vector<CommittedPoint> points;
    points.reserve(working_.samples.size());
    for (const PendingSample& s : working_.samples) points.push_back({namesById_[s.series], s.step, s.value, s.wall});
    options_.onPoints(points);
  }

  static void failCheckpoints(WriteBatch& batch, const std::string& why) {
    for (const auto& pending : batch.checkpoints) {
      pending->done.set_exception(std::make_exception_ptr(
          Error(ErrorKind::Checkpoint, "the checkpoint '" + pending->record.path + "' was not recorded: " + why)));
    }
    batch.checkpoints.clear();
  }

  // Runs database work; a refusal of the disk becomes the status, true means it went through.
  template <typename Work>
  bool attempt(Work&& work) {
    if (status().health == StoreHealth::Failed) return false;
    try {
      if (!database_) database_.emplace(openDatabase(run_));
      work();
      setStatus({});
      return true;
    } catch (const DatabaseError& error) {
      if (error.isTemporary()) {
        const std::string cause = error.isDiskFull() ? "the disk is full: " : "";
        const std::string mend = error.isDiskFull() ? "; free some space" : "";
        setStatus({StoreHealth::Full, cause + error.what() + mend + "; nothing is lost, writing is tried again"});
        // After an input/output error a connection may not be trusted with the next transaction.
        if (!error.isDiskFull()) database_.reset();
      } else {
        setStatus({StoreHealth::Failed, error.what()});
      }
    } catch (const Error& error) {
      setStatus({StoreHealth::Failed, error.what()});
    }
    return false;
  }

  void setStatus(StoreStatus status) {
    {
      std::lock_guard guard(mutex_);
      if (status.health == status_.health && status.message == status_.message) return;
      if (status_.health == StoreHealth::Failed) return;
      const bool is_change = status.health != status_.health;
      status_ = status;
      if (!is_change) return;
    }
    if (options_.onStatus) options_.onStatus(status);
  }

  // One block behind the newest: a reader that polls never meets rows merged under its hands.
  void sealBlocks() {
    for (const auto& [place, points] : cursor_.points) {
      std::int64_t& sealed = sealed_[place];
      while ((sealed + 2) * kBlockPoints <= points) {
        Transaction transaction(*database_, Transaction::Kind::Write);
        sealBlock(*database_, place.second, place.first, sealed);
        transaction.commit();
        ++sealed;
      }
    }
  }

  void finishLiveSegments() {
    for (const auto& [place, points] : cursor_.points) {
      Transaction transaction(*database_, Transaction::Kind::Write);
      finishSegment(*database_, place.second, place.first);
      transaction.commit();
    }
  }

  const RunDirectory run_;
  std::optional<RunLock> lock_;
  const RunWriterOptions options_;

  mutable std::mutex mutex_;
  std::condition_variable wake_, space_, committed_;
  WriteBatch pending_;
  std::map<std::string, SeriesId, std::less<>> names_;
  SeriesId last_series_ = 0;
  SegmentId last_segment_ = 0, segment_ = 0;
  std::size_t load_ = 0;  // samples not yet committed
  std::int64_t flush_asked_ = 0, flush_done_ = 0;
  bool urgent_ = false, closed_ = false;
  StoreStatus status_;

  // Of the writer's thread alone, once it runs.
  std::optional<Database> database_;
  WriteBatch working_;
  StoreCursor cursor_;
  std::map<std::pair<SegmentId, SeriesId>, std::int64_t> sealed_;
  std::map<SeriesId, std::string> namesById_;
  std::jthread thread_;
};

RunWriter::RunWriter(RunLock lock, RunWriterOptions options)
    : impl_(std::make_unique<Impl>(std::move(lock), std::move(options))) {}
RunWriter::~RunWriter() {
  if (impl_) impl_->close();
}
SeriesId RunWriter::series(std::string_view name, std::string_view unit) {
  return impl_->series(name, unit);
}
SegmentId RunWriter::beginSegment(std::int64_t from_step, std::string_view reason, SegmentId parent) {
  return impl_->beginSegment(from_step, reason, parent);
}
void RunWriter::append(SeriesId series, std::int64_t step, double value, double wall) {
  impl_->append({series, 0, step, wall, value});
}
void RunWriter::event(std::string_view kind, std::int64_t step, std::string_view json, double wall) {
  impl_->event({0, wall, step, std::string(kind), std::string(json)});
}
void RunWriter::setState(std::string_view key, std::string_view value) {
  impl_->setState(key, value);
}
std::int64_t RunWriter::saveCheckpoint(CheckpointRecord record) {
  return impl_->saveCheckpoint(std::move(record));
}
void RunWriter::dropCheckpoint(std::string_view path) {
  impl_->dropCheckpoint(path);
}
bool RunWriter::flush(double timeout_seconds) {
  return impl_->flush(timeout_seconds);
}
StoreStatus RunWriter::status() const {
  return impl_->status();
}
std::size_t RunWriter::close() {
  return impl_->close();
}
const RunDirectory& RunWriter::run() const {
  return impl_->run();
}

}  // namespace slab
