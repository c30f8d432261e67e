#include "core/inspect/latency.h"

#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <fstream>
#include <numeric>
#include <string>
#include <thread>

#include "core/base/clock.h"
#include "core/base/rng.h"

namespace slab::inspect {
namespace {

constexpr double kShortestSampleMs = 0.2;
constexpr int kFewestRounds = 5;

// "layers.0", "blocks", "block2" and "stage3" are places: what they do between their parts has no name. The number of
// a "patch_embed2" or a "norm4" is its place, too.
std::string kindOf(std::string_view name) {
  const std::string kind(name.substr(0, name.find_last_not_of("0123456789") + 1));
  for (const char* place : {"layers.", "blocks", "blocks.", "block", "stage"}) {
    if (kind == place) return "other";
  }
  return kind.empty() ? "other" : kind;  // a block is its number alone
}

double processorSeconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

double millisecondsOf(const Subject& subject, int repeats) {
  const Stopwatch watch;
  for (int i = 0; i < repeats; ++i) subject.run();
  return watch.seconds() * 1e3 / repeats;
}

double medianOfLast(const std::vector<double>& values, std::size_t count, std::size_t skip) {
  const auto end = values.end() - static_cast<std::ptrdiff_t>(skip);
  return median({end - static_cast<std::ptrdiff_t>(count), end});
}

bool isStable(const std::vector<double>& values, double share) {
  constexpr std::size_t kWindow = 3;
  if (values.size() < 2 * kWindow) return false;
  const double newer = medianOfLast(values, kWindow, 0), older = medianOfLast(values, kWindow, kWindow);
  return std::fabs(newer - older) <= share * older;
}

struct CpuTimes {
  double busy = 0.0, idle = 0.0;
};

CpuTimes systemTimes() {
  std::ifstream stat("/proc/stat");
  std::string label;
  stat >> label;
  CpuTimes times;
  double value = 0.0;
  for (int column = 0; column < 8 && stat >> value; ++column) {
    (column == 3 || column == 4 ? times.idle : times.busy) += value;  // idle and iowait
  }
  return times;
}

}  // namespace

Timing measure(const std::vector<Subject>& subjects, const TimingOptions& options,
               const std::function<bool(const TimingProgress&)>& onProgress) {
  Timing timing;
  const std::size_t count = subjects.size();
  timing.samples.resize(count);
  timing.processorMilliseconds.assign(count, 0.0);
  std::vector<int> repeats(count, 1);
  const auto report = [&](TimingProgress progress) { return !onProgress || onProgress(progress); };

  for (std::size_t s = 0; s < count; ++s) {
    std::vector<double> warm;
    while (static_cast<int>(warm.size()) < options.maxWarmups && !isStable(warm, options.stableShare)) {
      if (!report({TimingProgress::Phase::WarmUp, s, static_cast<int>(warm.size()), options.maxWarmups})) return timing;
      warm.push_back(millisecondsOf(subjects[s], 1));
    }
    timing.warmups.push_back(static_cast<int>(warm.size()));
    const double typical = warm.empty() ? 1.0 : median(warm);
    repeats[s] = std::max(1, static_cast<int>(std::ceil(kShortestSampleMs / std::max(typical, 1e-4))));
  }

  Random random(hashKeys(0x5a17, count));
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  const Stopwatch watch;
  for (int round = 0; round < std::max(options.rounds, kFewestRounds); ++round) {
    if (round >= kFewestRounds && watch.seconds() > options.maxSeconds) break;
    for (std::size_t i = count; i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
    std::vector<double> row(count);
    for (const std::size_t s : order) {
      if (!report({TimingProgress::Phase::Measure, s, round, options.rounds})) return timing;
      const double before = processorSeconds();
      row[s] = millisecondsOf(subjects[s], repeats[s]);
      timing.processorMilliseconds[s] += (processorSeconds() - before) * 1e3 / repeats[s];
    }
    for (std::size_t s = 0; s < count; ++s) timing.samples[s].push_back(row[s]);
  }
  for (std::size_t s = 0; s < count; ++s) {
    timing.processorMilliseconds[s] /= static_cast<double>(std::max<std::size_t>(timing.samples[s].size(), 1));
  }
  return timing;
}

PartTimer::PartTimer() {
  nodes_.push_back({"total", 0, {}, 0.0, 0, 0.0});
}

void PartTimer::begin(std::string_view part) {
  const double now = monotonicSeconds();
  if (runStart_ < 0.0) runStart_ = now;
  std::size_t child = 0;
  for (const std::size_t candidate : nodes_[current_].children) {
    if (nodes_[candidate].name == part) child = candidate;
  }
  if (child == 0) {
    child = nodes_.size();
    nodes_.push_back({std::string(part), current_, {}, 0.0, 0, 0.0});
    nodes_[current_].children.push_back(child);
  }
  nodes_[child].startedAt = now;
  current_ = child;
}

void PartTimer::end() {
  Node& node = nodes_[current_];
  node.seconds += monotonicSeconds() - node.startedAt;
  ++node.calls;
  current_ = node.parent;
}

void PartTimer::finishRun() {
  if (runStart_ >= 0.0) nodes_[0].seconds += monotonicSeconds() - runStart_;
  runStart_ = -1.0;
  ++runs_;
}

double PartTimer::totalMilliseconds() const {
  return runs_ > 0 ? nodes_[0].seconds * 1e3 / static_cast<double>(runs_) : 0.0;
}

void PartTimer::append(std::vector<PartTime>& rows, std::size_t index, int depth) const {
  const Node& node = nodes_[index];
  const auto runs = static_cast<double>(std::max<std::int64_t>(runs_, 1));
  rows.push_back({node.name, depth, node.seconds * 1e3 / runs, static_cast<double>(node.calls) / runs});
  if (node.children.empty()) return;
  double inner = 0.0;
  for (const std::size_t child : node.children) {
    append(rows, child, depth + 1);
    inner += nodes_[child].seconds;
  }
  rows.push_back({"other", depth + 1, std::max(0.0, node.seconds - inner) * 1e3 / runs, 0.0});
}

std::vector<PartTime> PartTimer::tree() const {
  std::vector<PartTime> rows;
  append(rows, 0, 0);
  return rows;
}

std::map<std::string, double> PartTimer::byKind() const {
  std::map<std::string, double> kinds;
  const auto runs = static_cast<double>(std::max<std::int64_t>(runs_, 1));
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    double own = nodes_[i].seconds;
    for (const std::size_t child : nodes_[i].children) own -= nodes_[child].seconds;
    kinds[i == 0 ? "other" : kindOf(nodes_[i].name)] += std::max(0.0, own) * 1e3 / runs;
  }
  return kinds;
}

double foreignLoad(double seconds) {
  const CpuTimes before = systemTimes();
  const double ownBefore = processorSeconds();
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  const CpuTimes after = systemTimes();
  const double all = after.busy + after.idle - before.busy - before.idle;
  if (all <= 0.0) return -1.0;
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  const double own = (processorSeconds() - ownBefore) * ticks;
  return std::clamp((after.busy - before.busy - own) / all, 0.0, 1.0);
}

}  // namespace slab::inspect
