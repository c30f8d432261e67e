#pragma once

#include <cuda_runtime.h>

#include <cstddef>

namespace slab::kernels::cuda {

/// Queues kernels on the caller's stream.
class StreamLauncher {
 public:
  explicit StreamLauncher(void* stream) : stream_(static_cast<cudaStream_t>(stream)) {}

  template <class... Parameters, class... Arguments>
  void operator()(void (*kernel)(Parameters...), dim3 grid, dim3 block, std::size_t sharedBytes,
                  const Arguments&... arguments) {
    if (failed_) return;
    // More than the 48 KiB that every kernel has must be asked for.
    if (sharedBytes > 48 * 1024 &&
        cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel), cudaFuncAttributeMaxDynamicSharedMemorySize,
                             static_cast<int>(sharedBytes)) != cudaSuccess) {
      failed_ = true;
      return;
    }
    kernel<<<grid, block, sharedBytes, stream_>>>(arguments...);
    failed_ = cudaPeekAtLastError() != cudaSuccess;
  }

  [[nodiscard]] bool failed() const { return failed_; }

 private:
  cudaStream_t stream_;
  bool failed_ = false;
};

}  // namespace slab::kernels::cuda
