// The progress line of a training on a terminal.
#pragma once

#include <string>

#include "core/base/clock.h"
#include "core/wire/messages.h"

namespace slab::cli {

/// "epoch 0.42/1  step 158/375  loss 1.243  lambda 0.472  412 images/s  0:21 left"
std::string progressText(const RunStatus& status);

/// Writes to standard error: on a terminal one line that is redrawn, elsewhere a plain line every
/// ten seconds and at each change of state. Used from one thread.
class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(const RunStatus& status);
  /// A line that stays, e.g. "evaluation at step 375: top-1 80.1 %".
  void note(const std::string& text);

 private:
  void clear();

  const bool terminal_;
  bool drawn_ = false;
  std::string lastState_;
  Stopwatch sincePlain_;
};

}  // namespace slab::cli
