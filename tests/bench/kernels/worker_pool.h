#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "kernels/common/parallel_for.h"

namespace slab::kernels::bench {

/// Threads that wait between loops, so that a benchmark doesn't time their creation. The caller's thread works too.
class WorkerPool {
 public:
  explicit WorkerPool(int threads) {
    for (int i = 1; i < threads; ++i) workers_.emplace_back([this, i] { work(i); });
  }
  ~WorkerPool() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  [[nodiscard]] ParallelFor parallelFor() { return ParallelFor(&WorkerPool::run, this); }

 private:
  struct Job {
    std::int64_t begin = 0, end = 0, part = 1;
    ParallelFor::Body body = nullptr;
    void* state = nullptr;

    void runPart(int index) const {
      const std::int64_t first = begin + index * part;
      const std::int64_t last = first + part < end ? first + part : end;
      if (first < last) body(state, first, last);
    }
  };

  static void run(void* context, std::int64_t begin, std::int64_t end, std::int64_t grain, ParallelFor::Body body,
                  void* state) {
    auto& pool = *static_cast<WorkerPool*>(context);
    const auto threads = static_cast<std::int64_t>(pool.workers_.size()) + 1;
    const std::int64_t share = (end - begin + threads - 1) / threads;
    pool.runJob({begin, end, share > grain ? share : grain, body, state});
  }

  void runJob(const Job& job) {
    {
      const std::lock_guard lock(mutex_);
      job_ = job;
      ++generation_;
      busy_ = workers_.size();
    }
    wake_.notify_all();
    job.runPart(0);
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return busy_ == 0; });
  }

  void work(int index) {
    std::uint64_t seen = 0;
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [&] { return stop_ || generation_ != seen; });
      if (stop_) return;
      seen = generation_;
      const Job job = job_;
      lock.unlock();
      job.runPart(index);
      lock.lock();
      if (--busy_ == 0) done_.notify_one();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_, done_;
  Job job_;
  std::uint64_t generation_ = 0;
  std::size_t busy_ = 0;
  bool stop_ = false;
  std::vector<std::thread> workers_;
};

}  // namespace slab::kernels::bench
