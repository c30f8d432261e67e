#pragma once

namespace slab::kernels::bench {

/// Times forward and backward of every CPU kernel on the shapes of SLAB's models, on one and on two threads, against
/// the plain double-precision loops, and prints a table. A figure for regressions: the comparison with LibTorch's
/// composites is made where the operations are bound.
void printCpuTimes(int runs);

}  // namespace slab::kernels::bench
