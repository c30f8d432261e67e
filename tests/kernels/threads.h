#pragma once

#include <algorithm>
#include <thread>
#include <vector>

#include "kernels/common/parallel_for.h"

namespace slab::kernels::test {

/// Splits a range over `threads` std::threads, the last part first, so that no order of execution can be relied on.
class ThreadedLoop {
 public:
  explicit ThreadedLoop(int threads) : threads_(threads) {}

  [[nodiscard]] ParallelFor parallelFor() { return ParallelFor(&ThreadedLoop::run, this); }

 private:
  static void run(void* context, std::int64_t begin, std::int64_t end, std::int64_t grain, ParallelFor::Body body,
                  void* state) {
    const std::int64_t wanted = static_cast<ThreadedLoop*>(context)->threads_;
    const std::int64_t part = std::max(grain, (end - begin + wanted - 1) / wanted);
    std::vector<std::thread> threads;
    for (std::int64_t stop = end; stop > begin; stop -= part) {
      threads.emplace_back(body, state, std::max(begin, stop - part), stop);
    }
    for (std::thread& thread : threads) thread.join();
  }

  int threads_;
};

}  // namespace slab::kernels::test
