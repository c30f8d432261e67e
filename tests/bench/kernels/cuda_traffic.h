#pragma once

namespace slab::kernels::bench {

/// Runs the CUDA kernels on the CPU and prints, a case a line: launches, bytes that the warps asked of global memory
/// against the least the algorithm can do with, and how much of the touched 32-byte sectors was used.
void printCudaTraffic();

/// Prints registers, spills and static shared memory of every kernel and architecture, the largest of each kernel's
/// variants, from the messages of ptxas that the build kept in the directory (*.ptxas).
void printKernelResources(const char* directory);

}  // namespace slab::kernels::bench
