// What the trainer does when a value is not finite: it finds the place, tells the observer, and gives up.
#include <cmath>
#include <utility>

#include "core/base/error.h"
#include "core/base/format.h"
#include "core/base/log.h"
#include "core/train/trainer.h"

namespace slab::train {
namespace {

// Where the values came from decides what can be done about them.
std::string mendOf(const NonFinitePlace& place) {
  if (place.cause == NonFiniteCause::Image) return "; check the data set with slab data scan";
  return "; lower optim.lr, set train.clip, or give lambda longer to fall, and branch from the last good checkpoint";
}

}  // namespace

NonFiniteReport Trainer::reportOf(const StepRecord& record, std::int64_t batch, const at::Tensor& samples) const {
  NonFiniteReport report;
  report.step = record.step;
  report.batch = batch;
  report.epoch = record.epoch;
  report.loss = record.loss;
  report.gradNorm = record.gradNorm;
  report.learningRate = record.learningRate;
  report.lambda = record.lambda;
  report.finiteUntil = watch_.lastFinite();
  if (!samples.defined()) return report;
  const auto* first = samples.const_data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < samples.numel(); ++i) {
    report.samples.push_back({first[i], parts_.data.nameOf(first[i])});
  }
  return report;
}

std::optional<NonFinitePlace> Trainer::faultIn(const data::Batch& batch, const StepRecord& record, std::uint64_t piece,
                                               const StepWork& work) {
  parts_.optimizer.zeroGrad();
  piece_ = piece;
  StepRecord again = record;
  const double loss = addGradients(batch, again, work.images);
  const auto gradient = firstInGradients(parts_.task.module());
  // Where it can be no other, it is looked into even if it is finite this time.
  const bool isTheOnly = ranks() == 1 && (work.faulty || position_ - work.first == 1);
  if (std::isfinite(loss) && !gradient && !isTheOnly) return std::nullopt;
  if (auto place = firstInImages(batch.images)) return place;
  const auto place = firstInForward(parts_.task.module(), [&] {
    std::uint64_t forwards = piece;
    forEachPiece(batch, record, forwards, [](const PieceLoss&, std::int64_t) {});
  });
  return place ? place : gradient;
}

std::optional<NonFiniteReport> Trainer::findFault(const StepWork& work, const StepRecord& record) {
  if (!std::isfinite(record.loss) && !work.faulty) return std::nullopt;  // another process's loss
  parts_.data.seek(work.first);
  std::uint64_t piece = 0;
  for (std::int64_t number = work.first; number < position_; ++number) {
    const data::Batch batch = parts_.data.next();
    if (!work.faulty || number == *work.faulty) {
      if (const auto place = faultIn(batch, record, piece, work)) {
        NonFiniteReport report = reportOf(record, number, batch.indices);
        report.place = *place;
        return report;
      }
    }
    piece += static_cast<std::uint64_t>((batch.size() + microBatch_ - 1) / microBatch_);
  }
  return std::nullopt;
}

void Trainer::reportNonFinite(const StepWork& work, const StepRecord& record) {
  auto place = firstInGradients(parts_.task.module());  // before the search takes them anew
  std::optional<NonFiniteReport> report;
  try {
    report = findFault(work, record);
  } catch (const std::exception& error) {
    if (ranks() == 1) throw;
    logWarning(std::string("the search for the value that is not finite ended early: ") + error.what());
  }
  report = shared(std::move(report));
  if (!report) {
    // No batch by itself: a sum overflowed, or the kernels' rounding where the plain operations did not.
    if (!place) place = firstInState(parts_.task.module());
    report = work.faulty ? reportOf(record, *work.faulty, work.faultySamples)
                         : reportOf(record, position_ - 1, work.samples);
    report->place = place.value_or(NonFinitePlace{NonFiniteCause::Activation, "", "loss", {}});
  }
  report->finiteUntil = watch_.lastFinite();  // process 0 alone keeps looking
  parts_.observer.onStep(record);
  fail(std::isfinite(record.loss) ? "the gradient norm" : "the loss", std::move(*report));
}

void Trainer::reportBrokenState() {
  NonFiniteReport report = reportOf(lastRecord_, position_ - 1, lastSamples_);
  report.place = firstInState(parts_.task.module()).value_or(NonFinitePlace{NonFiniteCause::Weight, "", "weights", {}});
  fail(report.place.cause == NonFiniteCause::Statistic ? "a running statistic" : "a weight", std::move(report));
}

void Trainer::fail(const std::string& what, NonFiniteReport report) {
  parts_.observer.onNonFinite(report);
  const bool isOfOther = report.process && *report.process != parts_.ranks->rank();
  std::string text = isOfOther ? "process " + std::to_string(*report.process) + ": " : "";
  text += what + " is not finite at step " + std::to_string(report.step) + " (batch " + std::to_string(report.batch) +
          " of the training, lambda " + formatNumber(report.lambda, 3) + "); first at fault: " + describe(report.place);
  const bool isState = report.place.cause == NonFiniteCause::Weight || report.place.cause == NonFiniteCause::Statistic;
  if (isState && report.finiteUntil) text += ", finite until step " + std::to_string(*report.finiteUntil);
  if (isState && !report.finiteUntil) text += ", so since this process took over";
  const ErrorKind kind = report.place.cause == NonFiniteCause::Image ? ErrorKind::Data : ErrorKind::Config;
  throw Error(kind, text + mendOf(report.place));
}

}  // namespace slab::train
