// What a long run costs to write, to open and to draw.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/rng.h"
#include "core/store/run_index.h"
#include "core/store/run_reader.h"
#include "core/store/run_writer.h"
#include "core/store/series_store.h"
#include "tests/core/store/temporary_folder.h"

namespace slab {
namespace {

namespace fs = std::filesystem;

double noisyLoss(std::int64_t step) {
  return 1.0 / (1.0 + static_cast<double>(step) * 1e-4) + 0.1 * uniform01(hashKeys(static_cast<std::uint64_t>(step)));
}

void writeRun(const RunDirectory& run, std::int64_t points, int series) {
  RunWriter store{RunLock(run, "")};
  std::vector<SeriesId> ids;
  for (int s = 0; s < series; ++s) ids.push_back(store.series("series" + std::to_string(s)));
  for (std::int64_t step = 0; step < points / series; ++step) {
    for (const SeriesId id : ids) store.append(id, step, noisyLoss(step), 1e9 + static_cast<double>(step) * 0.01);
  }
}

// Written, committed and merged, end to end.
void WritePoints(benchmark::State& state) {
  for (auto _ : state) {
    const test::TemporaryFolder folder;
    writeRun(RunDirectory::create(folder.path() / "run"), state.range(0), 8);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(WritePoints)->Arg(1'000'000)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(2);

// What training pays for one sample.
void AppendOne(benchmark::State& state) {
  const test::TemporaryFolder folder;
  RunWriter store{RunLock(RunDirectory::create(folder.path() / "run"), "")};
  const SeriesId id = store.series("loss");
  std::int64_t step = 0;
  for (auto _ : state) {
    store.append(id, step, 1.0, 0.0);
    ++step;
  }
}
BENCHMARK(AppendOne)->Iterations(500'000);

// From the directory to curves that can be drawn.
void OpenRun(benchmark::State& state) {
  const test::TemporaryFolder folder;
  const RunDirectory run = RunDirectory::create(folder.path() / "run");
  writeRun(run, state.range(0), 8);
  for (auto _ : state) {
    RunReader reader(run);
    std::vector<SeriesStore> curves(9);
    for (std::int64_t seq = 0;;) {
      const NewRows rows = reader.newSince(seq, 1'000'000);
      for (const Chunk& chunk : rows.chunks) curves[static_cast<std::size_t>(chunk.series)].append(chunk);
      seq = rows.seq;
      if (rows.complete) break;
    }
    benchmark::DoNotOptimize(curves[1].size());
  }
}
BENCHMARK(OpenRun)->Arg(1'000'000)->Arg(10'000'000)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(3);

// The stored levels alone: a first picture.
void OpenOverview(benchmark::State& state) {
  const test::TemporaryFolder folder;
  const RunDirectory run = RunDirectory::create(folder.path() / "run");
  writeRun(run, state.range(0), 8);
  for (auto _ : state) {
    RunReader reader(run);
    std::size_t buckets = 0;
    for (const SeriesInfo& series : reader.series()) buckets += reader.level(series.id, 1, 1).buckets.size();
    benchmark::DoNotOptimize(buckets);
  }
}
BENCHMARK(OpenOverview)->Arg(10'000'000)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(10);

// A window's poll of a long run that got one more tick of samples.
void PollNewest(benchmark::State& state) {
  const test::TemporaryFolder folder;
  const RunDirectory run = RunDirectory::create(folder.path() / "run");
  writeRun(run, state.range(0), 8);
  RunReader reader(run);
  std::int64_t seq = 0;
  for (bool complete = false; !complete;) {
    const NewRows rows = reader.newSince(seq, 1'000'000);
    seq = rows.seq;
    complete = rows.complete;
  }
  for (auto _ : state) benchmark::DoNotOptimize(reader.newSince(seq - 8).chunks.size());
}
BENCHMARK(PollNewest)->Arg(10'000'000)->Unit(benchmark::kMicrosecond)->Iterations(2000);

SeriesStore curveOf(std::int64_t points) {
  SeriesStore curve;
  Chunk chunk{0, 1, 1, 0, {}, {}, {}};
  for (std::int64_t step = 0; step < points;) {
    chunk.start = step;
    chunk.steps.clear();
    chunk.wall.clear();
    chunk.values.clear();
    for (int i = 0; i < 4096 && step < points; ++i, ++step) {
      chunk.steps.push_back(step);
      chunk.wall.push_back(static_cast<double>(step) * 0.01);
      chunk.values.push_back(step % 10'007 == 0 ? std::nan("") : noisyLoss(step));
    }
    curve.append(chunk);
  }
  return curve;
}

// 1600 columns over the whole curve, and over its middle tenth.
void DrawEnvelope(benchmark::State& state) {
  const SeriesStore curve = curveOf(state.range(0));
  const auto last = static_cast<double>(state.range(0));
  const double margin = state.range(1) == 0 ? 0.0 : 0.45 * last;
  const auto axis = state.range(2) == 0 ? CurveAxis::Step : CurveAxis::Wall;
  const double scale = axis == CurveAxis::Step ? 1.0 : 0.01;
  for (auto _ : state) {
    benchmark::DoNotOptimize(curve.envelope(margin * scale, (last - margin) * scale, 1600, axis).points.size());
  }
}
BENCHMARK(DrawEnvelope)
    ->ArgNames({"points", "zoomed", "wall"})
    ->ArgsProduct({{1'000'000, 10'000'000, 100'000'000}, {0, 1}, {0}})
    ->Args({10'000'000, 0, 1})
    ->Unit(benchmark::kMillisecond);

// The run table of a project of many finished runs, unchanged since the last scan.
void ScanProject(benchmark::State& state) {
  const test::TemporaryFolder folder;
  const RunDirectory first = RunDirectory::create(folder.path() / "runs" / "run0");
  writeRun(first, 800, 8);
  for (std::int64_t i = 1; i < state.range(0); ++i) {
    fs::copy(first.path(), folder.path() / "runs" / ("run" + std::to_string(i)), fs::copy_options::recursive);
  }
  RunIndex index(folder.path());
  index.scan();
  for (auto _ : state) benchmark::DoNotOptimize(index.scan().size());
}
BENCHMARK(ScanProject)->Arg(1000)->Arg(10'000)->Unit(benchmark::kMillisecond)->Iterations(5);

}  // namespace
}  // namespace slab

BENCHMARK_MAIN();
