#include "app/cli/scan_progress.h"

#include <unistd.h>

#include <cstdio>

#include "app/cli/output.h"
#include "core/base/format.h"

namespace slab::cli {

ScanProgress::ScanProgress(bool events) : events_(events), terminal_(isTerminal(STDERR_FILENO)) {}

void ScanProgress::show(const ProgressBody& progress) {
  if (progress.text != part_) {
    part_ = progress.text;
    sincePart_.restart();
  }
  const double seconds = sincePart_.seconds();
  const double rate = seconds > 0 ? static_cast<double>(progress.done) / seconds : 0;
  const double left = rate > 0 ? static_cast<double>(progress.total - progress.done) / rate : -1;
  if (events_) {
    printJson({{"event", "progress"},
               {"part", progress.text},
               {"done", progress.done},
               {"total", progress.total},
               {"images_per_s", rate},
               {"eta_s", left}});
  } else if (terminal_) {
    const std::string text = progress.text + "  " + formatInteger(progress.done) + " of " +
                             formatInteger(progress.total) + "  " + formatNumber(rate, 3) + " images/s  " +
                             (left < 0 ? "" : formatDuration(left) + " left");
    std::fprintf(stderr, "\r\033[K%s", text.c_str());
  }
}

void ScanProgress::finish() {
  if (terminal_ && !events_) std::fputs("\r\033[K", stderr);
}

}  // namespace slab::cli
