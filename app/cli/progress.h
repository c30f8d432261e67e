// The progress line of long work on a terminal.
#pragma once

#include <string>

#include "core/base/clock.h"
#include "core/wire/messages.h"

namespace slab::cli {

/// "epoch 0.42/1  step 158/375  loss 1.243  lambda 0.472  412 images/s  0:21 left"
std::string progressText(const RunStatus& status);

/// What a ProgressLine writes where standard error is no terminal.
enum class PlainLines {
  None,
  TenSeconds,  // a line every ten seconds, and at each change of a run's state
  All
};

/// Writes to standard error: on a terminal one line that is redrawn, cut to its width; elsewhere plain lines. Used from
/// one thread. The destructor clears the line.
class ProgressLine {
 public:
  explicit ProgressLine(PlainLines plain = PlainLines::TenSeconds);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(const RunStatus& status);
  void show(const std::string& text) { draw(text, /*isNews=*/false); }
  /// A line that stays, e.g. "evaluation at step 375: top-1 80.1 %".
  void note(const std::string& text);
  /// Before anything else is written; nothing where no line is drawn.
  void clear();

 private:
  void draw(const std::string& text, bool isNews);

  const PlainLines plain_;
  const bool terminal_;
  bool drawn_ = false;
  std::string lastState_;
  Stopwatch sincePlain_;
};

}  // namespace slab::cli
