#include "core/data/scan.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <iterator>
#include <memory>
#include <mutex>
#include <thread>

#include "core/base/clock.h"
#include "core/data/sample_examiner.h"

namespace slab::data {
namespace {

bool holdsFiles(const Dataset& dataset) {
  return dataset.size() > 0 && !dataset.fileOf(0).empty();
}

/// Hands out the numbers of the samples to the workers' threads and waits for the last.
class Pass {
 public:
  Pass(std::int64_t total, std::stop_token stop) : total_(total), stop_(std::move(stop)) {}

  void run(std::vector<std::unique_ptr<SampleExaminer>>& examiners, const ScanOptions& options) {
    running_ = examiners.size();
    std::vector<std::jthread> threads;
    for (auto& examiner : examiners) threads.emplace_back([this, &examiner] { work(*examiner); });
    std::unique_lock lock(mutex_);
    while (!ended_.wait_for(lock, std::chrono::milliseconds(250), [this] { return running_ == 0; })) {
      if (options.onProgress) options.onProgress(done_, total_);
    }
    if (failure_) std::rethrow_exception(failure_);
  }

  [[nodiscard]] std::int64_t done() const { return done_; }

 private:
  void work(SampleExaminer& examiner) {
    std::exception_ptr failure;
    try {
      while (!stop_.stop_requested() && !failed_) {
        const std::int64_t index = next_++;
        if (index >= total_) break;
        examiner.examine(index);
        ++done_;
      }
    } catch (...) {
      failure = std::current_exception();
      failed_ = true;
    }
    const std::lock_guard lock(mutex_);
    if (failure) failure_ = failure;
    --running_;
    ended_.notify_all();
  }

  const std::int64_t total_;
  const std::stop_token stop_;
  std::atomic<std::int64_t> next_{0}, done_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  std::condition_variable ended_;
  std::size_t running_ = 0;
  std::exception_ptr failure_;
};

std::vector<std::unique_ptr<SampleExaminer>> makeExaminers(const Dataset& dataset, const ScanOptions& options) {
  std::vector<std::unique_ptr<SampleExaminer>> examiners;
  const bool files = holdsFiles(dataset);
  for (int i = 0; i < std::max(options.workers, 1); ++i) {
    if (files) {
      examiners.push_back(std::make_unique<FileExaminer>(dataset, options.root, options.journal));
    } else {
      examiners.push_back(std::make_unique<HeldSampleExaminer>(dataset));
    }
  }
  return examiners;
}

void takeFindings(SampleExaminer& examiner, ScanReport& report) {
  Findings& found = examiner.findings;
  std::move(found.bad.begin(), found.bad.end(), std::back_inserter(report.bad));
  std::move(found.notices.begin(), found.notices.end(), std::back_inserter(report.notices));
  for (const auto& [size, count] : found.sizes) report.sizes[size] += count;
  report.reused += found.reused;
  const auto* files = dynamic_cast<const FileExaminer*>(&examiner);
  if (files == nullptr) return;
  report.lostProcesses += files->decoder().lost();
  if (files->decoder().hasStarted()) report.sandbox = describe(files->decoder().confinement());
}

}  // namespace

ScanReport scanDataset(const Dataset& dataset, const ScanOptions& options) {
  const Stopwatch watch;
  const std::int64_t total = options.limit > 0 ? std::min(options.limit, dataset.size()) : dataset.size();
  auto examiners = makeExaminers(dataset, options);
  Pass pass(total, options.stop);
  pass.run(examiners, options);

  ScanReport report;
  report.samples = pass.done();
  report.complete = report.samples == total;
  report.notices = dataset.notices();
  const auto first = static_cast<std::ptrdiff_t>(report.notices.size());
  for (auto& examiner : examiners) takeFindings(*examiner, report);
  std::sort(report.bad.begin(), report.bad.end(), [](const auto& a, const auto& b) { return a.index < b.index; });
  std::sort(report.notices.begin() + first, report.notices.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  report.classNames = dataset.classNames();
  report.classCounts = classCounts(dataset);
  report.classFaults.resize(report.classCounts.size());
  for (const BadSample& bad : report.bad) ++report.classFaults[static_cast<std::size_t>(dataset.label(bad.index))];
  report.seconds = watch.seconds();
  if (options.onProgress) options.onProgress(report.samples, total);
  return report;
}

}  // namespace slab::data
