#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/format.h"
#include "core/device/device.h"
#include "core/inspect/bench_candidate.h"
#include "core/inspect/latency.h"
#include "core/jobs/inspection.h"

namespace slab::jobs {
namespace {

using Candidate = inspect::BenchCandidate;

constexpr double kBusyShare = 0.15;

std::vector<BenchLayer> layersOf(const inspect::PartTimer& timer) {
  std::vector<BenchLayer> layers;
  const double total = timer.totalMilliseconds();
  for (const auto& part : timer.tree()) {
    layers.push_back({part.name, part.depth, part.milliseconds, total > 0 ? part.milliseconds / total : 0.0});
  }
  return layers;
}

BenchRow rowOf(const Candidate& candidate, const std::vector<double>& samples, double processorMs,
               const BenchRequest& request) {
  BenchRow row;
  row.label = candidate.label();
  row.mean = inspect::mean(samples);
  row.p50 = inspect::median(samples);
  row.p90 = inspect::percentile(samples, 0.90);
  row.p99 = inspect::percentile(samples, 0.99);
  const auto interval = inspect::meanInterval(samples);
  row.low = interval.low;
  row.high = interval.high;
  row.imagesPerSecond = row.p50 > 0 ? static_cast<double>(request.batch) * 1e3 / row.p50 : 0.0;
  row.cpuMilliseconds = processorMs;
  row.parameters = candidate.parameters();
  row.macs = candidate.macs();
  row.samples = static_cast<std::int64_t>(samples.size());
  return row;
}

// Peak memory above what stood before one run, and the model itself: measured apart, one candidate at a time.
std::int64_t peakBytesOf(Candidate& candidate, c10::Device device) {
  device::resetPeakMemory(device);
  candidate.run();
  return device::peakMemoryBytes(device);
}

std::vector<BenchPair> pairsOf(const std::vector<Candidate*>& candidates, const inspect::Timing& timing) {
  std::vector<BenchPair> pairs;
  for (std::size_t i = 1; i < candidates.size(); ++i) {
    const auto compared = inspect::comparePaired(timing.samples[i], timing.samples[0]);
    BenchPair pair;
    pair.first = candidates[i]->label();
    pair.second = candidates[0]->label();
    pair.difference = compared.difference;
    pair.low = compared.differenceInterval.low;
    pair.high = compared.differenceInterval.high;
    pair.ratio = compared.ratio;
    pair.ratioLow = compared.ratioInterval.low;
    pair.ratioHigh = compared.ratioInterval.high;
    pair.isDifferent = compared.isDifferent();
    pairs.push_back(pair);
  }
  return pairs;
}

std::map<std::string, std::string> contextOf(const BenchRequest& request, c10::Device device,
                                             const inspect::Timing& timing, double foreign) {
  const auto card = device::machineCard();
  std::map<std::string, std::string> context{
      {"device", device.str()},
      {"processor", card.processor},
      {"processors", std::to_string(card.processors)},
      {"threads", std::to_string(card.threads)},
      {"instructions", card.instructions},
      {"torch", card.torch},
      {"oneDNN", card.oneDnn},
      {"precision", request.precision},
      {"batch", std::to_string(request.batch)},
      {"work", request.training ? "training step" : "forward"},
      {"input", "random, normal"},
      {"order", "interleaved, random order in each round"},
      {"date", toIso8601(wallSeconds())},
  };
  if (!card.gpu.empty()) context["gpu"] = card.gpu;
  if (foreign >= 0) context["foreign load"] = formatNumber(foreign * 100, 2) + " %";
  std::string warmups;
  for (const int count : timing.warmups) warmups += (warmups.empty() ? "" : ", ") + std::to_string(count);
  context["warm-up runs"] = warmups;
  return context;
}

void requirePossible(const BenchRequest& request) {
  if (request.entries.empty()) throw Error(ErrorKind::Config, "a bench needs at least one model");
  if (request.batch < 1) throw Error(ErrorKind::Config, "the batch of a bench must be at least 1");
  if (request.precision != "fp32") {
    throw Error(ErrorKind::Config, "a bench in " + request.precision + " is not yet built; fp32 is");
  }
}

}  // namespace

Message benchModels(const BenchRequest& request, std::uint64_t id, std::stop_token stop,
                    const std::function<void(const BenchProgress&)>& onProgress) {
  requirePossible(request);
  const auto device = device::parseDevice(request.device);
  device::setThreads(request.threads);
  const double foreign = inspect::foreignLoad();
  const auto tell = [&](BenchProgress progress) {
    if (onProgress) onProgress(progress);
  };

  std::vector<std::unique_ptr<Candidate>> owned;
  std::vector<Candidate*> candidates;
  std::vector<inspect::Subject> subjects;
  for (const auto& entry : request.entries) {
    if (stop.stop_requested()) break;
    tell({"build", entry.label, static_cast<int>(owned.size()), static_cast<int>(request.entries.size()), {}});
    owned.push_back(Candidate::open(entry, request, device));
    candidates.push_back(owned.back().get());
    subjects.push_back({entry.label, [candidate = owned.back().get()] { candidate->run(); }});
  }

  inspect::TimingOptions options;
  options.rounds = request.rounds;
  options.maxSeconds = request.maxSeconds;
  const inspect::Timing timing = inspect::measure(subjects, options, [&](const inspect::TimingProgress& progress) {
    const bool warming = progress.phase == inspect::TimingProgress::Phase::WarmUp;
    if (!warming && request.layers) candidates[progress.subject]->startBreakdown();
    if (progress.subject == 0 || warming) {
      tell({warming ? "warm-up" : "measure", subjects[progress.subject].label, progress.round, progress.rounds, {}});
    }
    return !stop.stop_requested();
  });
  if (stop.stop_requested()) return makeCancelled(id);

  BenchReport report;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    tell({"layers", candidates[i]->label(), static_cast<int>(i), static_cast<int>(candidates.size()), {}});
    report.rows.push_back(rowOf(*candidates[i], timing.samples[i], timing.processorMilliseconds[i], request));
    if (const auto& parts = candidates[i]->breakdown()) report.rows.back().layers = layersOf(*parts);
    report.rows.back().peakBytes = peakBytesOf(*candidates[i], device);
    if (const auto error = candidates[i]->foldError()) {
      report.context["certificate/" + candidates[i]->label()] = formatNumber(*error, 2);
    }
    if (const std::string input = candidates[i]->input(); !input.empty()) {
      report.context["input/" + candidates[i]->label()] = input;
    }
  }
  report.pairs = pairsOf(candidates, timing);
  for (auto& [key, value] : contextOf(request, device, timing, foreign)) report.context[key] = value;
  if (foreign > kBusyShare) {
    report.warnings.push_back("other programs used " + formatNumber(foreign * 100, 2) +
                              " % of the machine when the measurement began; repeat it on a quiet machine");
  }
  Message message = makeReply(id, report);
  for (std::size_t i = 0; i < timing.samples.size(); ++i) {
    message.arrays.push_back(makeArray("samples/" + std::to_string(i),
                                       {static_cast<std::int64_t>(timing.samples[i].size())},
                                       std::span<const double>(timing.samples[i])));
  }
  return message;
}

}  // namespace slab::jobs
