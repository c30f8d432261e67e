#include "core/base/error.h"

#include <system_error>

namespace slab {

std::string_view toString(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::Config: return "config";
    case ErrorKind::Data: return "data";
    case ErrorKind::Checkpoint: return "checkpoint";
    case ErrorKind::Device: return "device";
    case ErrorKind::Internal: return "internal";
  }
  return "internal";
}

std::string errnoMessage(int code) { return std::generic_category().message(code); }

}  // namespace slab
