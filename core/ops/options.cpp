#include "core/ops/options.h"

#include <atomic>
#include <string>

#include "core/base/error.h"

namespace slab::ops {
namespace {

std::atomic<Backend> currentBackend{Backend::Auto};
std::atomic<LinearBackend> currentLinear{LinearBackend::Auto};

}  // namespace

void setOptions(Options options) {
  currentBackend = options.backend;
  currentLinear = options.linear;
}

Options options() {
  return {currentBackend.load(), currentLinear.load()};
}

Backend backendFromName(std::string_view name) {
  if (name == "auto") return Backend::Auto;
  if (name == "kernel") return Backend::Kernel;
  if (name == "reference") return Backend::Reference;
  throw Error(ErrorKind::Config, "ops.backend is \"" + std::string(name) + "\"; write one of auto, kernel, reference");
}

LinearBackend linearBackendFromName(std::string_view name) {
  if (name == "auto") return LinearBackend::Auto;
  if (name == "onednn") return LinearBackend::OneDnn;
  if (name == "torch") return LinearBackend::Torch;
  throw Error(ErrorKind::Config, "ops.linear is \"" + std::string(name) + "\"; write one of auto, onednn, torch");
}

std::string_view toString(Backend backend) {
  switch (backend) {
    case Backend::Auto: return "auto";
    case Backend::Kernel: return "kernel";
    case Backend::Reference: return "reference";
  }
  return "auto";
}

std::string_view toString(LinearBackend backend) {
  switch (backend) {
    case LinearBackend::Auto: return "auto";
    case LinearBackend::OneDnn: return "onednn";
    case LinearBackend::Torch: return "torch";
  }
  return "auto";
}

}  // namespace slab::ops
