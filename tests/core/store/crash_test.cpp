// Kills and failures at random moments and at system calls: whatever happens, the store opens, all that was
// acknowledged is in it, and every checkpoint it names is whole.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <sstream>

#include "core/base/error.h"
#include "core/base/rng.h"
#include "core/formats/checkpoint.h"
#include "core/store/run_reader.h"
#include "core/store/run_writer.h"
#include "support/long_tier.h"
#include "support/system_calls.h"
#include "temporary_folder.h"

namespace slab {
namespace {

namespace fs = std::filesystem;

using testing::choose;
using testing::countCalls;
using testing::Injection;
using testing::isLongTier;
using testing::Outcome;
using testing::runCommand;

struct Acknowledged {
  SegmentId segment = 0;
  std::int64_t flushed = -1;
  std::set<std::int64_t> checkpoints;
  bool closed = false;
};

Acknowledged parse(const std::string& said) {
  Acknowledged all;
  std::istringstream lines(said);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string what;
    std::int64_t number = 0;
    words >> what >> number;
    if (what == "segment") all.segment = number;
    if (what == "flushed") all.flushed = number;
    if (what == "checkpoint") all.checkpoints.insert(number);
    if (what == "closed") all.closed = true;
  }
  return all;
}

void expectValue(const std::string& series, std::int64_t step, double value) {
  if (series == "lr") {
    EXPECT_EQ(value, static_cast<double>(step) * 0.25);
  } else if (step % 17 == 3) {
    EXPECT_TRUE(std::isnan(value)) << step;
  } else {
    EXPECT_EQ(value, 1.0 / static_cast<double>(step + 1));
  }
}

// Every segment's points are the ones written, from its first step without a hole.
void checkPoints(RunReader& reader, const Acknowledged& acknowledged) {
  std::map<SegmentId, std::int64_t> first;
  for (const SegmentInfo& segment : reader.segments()) first[segment.id] = segment.fromStep;
  const auto series = reader.series();
  if (acknowledged.flushed >= 0) {
    EXPECT_EQ(series.size(), 2U);
  }
  for (const SeriesInfo& info : series) {
    std::map<SegmentId, std::int64_t> next = first;
    for (const Chunk& chunk : reader.points(info.id, 0, std::int64_t{1} << 60)) {
      for (std::size_t i = 0; i < chunk.steps.size(); ++i) {
        ASSERT_EQ(chunk.steps[i], next[chunk.segment]++) << info.name << " has a hole or a double";
        expectValue(info.name, chunk.steps[i], chunk.values[i]);
      }
    }
    if (acknowledged.flushed >= 0) {
      EXPECT_GT(next[acknowledged.segment], acknowledged.flushed) << info.name << " lost acknowledged points";
    }
  }
}

// `all`: checkpoints acknowledged so far, of every process.
void checkRun(const fs::path& path, const Acknowledged& acknowledged, const std::set<std::int64_t>& all) {
  const RunDirectory run(path);
  if (!fs::exists(run.database())) {
    EXPECT_EQ(acknowledged.segment, 0) << "run.db is gone";
    return;
  }
  std::optional<RunReader> reader;
  try {
    reader.emplace(run);
  } catch (const Error& error) {
    // Killed between creating the file and committing the schema: nothing was acknowledged yet.
    EXPECT_EQ(acknowledged.segment, 0) << error.what();
    return;
  }
  checkPoints(*reader, acknowledged);
  std::set<std::int64_t> found;
  for (const CheckpointRecord& record : reader->checkpoints()) {
    found.insert(record.step);
    const fs::path files = run.path() / record.path;
    for (const auto& issue : verifyCheckpoint(files.string())) ADD_FAILURE() << issue.file << ": " << issue.message;
    EXPECT_EQ(readManifest(files.string()).step, record.step);
    EXPECT_EQ(readTextFile(files / "model.safetensors"), "weights of step " + std::to_string(record.step));
  }
  for (const std::int64_t step : all) EXPECT_TRUE(found.contains(step)) << "checkpoint " << step << " was lost";
}

TEST(StoreCrash, LosesNothingAcknowledgedWhenKilledAtRandomMoments) {
  const test::TemporaryFolder folder;
  const fs::path run = folder.path() / "run";
  std::set<std::int64_t> checkpoints;
  Random random(20261123);
  const int kills = isLongTier() ? 2000 : 20;
  int killed = 0, longest = 150'000;  // microseconds
  for (int i = 0; i < kills; ++i) {
    const auto life = 1000 + static_cast<int>(random.below(static_cast<std::uint64_t>(longest)));
    const Outcome outcome = runCommand({SLAB_CRASH_WRITER, run, "0"}, life);
    ASSERT_TRUE(outcome.isKilled()) << "ended by itself with " << outcome.status << ": " << outcome.said;
    ++killed;
    const Acknowledged acknowledged = parse(outcome.said);
    checkpoints.insert(acknowledged.checkpoints.begin(), acknowledged.checkpoints.end());
    checkRun(run, acknowledged, checkpoints);
    if (HasFailure()) return;
    if (checkpoints.empty()) longest += longest / 2;  // a busy machine: nobody got as far as a checkpoint yet
  }
  EXPECT_FALSE(checkpoints.empty());
  EXPECT_EQ(runCommand({SLAB_CRASH_WRITER, run, "12"}).exitCode(), 0) << "the run goes on after " << killed << " kills";
}

// ---- system calls

constexpr const char* kSystemCalls =
    "write,pwrite64,fsync,fdatasync,rename,renameat2,unlink,unlinkat,rmdir,openat,ftruncate,mkdir,close,fcntl";

class StoreSystemCalls : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string reason = testing::whyNoStrace();
    if (!reason.empty()) {
      GTEST_SKIP() << "SYSTEM CALLS ARE NOT FAILED ON THIS MACHINE: " << reason;
    }
    // A store that exists already, as it does but for the first instant of a run.
    ASSERT_EQ(runCommand({SLAB_CRASH_WRITER, base_, "6"}).exitCode(), 0);
    calls_ = countCalls({SLAB_CRASH_WRITER, copyOfBase(), "6"}, kSystemCalls, folder_.path() / "strace.log");
    ASSERT_GT(calls_["pwrite64"], 5);
    ASSERT_GT(calls_["fsync"] + calls_["fdatasync"], 1);
  }

  fs::path copyOfBase() {
    const fs::path copy = folder_.path() / "run";
    fs::remove_all(copy);
    fs::copy(base_, copy, fs::copy_options::recursive);
    return copy;
  }

  static Outcome inject(const fs::path& run, const Injection& injection) {
    return testing::runWith(injection, {SLAB_CRASH_WRITER, run, "6"});
  }

  test::TemporaryFolder folder_;
  fs::path base_ = folder_.path() / "base";
  std::map<std::string, int> calls_;
};

TEST_F(StoreSystemCalls, MayEachBeTheLast) {
  int killed = 0;
  for (const Injection& injection : choose(calls_, {"signal=SIGKILL"}, 60)) {
    const fs::path run = copyOfBase();
    const Outcome outcome = inject(run, injection);
    killed += outcome.isKilled();
    Acknowledged acknowledged = parse(outcome.said);
    acknowledged.checkpoints.insert(5);  // the base's
    checkRun(run, acknowledged, acknowledged.checkpoints);
    EXPECT_EQ(runCommand({SLAB_CRASH_WRITER, run, "6"}).exitCode(), 0) << "does not go on after " << injection.text();
    if (HasFailure()) FAIL() << injection.text() << "\n" << outcome.said;
  }
  EXPECT_GT(killed, 30);
  RecordProperty("kills", killed);
}

TEST_F(StoreSystemCalls, MayEachFailOnce) {
  int finished = 0;
  int refused = 0;
  const std::vector<std::string> errors = {"error=ENOSPC", "error=EIO", "error=EACCES", "error=EDQUOT", "error=EINTR"};
  // A record lock on a local file does not fail; SQLite would wait its busy time-out for it each time.
  calls_.erase("fcntl");
  for (const Injection& injection : choose(calls_, errors, 60)) {
    const fs::path run = copyOfBase();
    const Outcome outcome = inject(run, injection);
    // It goes on, or says why it can't; it never crashes, and never says more than is true.
    ASSERT_TRUE(WIFEXITED(outcome.status)) << injection.text() << " ended it with signal " << WTERMSIG(outcome.status);
    Acknowledged acknowledged = parse(outcome.said);
    acknowledged.checkpoints.insert(5);
    checkRun(run, acknowledged, acknowledged.checkpoints);
    finished += acknowledged.closed;
    // A store that has opened gets over any single failure; 7: the program could not write to its pipe.
    if (acknowledged.segment != 0 && outcome.exitCode() != 7) {
      EXPECT_TRUE(acknowledged.closed);
    }
    refused += outcome.exitCode() != 0;
    EXPECT_EQ(runCommand({SLAB_CRASH_WRITER, run, "6"}).exitCode(), 0) << "does not go on after " << injection.text();
    if (HasFailure()) FAIL() << injection.text() << "\n" << outcome.said;
  }
  EXPECT_GT(finished, 20);
  RecordProperty("finished", finished);
  RecordProperty("refused", refused);
}

// ---- a disk that is full for a while

TEST_F(StoreSystemCalls, LosesNothingWhileTheDiskIsFull) {
  // The writer's thread is refused from its 40th write to its 59th, then there is room again. The main
  // thread makes fewer writes of this kind, all of them when it opens the store.
  const fs::path run = copyOfBase();
  const Outcome outcome = testing::runWith({"pwrite64", "40..59", "error=ENOSPC"}, {SLAB_CRASH_WRITER, run, "40"});
  EXPECT_EQ(outcome.exitCode(), 0);
  Acknowledged acknowledged = parse(outcome.said);
  EXPECT_TRUE(acknowledged.closed);
  checkRun(run, acknowledged, acknowledged.checkpoints);
  RunReader reader(RunDirectory{run});
  EXPECT_EQ(reader.points(1, 0, 1000).back().steps.back(), 44) << "the last point is there too";
}

}  // namespace
}  // namespace slab
