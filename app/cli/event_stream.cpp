#include "app/cli/event_stream.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "core/base/error.h"
#include "core/base/log.h"

namespace slab::cli {

EventStream::~EventStream() {
  try {
    if (!flush()) {
      const auto lines = std::count(waiting_.begin(), waiting_.end(), '\n');
      logWarning("standard output took not everything, the disk is full: " + std::to_string(lines) +
                 " lines are missing there; run.db has them all");
    }
  } catch (const Error& error) {
    logWarning(error.what());
  }
}

void EventStream::write(const Json& event) {
  waiting_ += event.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
  const bool isRefused = !flush();
  if (isRefused && !isRefused_) {
    logWarning("standard output is on a disk that is full; its lines are kept until there is room");
  }
  isRefused_ = isRefused;
}

bool EventStream::flush() {
  std::size_t written = 0;
  int code = 0;
  while (written < waiting_.size() && code == 0) {
    const ssize_t n = ::write(STDOUT_FILENO, waiting_.data() + written, waiting_.size() - written);
    if (n >= 0) written += static_cast<std::size_t>(n);
    if (n < 0 && errno != EINTR) code = errno;
  }
  waiting_.erase(0, written);
  if (code == 0 || code == ENOSPC || code == EDQUOT) return code == 0;
  waiting_.clear();
  throw Error(ErrorKind::Data, "standard output can't be written: " + errnoMessage(code));
}

}  // namespace slab::cli
