#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bit>
#include <cmath>
#include <fstream>
#include <limits>
#include <thread>

#include "core/base/error.h"
#include "core/base/rng.h"
#include "core/store/database.h"
#include "core/store/run_reader.h"
#include "core/store/run_writer.h"
#include "core/store/schema.h"
#include "core/store/series_store.h"
#include "temporary_folder.h"

namespace slab {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

class RunStore : public ::testing::Test {
 protected:
  RunWriter writer(RunWriterOptions options = {}) { return RunWriter(RunLock(run_, ""), std::move(options)); }
  std::vector<Chunk> allPoints(const std::string& name) {
    RunReader reader(run_);
    for (const SeriesInfo& series : reader.series()) {
      if (series.name == name) return reader.points(series.id, 0, std::int64_t{1} << 60);
    }
    return {};
  }
  std::vector<double> valuesOf(const std::string& name) {
    std::vector<double> values;
    for (const Chunk& chunk : allPoints(name)) values.insert(values.end(), chunk.values.begin(), chunk.values.end());
    return values;
  }

  test::TemporaryFolder folder_;
  RunDirectory run_ = RunDirectory::create(folder_.path() / "run");
};

std::vector<std::uint64_t> bitsOf(const std::vector<double>& values) {
  std::vector<std::uint64_t> bits;
  for (const double value : values) bits.push_back(std::bit_cast<std::uint64_t>(value));
  return bits;
}

TEST_F(RunStore, KeepsEveryValueBitForBit) {
  const std::vector<double> values = {0.0,
                                      -0.0,
                                      1.0 / 3,
                                      kInfinity,
                                      -kInfinity,
                                      std::numeric_limits<double>::quiet_NaN(),
                                      std::bit_cast<double>(0x7FF800000000BEEFULL),
                                      std::bit_cast<double>(0xFFF0000000000001ULL),
                                      std::numeric_limits<double>::denorm_min(),
                                      std::numeric_limits<double>::max()};
  {
    RunWriter store = writer();
    const SeriesId loss = store.series("loss");
    for (std::size_t i = 0; i < values.size(); ++i) store.append(loss, static_cast<std::int64_t>(i), values[i]);
    EXPECT_EQ(store.close(), 0U);
  }
  EXPECT_EQ(bitsOf(valuesOf("loss")), bitsOf(values));
}

TEST_F(RunStore, KeepsPointsWhoseStepsOccurAgainAfterAResume) {
  {
    RunWriter store = writer();
    const SeriesId loss = store.series("loss");
    store.beginSegment(0, "start");
    for (int step = 0; step < 100; ++step) store.append(loss, step, step);
  }
  {
    RunWriter store = writer();
    const SeriesId loss = store.series("loss");
    store.beginSegment(60, "resume");
    for (int step = 60; step < 120; ++step) store.append(loss, step, -step);
  }
  EXPECT_EQ(valuesOf("loss").size(), 160U);
  RunReader reader(run_);
  const auto segments = reader.segments();
  ASSERT_EQ(segments.size(), 2U);
  EXPECT_EQ(segments[1].parent, segments[0].id);
  EXPECT_EQ(segments[1].fromStep, 60);
  EXPECT_EQ(reader.points(1, 70, 70).size(), 2U);
}

TEST_F(RunStore, StartsASegmentAtTheFirstStepWhenNoneWasBegun) {
  for (const int first : {0, 40}) {
    RunWriter store = writer();
    store.append(store.series("loss"), first, 1.0);
  }
  const auto segments = RunReader(run_).segments();
  ASSERT_EQ(segments.size(), 2U);
  EXPECT_EQ(segments[0].reason, "start");
  EXPECT_EQ(segments[1].reason, "resume");
  EXPECT_EQ(segments[1].fromStep, 40);
}

// A reader that polls at any moment and skips what it holds by ordinal gets every point once, though
// the writer merges rows meanwhile.
TEST_F(RunStore, PollingReadersSeeEveryPointOnceWhileRowsAreMerged) {
  constexpr std::int64_t kPoints = 30'000;
  RunWriterOptions options;
  options.tickSeconds = 0.001;
  RunWriter store = writer(options);
  const SeriesId loss = store.series("loss");
  const SeriesId rate = store.series("lr");
  ASSERT_TRUE(store.flush());
  std::jthread training([&] {
    for (std::int64_t step = 0; step < kPoints; ++step) {
      store.append(loss, step, std::sin(static_cast<double>(step)));
      if (step % 3 == 0) store.append(rate, step, 1.0 / static_cast<double>(step + 1));
      if (step % 50 == 0) std::this_thread::sleep_for(std::chrono::microseconds(300));
    }
  });
  RunReader reader(run_);
  SeriesStore losses;
  SeriesStore rates;
  std::int64_t seq = 0;
  const auto poll = [&](std::int64_t max_points) {
    NewRows rows = reader.newSince(seq, max_points);
    EXPECT_GE(rows.seq, seq);
    seq = rows.seq;
    for (const Chunk& chunk : rows.chunks) (chunk.series == loss ? losses : rates).append(chunk);
    return rows.complete;
  };
  while (losses.size() < kPoints / 2) poll(100);
  training.join();
  EXPECT_EQ(store.close(), 0U);
  while (!poll(1000)) {
  }
  EXPECT_EQ(losses.size(), kPoints);
  EXPECT_EQ(rates.size(), kPoints / 3);
  std::int64_t next = 0;
  losses.forEach(-1, 1e9, CurveAxis::Step, [&](const CurveSample& sample) {
    EXPECT_EQ(sample.step, next);
    EXPECT_EQ(sample.value, std::sin(static_cast<double>(next)));
    ++next;
  });
  EXPECT_EQ(next, kPoints);
}

TEST_F(RunStore, MergesSmallRowsIntoBlocksWhenItCloses) {
  {
    RunWriterOptions options;
    options.tickSeconds = 1e-4;
    RunWriter store = writer(options);
    const SeriesId loss = store.series("loss");
    for (std::int64_t step = 0; step < 5000; ++step) {
      store.append(loss, step, 1.0);
      if (step % 10 == 0) {
        ASSERT_TRUE(store.flush());
      }
    }
  }
  const auto chunks = allPoints("loss");
  ASSERT_EQ(chunks.size(), 2U);
  EXPECT_EQ(chunks[0].steps.size(), 4096U);
  EXPECT_EQ(chunks[1].start, 4096);
  EXPECT_GT(chunks[1].seq, chunks[0].seq);
}

TEST_F(RunStore, LevelsHoldTheMinimumAndMaximumOfEveryBucket) {
  constexpr std::int64_t kPoints = 3 * 4096 * 64 + 5000;
  std::vector<double> values;
  for (std::int64_t i = 0; i < kPoints; ++i) {
    values.push_back(i % 1000 == 7 ? std::nan("") : uniform01(hashKeys(static_cast<std::uint64_t>(i))) - 0.5);
  }
  {
    RunWriter store = writer();
    const SeriesId loss = store.series("loss");
    for (std::int64_t i = 0; i < kPoints; ++i) store.append(loss, i, values[static_cast<std::size_t>(i)]);
  }
  RunReader reader(run_);
  EXPECT_EQ(reader.pointCount(1), kPoints);
  for (int level = 0; level < 3; ++level) {
    const StoredLevel stored = reader.level(1, 1, level);
    const std::int64_t span = stored.pointsPerBucket;
    // Whole blocks of 4096 points have their buckets.
    ASSERT_EQ(static_cast<std::int64_t>(stored.buckets.size()), kPoints / 4096 * 4096 / span) << level;
    for (std::size_t b = 0; b < stored.buckets.size(); ++b) {
      Bucket expected = emptyBucket();
      for (std::int64_t i = 0; i < span; ++i) {
        addPoint(expected, values[b * static_cast<std::size_t>(span) + static_cast<std::size_t>(i)],
                 static_cast<std::uint32_t>(i));
      }
      const Bucket& bucket = stored.buckets[b];
      ASSERT_EQ(bucket.minimum, expected.minimum);
      ASSERT_EQ(bucket.maximum, expected.maximum);
      ASSERT_EQ(bucket.minimumIndex, expected.minimumIndex);
      ASSERT_EQ(bucket.nanCount, expected.nanCount);
      ASSERT_EQ(bucket.count, span);
    }
  }
}

TEST_F(RunStore, TellsEventsStateAndCheckpoints) {
  RunWriter store = writer();
  store.setState("state", "running");
  store.setState("state", "paused");
  store.event("eval", 10, R"({"top1":80.5})", 123.25);
  CheckpointRecord record;
  record.step = 11;
  record.path = "checkpoints/step-00000011";
  record.sha256 = "ab";
  record.bytes = 77;
  record.top1 = 80.5;
  const std::int64_t seq = store.saveCheckpoint(record);

  RunReader reader(run_);  // nothing was flushed: the checkpoint's commit carried the rest
  EXPECT_EQ(reader.state()["state"], "paused");
  const NewRows rows = reader.newSince(0);
  ASSERT_EQ(rows.events.size(), 1U);
  EXPECT_EQ(rows.events[0].json, R"({"top1":80.5})");
  EXPECT_EQ(rows.events[0].wall, 123.25);
  ASSERT_EQ(rows.checkpoints.size(), 1U);
  EXPECT_EQ(rows.checkpoints[0].seq, seq);
  EXPECT_EQ(rows.checkpoints[0].step, 11);
  EXPECT_EQ(rows.checkpoints[0].bytes, 77);
  EXPECT_TRUE(rows.checkpoints[0].good);
  EXPECT_EQ(rows.seq, seq);
  EXPECT_TRUE(reader.newSince(rows.seq).events.empty());

  store.dropCheckpoint(record.path);
  ASSERT_TRUE(store.flush());
  EXPECT_TRUE(reader.checkpoints().empty());
}

TEST_F(RunStore, TellsWhenNewRowsAreCommitted) {
  std::atomic<std::int64_t> newest = 0;
  RunWriterOptions options;
  options.onCommitted = [&](std::int64_t seq) { newest = seq; };
  RunWriter store = writer(options);
  store.append(store.series("loss"), 0, 1.0);
  ASSERT_TRUE(store.flush());
  EXPECT_EQ(newest, RunReader(run_).newSince(0).seq);
  EXPECT_GT(newest, 0);
}

TEST_F(RunStore, OpensWhileAWriterHoldsAnotherTransaction) {
  RunWriter store = writer();
  const SeriesId loss = store.series("loss");
  store.append(loss, 0, 1.0);
  ASSERT_TRUE(store.flush());
  Database other(run_.database().string(), Database::Mode::ReadWriteCreate);
  Transaction transaction(other, Transaction::Kind::Write);
  EXPECT_EQ(RunReader(run_).newSince(0).chunks.size(), 1U);
}

TEST_F(RunStore, RefusesANewerStoreAndLeavesItAlone) {
  writer().close();
  {
    Database database(run_.database().string(), Database::Mode::ReadWriteCreate);
    database.execute("PRAGMA user_version=99");
  }
  const auto text = readTextFile(run_.database());
  EXPECT_THROW(RunReader{run_}, Error);
  EXPECT_THROW(writer(), Error);
  EXPECT_EQ(readTextFile(run_.database()), text);
}

TEST_F(RunStore, RefusesAFileThatIsNoRun) {
  std::ofstream(run_.database()) << "this is not a database, it only bears the name of one";
  EXPECT_THROW(RunReader{run_}, Error);
  EXPECT_THROW(writer(), Error);
}

TEST_F(RunStore, ReportsAMissingDatabaseByPath) {
  try {
    RunReader reader(run_);
    FAIL() << "opened a run without run.db";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find(run_.path().string()), std::string::npos);
  }
}

TEST_F(RunStore, WorksUnderAStrangePath) {
  const RunDirectory run = RunDirectory::create(folder_.path() / "sp ace" / "q?u#e%41st\n\xC3\xA4");
  {
    RunWriter store{RunLock(run, "")};
    store.append(store.series("loss"), 0, 2.5);
  }
  EXPECT_EQ(RunReader(run).newSince(0).chunks.at(0).values.at(0), 2.5);
}

// A process that may not write there: this test's own when it is not root, else a child without
// root's rights.
int inReadOnlyProcess(const std::function<bool()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) ::_exit(3);
    int code = 1;
    try {
      code = body() ? 0 : 1;
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n", error.what());
      code = 2;
    }
    ::_exit(code);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(RunStore, ReadsAFinishedRunInAReadOnlyDirectory) {
  {
    RunWriter store = writer();
    store.append(store.series("loss"), 0, 2.5);
  }
  ::chmod(folder_.path().c_str(), 0755);
  ::chmod(run_.path().c_str(), 0555);
  EXPECT_EQ(inReadOnlyProcess([&] { return RunReader(run_).newSince(0).chunks.at(0).values.at(0) == 2.5; }), 0);
  ::chmod(run_.path().c_str(), 0755);
}

TEST_F(RunStore, ReadsAKilledRunInAReadOnlyDirectory) {
  const pid_t child = ::fork();
  if (child == 0) {
    RunWriter store = writer();
    store.append(store.series("loss"), 0, 2.5);
    const bool flushed = store.flush();
    ::kill(::getpid(), flushed ? SIGKILL : SIGABRT);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_EQ(WTERMSIG(status), SIGKILL);
  ASSERT_GT(std::filesystem::file_size(run_.database().string() + "-wal"), 0U);
  std::filesystem::remove(run_.database().string() + "-shm");
  ::chmod(folder_.path().c_str(), 0755);
  ::chmod(run_.path().c_str(), 0555);
  EXPECT_EQ(inReadOnlyProcess([&] { return RunReader(run_).newSince(0).chunks.at(0).values.at(0) == 2.5; }), 0);
  ::chmod(run_.path().c_str(), 0755);
  EXPECT_GT(std::filesystem::file_size(run_.database().string() + "-wal"), 0U);
}

TEST_F(RunStore, RefusesSamplesAfterItsEnd) {
  RunWriter store = writer();
  const SeriesId loss = store.series("loss");
  store.close();
  EXPECT_THROW(store.append(loss, 0, 1.0), Error);
  EXPECT_THROW(store.saveCheckpoint({}), Error);
}

}  // namespace
}  // namespace slab
