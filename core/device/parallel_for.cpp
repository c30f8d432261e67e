#include "core/device/parallel_for.h"

#include <torch/csrc/stable/c/shim.h>

#include <exception>
#include <mutex>

#include "core/base/error.h"

namespace slab::device {
namespace {

/// What the C callback needs; exceptions must not cross it.
struct Region {
  const std::function<void(std::int64_t, std::int64_t)>* body;
  std::mutex mutex;
  std::exception_ptr failure;
};

void runRange(std::int64_t begin, std::int64_t end, void* context) {
  auto& region = *static_cast<Region*>(context);
  try {
    (*region.body)(begin, end);
  } catch (...) {
    const std::lock_guard lock(region.mutex);
    if (!region.failure) region.failure = std::current_exception();
  }
}

struct KernelLoop {
  kernels::ParallelFor::Body body;
  void* state;
};

void runKernelLoop(void* /*context*/, std::int64_t begin, std::int64_t end, std::int64_t grain,
                   kernels::ParallelFor::Body body, void* state) {
  KernelLoop loop{body, state};
  const auto status = torch_parallel_for(
      begin, end, grain,
      [](std::int64_t subBegin, std::int64_t subEnd, void* context) {
        const auto& inner = *static_cast<KernelLoop*>(context);
        inner.body(inner.state, subBegin, subEnd);
      },
      &loop);
  if (status != 0) throw Error(ErrorKind::Internal, "LibTorch's thread pool refused a kernel's loop");
}

}  // namespace

kernels::ParallelFor kernelParallelFor() {
  return kernels::ParallelFor(&runKernelLoop);
}

void parallelFor(std::int64_t begin, std::int64_t end, std::int64_t grain,
                 const std::function<void(std::int64_t, std::int64_t)>& body) {
  if (begin >= end) return;
  Region region{&body, {}, nullptr};
  const auto status = torch_parallel_for(begin, end, grain, &runRange, &region);
  if (region.failure) std::rethrow_exception(region.failure);
  if (status != 0) throw Error(ErrorKind::Internal, "LibTorch's thread pool refused a parallel loop");
}

}  // namespace slab::device
