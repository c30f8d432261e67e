#include <cstdlib>

#include "tests/bench/kernels/cpu_times.h"

/// usage: bench_kernels [runs]
int main(int argc, char** argv) {
  const int runs = argc > 1 ? std::atoi(argv[1]) : 15;
  slab::kernels::bench::printCpuTimes(runs > 0 ? runs : 15);
  return 0;
}
