#include "app/cli/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

#include "app/cli/output.h"
#include "core/base/format.h"
#include "core/store/run_state.h"

namespace slab::cli {
namespace {

constexpr double kPlainSeconds = 10.0;

std::size_t terminalWidth() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

std::string progressText(const RunStatus& status) {
  std::string text = "epoch " + formatNumber(status.epoch, 3) + "/" + formatNumber(status.epochs, 3) + "  step " +
                     formatInteger(status.step) + "/" + formatInteger(status.steps);
  if (status.state != toString(RunState::Running)) return text + "  " + status.state;
  const std::string left = status.etaSeconds < 0 ? "" : formatDuration(status.etaSeconds) + " left";
  if (!status.phase.empty()) {
    return text + "  " + status.phase + " " + formatInteger(status.phaseDone) + "/" + formatInteger(status.phaseTotal) +
           "  " + left;
  }
  text += "  loss " + formatNumber(status.loss) + "  lambda " + formatNumber(status.lambda, 3);
  if (status.top1 >= 0) text += "  " + std::string(scoreName(status.score)) + " " + formatNumber(status.top1, 3) + " %";
  text += "  " + formatNumber(status.imagesPerSecond, 3) + " images/s";
  return text + "  " + left;
}

ProgressLine::ProgressLine(PlainLines plain) : plain_(plain), terminal_(isTerminal(STDERR_FILENO)) {}

ProgressLine::~ProgressLine() {
  clear();
}

void ProgressLine::clear() {
  if (drawn_) std::fputs("\r\033[K", stderr);
  drawn_ = false;
}

void ProgressLine::show(const RunStatus& status) {
  const bool isNews = status.state != lastState_;
  lastState_ = status.state;
  draw(progressText(status), isNews);
}

void ProgressLine::draw(const std::string& text, bool isNews) {
  if (terminal_) {
    std::fprintf(stderr, "\r\033[K%s", firstColumns(text, terminalWidth() - 1).c_str());
    drawn_ = true;
    return;
  }
  const bool isDue = plain_ == PlainLines::All || isNews || sincePlain_.seconds() >= kPlainSeconds;
  if (plain_ == PlainLines::None || !isDue) return;
  sincePlain_.restart();
  std::fprintf(stderr, "%s\n", text.c_str());
}

void ProgressLine::note(const std::string& text) {
  clear();
  std::fprintf(stderr, "%s\n", text.c_str());
}

}  // namespace slab::cli
