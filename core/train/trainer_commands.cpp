// How the trainer obeys: pause, resume, checkpoint, stop, and what it does while the disk is full.
#include "core/base/error.h"
#include "core/base/log.h"
#include "core/formats/durable_file.h"
#include "core/train/trainer.h"

namespace slab::train {
namespace {

constexpr double kDiskRetrySeconds = 2.0;
// Any long time: the wait ends with the next command.
constexpr double kPausedSeconds = 3600.0;

bool isDiskFull(const Error& error, const StoreStatus& store) {
  const auto* write = dynamic_cast<const WriteError*>(&error);
  return (write != nullptr && write->isDiskFull()) || store.health == StoreHealth::Full;
}

}  // namespace

void Trainer::moveTo(RunState state, const std::string& message) {
  if (state == state_.state()) return;
  state_.moveTo(state);
  parts_.observer.onState(state, message);
}

void Trainer::markFailed(const std::string& reason) {
  if (isMoveAllowed(state_.state(), RunState::Failed)) moveTo(RunState::Failed, reason);
}

bool Trainer::obey() {
  while (auto command = parts_.commands.tryPop()) {
    if (!obey(*command)) return false;
  }
  return true;
}

bool Trainer::obey(const Command& command) {
  switch (command.action) {
    case Action::Resume: command.finish(); return true;
    case Action::Checkpoint:
      save();
      command.finish();
      return true;
    case Action::Pause: return pause(command);
    case Action::Stop: stop(command); return false;
  }
  return true;
}

void Trainer::stop(const Command& command) {
  moveTo(RunState::Stopping);
  save();
  moveTo(RunState::Stopped);
  command.finish();
}

bool Trainer::pause(const Command& command) {
  moveTo(RunState::Pausing);
  save();
  // A full disk may have led through Paused and Running meanwhile.
  if (state_.state() == RunState::Running) moveTo(RunState::Pausing);
  moveTo(RunState::Paused);
  command.finish();
  const Stopwatch watch;
  const bool goesOn = waitWhilePaused();
  pausedSeconds_ += watch.seconds();
  return goesOn;
}

bool Trainer::waitWhilePaused() {
  for (;;) {
    const auto command = parts_.commands.popWithin(kPausedSeconds);
    if (!command) continue;
    if (command->action == Action::Stop) {
      stop(*command);
      return false;
    }
    if (command->action == Action::Resume) moveTo(RunState::Running);
    // A checkpoint of this step was written by the pause itself.
    command->finish();
    if (command->action == Action::Resume) return true;
  }
}

void Trainer::save() {
  if (parts_.checkpoints == nullptr) return;
  while (!parts_.checkpoints->pathOf(completed_)) {
    try {
      saveOnce();
    } catch (const Error& error) {
      if (!isDiskFull(error, parts_.checkpoints->storeStatus())) throw;
      waitForDisk(error.what());
    }
  }
  goOn();
}

void Trainer::goOn() {
  if (state_.state() != RunState::Paused) return;
  logWarning("the disk has room again; training goes on");
  moveTo(RunState::Running);
}

void Trainer::saveOnce() {
  const Stopwatch watch;
  if (!watch_.lookNow(completed_) && lastSamples_.defined()) reportBrokenState();
  const std::int64_t microBatch = microBatch_ < parts_.config.train.batch ? microBatch_ : 0;
  const TrainingState state{parts_.task.module(), parts_.optimizer, completed_,   position_,
                            microBatch,           parts_.average,   parts_.scaler};
  const double percent = evaluatedAt_ == completed_ ? lastPercent_ : -1.0;
  Metadata metadata = parts_.metadata();
  if (isRecalibrated_) metadata[kRecalibrated] = true;
  if (isEvaluationDue_) metadata[kEvaluationDue] = true;
  const std::string path = parts_.checkpoints->save(state, parts_.plan.lambda, metadata, percent);
  meter_.addCheckpoint(watch.seconds());
  parts_.observer.onCheckpoint(completed_, path);
}

void Trainer::waitForDisk(const std::string& problem) {
  if (state_.state() == RunState::Stopping) {
    throw Error(ErrorKind::Checkpoint, "the training stops without a checkpoint: " + problem);
  }
  if (state_.state() != RunState::Paused) logWarning(problem + "; training waits and tries again");
  moveTo(RunState::Paused, problem + "; training waits and tries again");
  const Stopwatch watch;
  const auto command = parts_.commands.popWithin(kDiskRetrySeconds);
  pausedSeconds_ += watch.seconds();
  if (!command) return;
  command->finish(problem);
  if (command->action == Action::Stop) {
    throw Error(ErrorKind::Checkpoint, "the training stops without a checkpoint: " + problem);
  }
}

void Trainer::watchStore() {
  if (parts_.checkpoints == nullptr) return;
  StoreStatus status = parts_.checkpoints->storeStatus();
  if (status.health == StoreHealth::Ok) return;
  while (status.health == StoreHealth::Full) {
    waitForDisk(status.message);
    status = parts_.checkpoints->storeStatus();
  }
  if (status.health == StoreHealth::Failed) throw Error(ErrorKind::Data, status.message);
  goOn();
}

}  // namespace slab::train
