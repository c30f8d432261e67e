// Loops over LibTorch's thread pool, callable from files that are compiled without OpenMP.
#pragma once

#include <cstdint>
#include <functional>

#include "kernels/common/parallel_for.h"

namespace slab::device {

/// Calls body(begin, end) on disjoint ranges that cover [begin, end), none shorter than `grain` except the
/// last, on LibTorch's intra-op threads; returns when all are done. at::parallel_for would be serial here:
/// its loop is compiled only under -fopenmp, which the project must not use (two OpenMP runtimes). An
/// exception of the body is rethrown. Inside a parallel region it runs serially.
void parallelFor(std::int64_t begin, std::int64_t end, std::int64_t grain,
                 const std::function<void(std::int64_t, std::int64_t)>& body);

/// The same pool as the callback that kernels take; their bodies do not throw.
[[nodiscard]] kernels::ParallelFor kernelParallelFor();

}  // namespace slab::device
