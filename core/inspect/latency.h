// Latencies that can be quoted: subjects run in turns in one process, warmed up until stable, compared
// round by round.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/inspect/statistics.h"
#include "core/nn/context.h"

namespace slab::inspect {

/// Something to time: `run` does the work once and returns when it is done (it synchronises a GPU).
struct Subject {
  std::string label;
  std::function<void()> run;
};

struct TimingOptions {
  int rounds = 20;           // at least; each round runs every subject once, in a new random order
  double maxSeconds = 60.0;  // of measuring; rounds stop there, 5 at least
  int maxWarmups = 30;
  double stableShare = 0.01;  // warm-up ends when two successive medians of 3 differ by less
};

struct TimingProgress {
  enum class Phase { WarmUp, Measure };
  Phase phase = Phase::WarmUp;
  std::size_t subject = 0;
  int round = 0;
  int rounds = 0;
};

/// Milliseconds: samples[subject][round].
struct Timing {
  std::vector<std::vector<double>> samples;
  std::vector<int> warmups;                   // a subject each
  std::vector<double> processorMilliseconds;  // CPU time of the process a run, mean, a subject each
};

/// `onProgress` is called between runs, never inside one; returning false ends the measurement early with
/// the rounds so far. A subject faster than 0.2 ms is run several times a sample and divided.
Timing measure(const std::vector<Subject>& subjects, const TimingOptions& options,
               const std::function<bool(const TimingProgress&)>& onProgress = {});

/// A node of the breakdown: time of the part itself and of what lies in it.
struct PartTime {
  std::string name;  // "layers.0", "norm", "qkv"
  int depth = 0;
  double milliseconds = 0.0;  // mean of the runs, children included
  double calls = 0.0;         // a run
};

/// Adds up the parts of forwards while it is set as a model's timer. Parts of the same name under the same
/// parent are one node. Time of a parent that no child accounts for appears as "other" in it, so the tree
/// adds up to the total by construction.
class PartTimer : public nn::StageTimer {
 public:
  PartTimer();
  void begin(std::string_view part) override;
  void end() override;
  /// One run is over.
  void finishRun();
  /// Depth first, the total as the first row.
  [[nodiscard]] std::vector<PartTime> tree() const;
  /// Time by kind of work, over the whole model: "norm", "qkv", "attention", "mlp", ..., "other".
  [[nodiscard]] std::map<std::string, double> byKind() const;
  [[nodiscard]] double totalMilliseconds() const;

 private:
  struct Node {
    std::string name;
    std::size_t parent = 0;
    std::vector<std::size_t> children;
    double seconds = 0.0;
    std::int64_t calls = 0;
    double startedAt = 0.0;
  };
  void append(std::vector<PartTime>& rows, std::size_t node, int depth) const;

  std::vector<Node> nodes_;
  std::size_t current_ = 0;
  std::int64_t runs_ = 0;
  double runStart_ = -1.0;
};

/// Share of the machine's processors used by others just now, 0 to 1, over `seconds`; -1 where the system
/// does not tell. A measurement beside a busy neighbour says so.
double foreignLoad(double seconds = 0.2);

}  // namespace slab::inspect
