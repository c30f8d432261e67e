// One row of a latency comparison: a model, its input, and how it is to be computed.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/inspect/latency.h"
#include "core/ops/options.h"
#include "core/wire/messages.h"

namespace slab::inspect {

class BenchCandidate {
 public:
  /// A classifier's forward or training step on random images; or, where the entry's weights are a detector's, all of
  /// its detecting, up to masks, on the first image of its run's validation part (random values where that can't be
  /// opened). Throws Error(Config) where a detector is asked for a training step or another resolution, and as
  /// openModel and openDetector do.
  static std::unique_ptr<BenchCandidate> open(const BenchEntry& entry, const BenchRequest& request, c10::Device device);
  virtual ~BenchCandidate() = default;

  [[nodiscard]] const std::string& label() const { return label_; }
  [[nodiscard]] virtual std::int64_t parameters() const = 0;
  /// Multiply-accumulates of a run; 0 where they depend on what is found.
  [[nodiscard]] virtual std::int64_t macs() const = 0;
  /// What the row's times are of, where it is not random values of one size.
  [[nodiscard]] virtual std::string input() const { return ""; }
  /// Of a folded model: the largest relative error of its certificate.
  [[nodiscard]] std::optional<double> foldError() const { return foldError_; }

  void run();
  /// From here on every run tells where its time goes: the parts are those of the very samples that are reported, so
  /// they add up to them. A detector's are its backbone's.
  void startBreakdown();
  [[nodiscard]] const std::optional<PartTimer>& breakdown() const { return timer_; }

 protected:
  BenchCandidate(std::string label, bool isTraining) : label_(std::move(label)), isTraining_(isTraining) {}
  virtual void step() {}
  virtual void forward() = 0;
  virtual void setTimer(PartTimer* timer) = 0;

  ops::Options options_;
  std::optional<double> foldError_;

 private:
  std::string label_;
  bool isTraining_;
  std::optional<PartTimer> timer_;
};

}  // namespace slab::inspect
