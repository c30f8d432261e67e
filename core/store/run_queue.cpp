#include "core/store/run_queue.h"

#include <algorithm>
#include <utility>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/store/database.h"
#include "core/store/queue_schema.h"
#include "core/store/run_directory.h"

namespace slab {
namespace {

namespace fs = std::filesystem;
using enum JobState;

// In the order in which readJob() takes them.
constexpr std::string_view kColumns = R"sql(
  SELECT id, name, state, reason, run, sweep, settings, deaths, progress,
         added, started, ended, branch_from, processes
  FROM job )sql";

// Queueing may be the first thing that a project sees.
void makeProject(const fs::path& project) {
  std::error_code error;
  fs::create_directories(project, error);
  if (error) {
    throw Error(ErrorKind::Data, "can't make the project's folder '" + project.string() + "': " + error.message());
  }
}

[[noreturn]] void refuse(std::int64_t id, const std::string& why) {
  throw Error(ErrorKind::Config, "job " + std::to_string(id) + " " + why);
}

QueueJob readJob(const Statement& row) {
  QueueJob job;
  job.id = row.integer(0);
  job.name = row.text(1);
  job.state = jobStateFromString(row.text(2)).value_or(Held);
  job.reason = row.text(3);
  job.run = row.text(4);
  job.sweep = row.integer(5);
  job.settings = row.text(6);
  job.deaths = static_cast<int>(row.integer(7));
  job.progress = row.integer(8);
  job.added = row.real(9);
  job.started = row.real(10);
  job.ended = row.real(11);
  job.from = row.text(12);
  job.processes = static_cast<int>(row.integer(13));
  return job;
}

}  // namespace

// The journal is SQLite's own rollback journal, not WAL: a few rows an hour, one file to copy, and every
// commit is synced.
class RunQueue::Impl {
 public:
  explicit Impl(const fs::path& project) : database_(open(project)) {}

  std::vector<QueueJob> select(std::string_view condition) {
    std::vector<QueueJob> jobs;
    Statement rows = database_.prepare(std::string(kColumns) + std::string(condition));
    while (rows.step()) jobs.push_back(readJob(rows));
    return jobs;
  }

  std::optional<QueueJob> find(std::int64_t id, bool removed = false) {
    Statement row = database_.prepare(std::string(kColumns) + "WHERE id = ? AND removed = ?");
    row.bind(id, removed);
    if (!row.step()) return std::nullopt;
    return readJob(row);
  }

  QueueJob require(std::int64_t id) {
    const auto job = find(id);
    if (!job) refuse(id, "is not in the queue; slab queue list shows what is");
    return *job;
  }

  std::vector<std::int64_t> insert(const std::vector<NewJob>& jobs, std::int64_t sweep) {
    Statement statement = database_.prepare(
        "INSERT INTO job(place, name, state, sweep, settings, given, resolved, added, branch_from, processes) "
        "VALUES((SELECT coalesce(max(place), 0) + 1 FROM job), ?, 'waiting', ?, ?, ?, ?, ?, ?, ?) RETURNING id");
    std::vector<std::int64_t> ids;
    for (const NewJob& job : jobs) {
      requireRunName(job.name);
      statement.bind(job.name, sweep, job.settings, job.config.given, job.config.resolved, wallSeconds(), job.from,
                     job.processes);
      statement.step();
      ids.push_back(statement.integer(0));
      statement.run();
    }
    return ids;
  }

  // Runs `change` in a transaction; it reads before it writes, so the lock is taken first.
  template <typename Change>
  auto inTransaction(Change change) {
    Transaction transaction(database_, Transaction::Kind::Write);
    if constexpr (std::is_void_v<decltype(change())>) {
      change();
      transaction.commit();
    } else {
      auto result = change();
      transaction.commit();
      return result;
    }
  }

  template <typename... Args>
  void write(std::string_view sql, const Args&... args) {
    database_.prepare(sql).bind(args...).run();
  }

  Database& database() { return database_; }

 private:
  static Database open(const fs::path& project) {
    makeProject(project);
    const std::string file = (fs::absolute(project) / "queue.db").lexically_normal().string();
    Database database(file, Database::Mode::ReadWriteCreate);
    ensureQueueSchema(database, file);
    return database;
  }

  Database database_;
};

RunQueue::RunQueue(const fs::path& project) : impl_(std::make_unique<Impl>(project)) {}
RunQueue::~RunQueue() = default;
RunQueue::RunQueue(RunQueue&&) noexcept = default;
RunQueue& RunQueue::operator=(RunQueue&&) noexcept = default;

bool RunQueue::exists(const fs::path& project) {
  std::error_code ignored;
  return fs::exists(project / "queue.db", ignored);
}

std::vector<QueueJob> RunQueue::jobs() {
  return impl_->select(
      "WHERE removed = 0 ORDER BY CASE state WHEN 'running' THEN 0 WHEN 'waiting' THEN 1 WHEN 'held' THEN 1 ELSE 2 "
      "END, "
      "CASE WHEN ended > 0 AND state NOT IN ('waiting', 'held') THEN -ended ELSE place END, id");
}

QueueJob RunQueue::job(std::int64_t id) {
  return impl_->require(id);
}

ConfigSnapshot RunQueue::snapshot(std::int64_t id) {
  Statement row = impl_->database().prepare("SELECT given, resolved FROM job WHERE id = ?");
  row.bind(id);
  if (!row.step()) refuse(id, "is not in the queue; slab queue list shows what is");
  return {row.text(0), row.text(1)};
}

std::vector<SweepRecord> RunQueue::sweeps() {
  std::vector<SweepRecord> sweeps;
  Statement rows = impl_->database().prepare("SELECT id, name, method, added FROM sweep ORDER BY id DESC");
  while (rows.step()) sweeps.push_back({rows.integer(0), rows.text(1), rows.text(2), rows.real(3)});
  return sweeps;
}

QueueOrders RunQueue::orders() {
  Statement row = impl_->database().prepare("SELECT stop, until, stops_at_until FROM orders");
  if (!row.step()) return {};
  const auto stop = static_cast<QueueOrders::Stop>(std::clamp<std::int64_t>(row.integer(0), 0, 2));
  return {stop, row.real(1), row.integer(2) != 0};
}

std::vector<std::int64_t> RunQueue::add(const std::vector<NewJob>& jobs) {
  return impl_->inTransaction([&] { return impl_->insert(jobs, 0); });
}

std::vector<std::int64_t> RunQueue::addSweep(const std::string& name, const std::string& method,
                                             const std::vector<NewJob>& jobs) {
  return impl_->inTransaction([&] {
    impl_->write("INSERT INTO sweep(name, method, added) VALUES(?, ?, ?)", name, method, wallSeconds());
    return impl_->insert(jobs, impl_->database().queryInteger("SELECT last_insert_rowid()"));
  });
}

std::size_t RunQueue::move(std::int64_t id, std::size_t place) {
  return impl_->inTransaction([&] {
    if (!isPending(impl_->require(id).state)) refuse(id, "is not waiting any more, so it has no place to change");
    std::vector<QueueJob> pending =
        impl_->select("WHERE removed = 0 AND state IN ('waiting', 'held') ORDER BY place, id");
    const auto from = std::find_if(pending.begin(), pending.end(), [&](const QueueJob& job) { return job.id == id; });
    const auto before = static_cast<std::size_t>(from - pending.begin());
    QueueJob moved = std::move(*from);
    pending.erase(from);
    pending.insert(pending.begin() + static_cast<std::ptrdiff_t>(std::min(place, pending.size())), std::move(moved));
    std::int64_t next = 0;
    for (const QueueJob& job : pending) impl_->write("UPDATE job SET place = ? WHERE id = ?", ++next, job.id);
    return before;
  });
}

void RunQueue::hold(std::int64_t id) {
  impl_->inTransaction([&] {
    const JobState state = impl_->require(id).state;
    if (!isPending(state)) refuse(id, "is " + std::string(toString(state)) + "; only a waiting job can be held");
    impl_->write("UPDATE job SET state = 'held' WHERE id = ?", id);
  });
}

void RunQueue::release(std::int64_t id) {
  impl_->inTransaction([&] {
    const QueueJob job = impl_->require(id);
    if (isPending(job.state)) return impl_->write("UPDATE job SET state = 'waiting' WHERE id = ?", id);
    if (job.state != Failed && job.state != Stopped) {
      refuse(id, "is " + std::string(toString(job.state)) + "; held, failed and stopped jobs can be released");
    }
    impl_->write(
        "UPDATE job SET state = 'waiting', reason = '', deaths = 0, ended = 0, "
        "place = (SELECT max(place) + 1 FROM job) WHERE id = ?",
        id);
  });
}

void RunQueue::remove(std::int64_t id) {
  impl_->inTransaction([&] {
    if (impl_->require(id).state == Running) refuse(id, "is running; stop it first (slab queue stop)");
    impl_->write("UPDATE job SET removed = 1 WHERE id = ?", id);
  });
}

void RunQueue::restore(std::int64_t id) {
  impl_->inTransaction([&] {
    if (!impl_->find(id, true)) refuse(id, "was not removed, so there is nothing to put back");
    impl_->write("UPDATE job SET removed = 0 WHERE id = ?", id);
  });
}

void RunQueue::setUntil(double wall_seconds, bool stops) {
  impl_->write("UPDATE orders SET until = ?, stops_at_until = ?", wall_seconds, stops);
}

void RunQueue::setStop(QueueOrders::Stop stop) {
  impl_->write("UPDATE orders SET stop = ?", static_cast<int>(stop));
}

std::vector<QueueJob> RunQueue::running() {
  return impl_->select("WHERE removed = 0 AND state = 'running' ORDER BY place, id");
}

std::optional<QueueJob> RunQueue::firstWaiting() {
  const auto jobs = impl_->select("WHERE removed = 0 AND state = 'waiting' ORDER BY place, id LIMIT 1");
  return jobs.empty() ? std::nullopt : std::optional(jobs.front());
}

std::optional<QueueJob> RunQueue::begin(std::int64_t id, const std::string& run) {
  return impl_->inTransaction([&]() -> std::optional<QueueJob> {
    const auto job = impl_->find(id);
    if (!job || job->state != Waiting) return std::nullopt;
    impl_->write(
        "UPDATE job SET state = 'running', reason = '', run = ?, ended = 0, "
        "started = CASE WHEN started > 0 THEN started ELSE ? END WHERE id = ?",
        run, wallSeconds(), id);
    return impl_->find(id);
  });
}

void RunQueue::noteDeath(std::int64_t id, int deaths, std::int64_t progress) {
  impl_->write("UPDATE job SET deaths = ?, progress = ? WHERE id = ?", deaths, progress, id);
}

void RunQueue::finish(std::int64_t id, JobState state, const std::string& reason) {
  impl_->inTransaction([&] {
    if (impl_->require(id).state != Running) refuse(id, "does not run, so it can't end");
    if (state == Waiting) {
      impl_->write(
          "UPDATE job SET state = 'waiting', reason = ?, place = (SELECT min(place) - 1 FROM job) WHERE id = ?", reason,
          id);
    } else {
      impl_->write("UPDATE job SET state = ?, reason = ?, ended = ? WHERE id = ?", toString(state), reason,
                   wallSeconds(), id);
    }
  });
}

ProcessLock lockQueue(const fs::path& project) {
  makeProject(project);
  return {project / "queue.lock",
          "",
          {"the queue of '" + project.string() + "' is being run",
           "it takes new jobs at any time, slab queue list shows them"}};
}

std::optional<LockInfo> queueWorker(const fs::path& project) {
  const auto holder = readLock(project / "queue.lock");
  return holder && isAlive(*holder) ? holder : std::nullopt;
}

}  // namespace slab
