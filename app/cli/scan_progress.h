// How far a scan is: on a terminal, or as events for the window.
#pragma once

#include "core/base/clock.h"
#include "core/wire/messages.h"

namespace slab::cli {

/// On a terminal one line on standard error that is redrawn, "train  1 234 of 5 678  410 images/s  0:11 left"; with
/// `events` one JSON object a line on standard output: {"event":"progress","part":..,"done":..,"total":..,
/// "images_per_s":..,"eta_s":..}; else nothing.
class ScanProgress {
 public:
  explicit ScanProgress(bool events);

  void show(const ProgressBody& progress);
  /// Clears the line.
  void finish();

 private:
  const bool events_, terminal_;
  std::string part_;
  Stopwatch sincePart_;
};

}  // namespace slab::cli
