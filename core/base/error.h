// Errors a user can act on, and problems that are values rather than exceptions.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace slab {

/// Which part of the world is at fault; decides wording and exit paths, never the mend.
enum class ErrorKind { Config, Data, Checkpoint, Device, Internal };

std::string_view toString(ErrorKind kind);

/// Thrown by core. `what()` is one sentence that names the thing (file, key, device) and the mend.
/// Caught in two places only: the body of a job's thread and `main`.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  [[nodiscard]] ErrorKind kind() const noexcept { return kind_; }

 private:
  ErrorKind kind_;
};

/// The message of an errno value, e.g. "No space left on device"; thread-safe.
std::string errnoMessage(int code);

}  // namespace slab
