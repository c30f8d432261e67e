#include "core/jobs/version.h"

#include <torch/version.h>

namespace slab {

std::string programVersion() {
  return SLAB_VERSION;
}

std::string versionText() {
  return "slab " + programVersion() + " (LibTorch " + TORCH_VERSION + ")";
}

}  // namespace slab
