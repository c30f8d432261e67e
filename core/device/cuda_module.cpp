#include "core/device/cuda_module.h"

#include <dlfcn.h>

#include <filesystem>
#include <mutex>
#include <system_error>

namespace slab::device {
namespace {

CudaModule state{nullptr, "the CUDA module was not asked for", nullptr};
std::once_flag once;

/// The module stands beside the program, or in lib/ beside its bin/.
std::filesystem::path modulePath() {
  std::error_code failure;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", failure);
  if (failure) return {};
  const auto folder = program.parent_path();
  for (const auto& candidate : {folder / "libslab_cuda.so", folder.parent_path() / "lib" / "libslab_cuda.so"}) {
    if (std::filesystem::exists(candidate, failure)) return candidate;
  }
  return {};
}

void load() {
  if (dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL) == nullptr) {
    state.reason = "no NVIDIA driver (libcuda.so.1) was found";
    return;
  }
  const auto path = modulePath();
  if (path.empty()) {
    state.reason = "libslab_cuda.so does not stand beside the program; build it with CUDA 13 or newer";
    return;
  }
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL);
  if (library == nullptr) {
    const char* why = dlerror();
    state.reason = path.string() + " could not be loaded: " + (why != nullptr ? why : "unknown reason");
    return;
  }
  using Factory = CudaServices* (*)();
  const auto factory = reinterpret_cast<Factory>(dlsym(library, "slabCudaServices"));
  state.services = factory != nullptr ? factory() : nullptr;
  state.reason = state.services != nullptr ? "" : path.string() + " is not a module of this program";
  if (state.services == nullptr) return;
  state.makeExchange = reinterpret_cast<MakeExchange>(dlsym(library, "slabCudaExchange"));
}

}  // namespace

const CudaModule& loadCudaModule() {
  std::call_once(once, load);
  return state;
}

const CudaModule& cudaModule() {
  return state;
}

}  // namespace slab::device
