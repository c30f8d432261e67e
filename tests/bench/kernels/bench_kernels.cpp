#include <cstdlib>

#include "tests/bench/kernels/cpu_times.h"
#include "tests/bench/kernels/cuda_traffic.h"

/// usage: bench_kernels [runs]
int main(int argc, char** argv) {
  const int runs = argc > 1 ? std::atoi(argv[1]) : 15;
  slab::kernels::bench::printCpuTimes(runs > 0 ? runs : 15);
#ifdef SLAB_KERNEL_RESOURCES
  slab::kernels::bench::printCudaTraffic();
  slab::kernels::bench::printKernelResources(SLAB_KERNEL_RESOURCES);
#endif
  return 0;
}
