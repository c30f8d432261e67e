// What the trainer does when a value is not finite: it finds the place, tells the observer, and gives up.
#include <cmath>
#include <utility>

#include "core/base/error.h"
#include "core/base/format.h"
#include "core/train/trainer.h"

namespace slab::train {
namespace {

// Where the values came from decides what can be done about them.
std::string mendOf(const NonFinitePlace& place) {
  if (place.cause == NonFiniteCause::Image) return "; check the data set with slab data scan";
  return "; lower optim.lr, set train.clip, or give lambda longer to fall, and branch from the last good checkpoint";
}

}  // namespace

NonFiniteReport Trainer::reportOf(const StepRecord& record, const at::Tensor& samples) const {
  NonFiniteReport report;
  report.step = record.step;
  report.batch = position_ - 1;
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

void Trainer::reportNonFinite(const data::Batch& batch, const StepRecord& record) {
  parts_.observer.onStep(record);
  NonFiniteReport report = reportOf(record, batch.indices);
  auto place = firstInImages(batch.images);
  if (!place) {
    place = firstInForward(parts_.task.module(), [&] {
      std::uint64_t piece = piece_;
      forEachPiece(batch, record, piece, [](const PieceLoss&, std::int64_t) {});
    });
  }
  if (!place) place = firstInGradients(parts_.task.module());
  if (!place) place = firstInState(parts_.task.module());
  // Nothing this time: the kernels' rounding overflowed where the plain operations did not.
  if (!place) place = NonFinitePlace{NonFiniteCause::Activation, "", "loss", {}};
  report.place = *place;
  fail(std::isfinite(record.loss) ? "the gradient norm" : "the loss", std::move(report));
}

void Trainer::reportBrokenState() {
  NonFiniteReport report = reportOf(lastRecord_, lastSamples_);
  report.place = firstInState(parts_.task.module()).value_or(NonFinitePlace{NonFiniteCause::Weight, "", "weights", {}});
  fail(report.place.cause == NonFiniteCause::Statistic ? "a running statistic" : "a weight", std::move(report));
}

void Trainer::fail(const std::string& what, NonFiniteReport report) {
  parts_.observer.onNonFinite(report);
  std::string text = what + " is not finite at step " + std::to_string(report.step) + " (batch " +
                     std::to_string(report.batch) + " of the training, lambda " + formatNumber(report.lambda, 3) +
                     "); first at fault: " + describe(report.place);
  const bool isState = report.place.cause == NonFiniteCause::Weight || report.place.cause == NonFiniteCause::Statistic;
  if (isState && report.finiteUntil) text += ", finite until step " + std::to_string(*report.finiteUntil);
  if (isState && !report.finiteUntil) text += ", so since this process took over";
  const ErrorKind kind = report.place.cause == NonFiniteCause::Image ? ErrorKind::Data : ErrorKind::Config;
  throw Error(kind, text + mendOf(report.place));
}

}  // namespace slab::train
