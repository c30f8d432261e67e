// Wishes of other threads to the training thread, taken between two steps.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace slab::train {

enum class Action { Pause, Resume, Checkpoint, Stop };

struct Command {
  Action action = Action::Checkpoint;
  /// Called once on the training thread when the wish is fulfilled (a checkpoint is durable then), or
  /// with the reason why it could not be. May be empty.
  std::function<void(const std::string& problem)> done;

  void finish(const std::string& problem = "") const {
    if (done) done(problem);
  }
};

/// Any thread pushes, the training thread takes.
class CommandQueue {
 public:
  void push(Command command) {
    const std::lock_guard lock(mutex_);
    commands_.push_back(std::move(command));
    arrived_.notify_one();
  }

  std::optional<Command> tryPop() {
    const std::lock_guard lock(mutex_);
    return take();
  }

  /// Whether such a wish is waiting.
  [[nodiscard]] bool holds(Action action) {
    const std::lock_guard lock(mutex_);
    return std::any_of(commands_.begin(), commands_.end(), [&](const Command& c) { return c.action == action; });
  }

  /// Nothing when none came in time.
  std::optional<Command> popWithin(double seconds) {
    std::unique_lock lock(mutex_);
    arrived_.wait_for(lock, std::chrono::duration<double>(seconds), [this] { return !commands_.empty(); });
    return take();
  }

 private:
  std::optional<Command> take() {
    if (commands_.empty()) return std::nullopt;
    std::optional<Command> command(std::move(commands_.front()));
    commands_.pop_front();
    return command;
  }

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Command> commands_;
};

}  // namespace slab::train
