#include "core/base/log.h"

#include <mutex>
#include <utility>

namespace slab {
namespace {

struct Sink {
  std::mutex mutex;
  LogSink function;
};

Sink& sink() {
  static Sink instance;
  return instance;
}

}  // namespace

std::string_view toString(LogLevel level) {
  switch (level) {
    case LogLevel::Debug: return "debug";
    case LogLevel::Info: return "info";
    case LogLevel::Warning: return "warning";
    case LogLevel::Error: return "error";
  }
  return "error";
}

LogSink setLogSink(LogSink next) {
  std::lock_guard lock(sink().mutex);
  return std::exchange(sink().function, std::move(next));
}

void log(LogLevel level, std::string_view message) {
  std::lock_guard lock(sink().mutex);
  if (sink().function) sink().function(level, message);
}

}  // namespace slab
