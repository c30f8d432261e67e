// What queue.db holds, as values. Times are wall seconds since 1970 UTC.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/config/snapshot.h"

namespace slab {

/// Waiting: has a turn. Held: keeps its place, is passed over. Running: had its turn, and has it still
/// after a crash or a reboot, until its run is over. Done, Failed, Stopped: over, with the reason.
enum class JobState { Waiting, Held, Running, Done, Failed, Stopped };

/// "waiting", "held", ...: the words in the file, in `slab queue list` and in the window.
std::string_view toString(JobState state);
std::optional<JobState> jobStateFromString(std::string_view word);
/// Waiting or held: has a place that can be changed.
bool isPending(JobState state);

struct QueueJob {
  std::int64_t id = 0;  // never given twice
  std::string name;     // of the run to come
  JobState state = JobState::Waiting;
  std::string reason;  // why it failed, stopped or waits again; "" otherwise
  std::string run;     // its directory in runs/; "" before its first start
  std::int64_t sweep = 0;
  std::string settings;           // of a sweep's trial: {"optim.lr": 0.001}, JSON; "" otherwise
  std::string from;               // of a branch: "DIR@STEP", absolute, the checkpoint it begins with; "" otherwise
  int processes = 1;              // that train together
  int deaths = 0;                 // ends without a word since the last progress
  std::int64_t progress = 0;      // step of the newest checkpoint when it last died
  double added = 0;               // wall seconds
  double started = 0, ended = 0;  // wall seconds; 0: not yet

  friend bool operator==(const QueueJob&, const QueueJob&) = default;
};

/// A training as it was asked for. What is changed, saved or deleted elsewhere afterwards changes nothing here.
struct NewJob {
  std::string name;
  ConfigSnapshot config;
  std::string settings{};
  std::string from{};
  int processes = 1;
};

struct SweepRecord {
  std::int64_t id = 0;
  std::string name;
  std::string method;  // how its trials were made, JSON: {"grid": {"optim.lr": [...]}}
  double added = 0;

  friend bool operator==(const SweepRecord&, const SweepRecord&) = default;
};

/// What the worker has to obey besides the order of jobs.
struct QueueOrders {
  enum class Stop { No, AfterJob, Now };
  Stop stop = Stop::No;
  double until = 0;           // wall seconds from which nothing starts; 0: none
  bool stopsAtUntil = false;  // the running job too, with a checkpoint; it goes on at the next start

  friend bool operator==(const QueueOrders&, const QueueOrders&) = default;
};

}  // namespace slab
