#include "core/data/scan.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <iterator>
#include <mutex>
#include <thread>

#include "core/base/clock.h"

namespace slab::data {
namespace {

/// What one thread found.
struct Findings {
  std::vector<BadSample> bad;
  std::map<std::pair<int, int>, std::int64_t> sizes;
};

Findings look(const Dataset& dataset, std::int64_t total, std::atomic<std::int64_t>& next,
              std::atomic<std::int64_t>& done, const std::stop_token& stop) {
  Findings findings;
  while (!stop.stop_requested()) {
    const std::int64_t index = next++;
    if (index >= total) break;
    try {
      const Image image = dataset.image(index);
      ++findings.sizes[{image.width, image.height}];
    } catch (const std::exception& error) {
      findings.bad.push_back({index, dataset.nameOf(index), error.what()});
    }
    ++done;
  }
  return findings;
}

}  // namespace

ScanReport scanDataset(const Dataset& dataset, int workers, std::int64_t limit, std::stop_token stop,
                       const std::function<void(std::int64_t done, std::int64_t total)>& onProgress) {
  const Stopwatch watch;
  const std::int64_t total = limit > 0 ? std::min(limit, dataset.size()) : dataset.size();
  std::atomic<std::int64_t> next{0}, done{0};
  std::vector<Findings> findings(static_cast<std::size_t>(std::max(workers, 1)));
  {
    std::mutex mutex;
    std::condition_variable ended;
    std::size_t running = findings.size();
    std::vector<std::jthread> threads;
    for (Findings& mine : findings) {
      threads.emplace_back([&] {
        mine = look(dataset, total, next, done, stop);
        const std::lock_guard lock(mutex);
        --running;
        ended.notify_all();
      });
    }
    std::unique_lock lock(mutex);
    while (!ended.wait_for(lock, std::chrono::milliseconds(250), [&] { return running == 0; })) {
      if (onProgress) onProgress(done, total);
    }
  }
  ScanReport report;
  report.samples = done;
  report.complete = report.samples == total;
  for (Findings& mine : findings) {
    std::move(mine.bad.begin(), mine.bad.end(), std::back_inserter(report.bad));
    for (const auto& [size, count] : mine.sizes) report.sizes[size] += count;
  }
  std::sort(report.bad.begin(), report.bad.end(), [](const auto& a, const auto& b) { return a.index < b.index; });
  report.classNames = dataset.classNames();
  report.classCounts = classCounts(dataset);
  report.notices = dataset.notices();
  report.seconds = watch.seconds();
  if (onProgress) onProgress(done, total);
  return report;
}

}  // namespace slab::data
