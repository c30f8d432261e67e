#pragma once

namespace slab::kernels::bench {

/// Runs the CUDA kernels on the CPU and prints, a case a line: launches, bytes that the warps asked of global memory
/// against the least the algorithm can do with, and how much of the touched 32-byte sectors was used.
void printCudaTraffic();

/// Prints registers, spills and shared memory of every kernel and architecture from the file that the build wrote, the
/// largest of each kernel's variants.
void printKernelResources(const char* path);

}  // namespace slab::kernels::bench
