#include "core/train/tensorboard_log.h"

#include <vector>

#include "core/base/log.h"
#include "core/store/run_reader.h"
#include "core/train/run_recorder.h"

namespace slab::train {
namespace {

constexpr std::size_t kMostWaiting = std::size_t{16} << 20U;

}  // namespace

TensorBoardLog::TensorBoardLog(const RunDirectory& run, std::int64_t firstStep, FileSystem& fileSystem) {
  LogEvent start;
  start.wall = wallSeconds();
  start.step = firstStep;
  start.startsSession = true;
  try {
    writer_ = std::make_unique<EventFileWriter>((run.path() / "tensorboard").string(), start.wall, fileSystem);
  } catch (const Error& error) {
    giveUp(error.what());
    return;
  }
  writer_->add(start);
  add({});
  if (firstStep > 0) attempt([&] { repeat(run, firstStep); });
}

void TensorBoardLog::repeat(const RunDirectory& run, std::int64_t step) {
  RunReader reader(run);
  const auto series = reader.series();
  std::vector<CommittedPoint> points;
  for (const SeriesInfo& info : series) {
    // Step number `step` itself is taken again.
    if (!isOfEvaluation(info.name)) continue;
    const auto chunks = reader.points(info.id, step, step);
    if (chunks.empty() || chunks.back().values.empty()) continue;
    points.push_back({info.name, step, chunks.back().values.back(), chunks.back().wall.back()});
  }
  add(points);
}

void TensorBoardLog::add(std::span<const CommittedPoint> points) {
  if (!writer_) return;
  attempt([&] {
    LogEvent event;
    for (const CommittedPoint& point : points) {
      const bool isSameMoment = event.step == point.step && event.wall == point.wall;
      if (!event.scalars.empty() && !isSameMoment) {
        writer_->add(event);
        event.scalars.clear();
      }
      event.wall = point.wall;
      event.step = point.step;
      event.scalars.push_back({std::string(point.series), point.value});
    }
    if (!event.scalars.empty()) writer_->add(event);
    writer_->flush();
  });
}

void TensorBoardLog::attempt(const std::function<void()>& work) {
  try {
    work();
    isRefused_ = false;
  } catch (const WriteError& error) {
    if (!error.isDiskFull() || writer_->waitingBytes() > kMostWaiting) {
      giveUp(error.what());
      return;
    }
    if (!isRefused_) logWarning(std::string(error.what()) + "; points for TensorBoard are kept until there is room");
    isRefused_ = true;
  } catch (const Error& error) {
    giveUp(error.what());
  }
}

void TensorBoardLog::giveUp(const std::string& why) {
  logWarning(why + "; TensorBoard gets nothing more of this training, run.db has all of it");
  writer_.reset();
}

}  // namespace slab::train
