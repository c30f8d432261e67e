// The program's log. Nothing below `app` prints: rooms log, and `app` decides where lines go.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace slab {

enum class LogLevel { Debug, Info, Warning, Error };

std::string_view toString(LogLevel level);

/// Receives each line; called under a lock, from any thread. An empty sink drops the lines.
using LogSink = std::function<void(LogLevel, std::string_view)>;

/// Replaces the sink of the process (default: none). Returns the previous one.
LogSink setLogSink(LogSink sink);

void log(LogLevel level, std::string_view message);
inline void logInfo(std::string_view message) { log(LogLevel::Info, message); }
inline void logWarning(std::string_view message) { log(LogLevel::Warning, message); }
inline void logError(std::string_view message) { log(LogLevel::Error, message); }

}  // namespace slab
