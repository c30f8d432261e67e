#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/jobs/inspection.h"
#include "core/jobs/version.h"
#include "core/wire/socket.h"

namespace slab::jobs {
namespace {

constexpr double kLonelySeconds = 60.0;  // without a client; before the first one too

struct Waiting {
  ClientId client = 0;
  Message request;
  std::stop_source stop;
};

// Requests of all clients, answered one after the other in the order they came.
class Queue {
 public:
  void push(ClientId client, Message request) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back({client, std::move(request), {}});
    changed_.notify_all();
  }

  // Gives up a request, waiting or in work. True when it was still waiting.
  bool cancel(ClientId client, std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    if (current_ && current_->client == client && current_->id == id) current_->stop.request_stop();
    return std::erase_if(waiting_, [&](const Waiting& w) { return w.client == client && w.request.id == id; }) > 0;
  }

  void cancelAll(ClientId client) {
    const std::lock_guard lock(mutex_);
    if (current_ && current_->client == client) current_->stop.request_stop();
    std::erase_if(waiting_, [&](const Waiting& w) { return w.client == client; });
  }

  std::optional<Waiting> take(std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, limit, [this] { return !waiting_.empty(); });
    if (waiting_.empty()) return std::nullopt;
    Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    current_ = Current{next.client, next.request.id, next.stop};
    return next;
  }

  void finished() {
    const std::lock_guard lock(mutex_);
    current_.reset();
  }

  void stopCurrent() {
    const std::lock_guard lock(mutex_);
    if (current_) current_->stop.request_stop();
  }

 private:
  struct Current {
    ClientId client;
    std::uint64_t id;
    std::stop_source stop;
  };
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Waiting> waiting_;
  std::optional<Current> current_;
};

// When the last client left, or when the worker started.
class Loneliness {
 public:
  void joined() {
    const std::lock_guard lock(mutex_);
    ++clients_;
    seen_ = true;
  }
  void left() {
    const std::lock_guard lock(mutex_);
    --clients_;
    since_ = std::chrono::steady_clock::now();
  }
  // The last client is gone, or none came in time.
  [[nodiscard]] bool isOver() const {
    const std::lock_guard lock(mutex_);
    if (clients_ > 0) return false;
    const std::chrono::duration<double> alone = std::chrono::steady_clock::now() - since_;
    return seen_ || alone.count() > kLonelySeconds;
  }

 private:
  mutable std::mutex mutex_;
  int clients_ = 0;
  bool seen_ = false;
  std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
};

Message greeting() {
  Hello hello;
  hello.role = "serve";
  hello.pid = static_cast<std::int64_t>(::getpid());
  hello.version = programVersion();
  hello.devices = {"cpu"};
  return makeEvent(hello);
}

}  // namespace

void serve(const std::string& socket, std::stop_token stop) {
  Queue queue;
  Loneliness loneliness;
  std::atomic<Listener*> listening = nullptr;
  ListenerOptions options;
  options.greeting = greeting;
  options.onConnected = [&](ClientId) { loneliness.joined(); };
  options.onGone = [&](ClientId client) {
    queue.cancelAll(client);
    loneliness.left();
  };
  options.onMessage = [&](ClientId client, Message message) {
    if (message.kind == MessageKind::Cancel) {
      Listener* listener = listening;
      if (queue.cancel(client, message.id) && listener != nullptr) listener->send(client, makeCancelled(message.id));
      return;
    }
    queue.push(client, std::move(message));
  };
  Listener listener(socket, options);
  listening = &listener;
  const std::stop_callback onStop(stop, [&] { queue.stopCurrent(); });

  constexpr std::chrono::milliseconds kPoll(200);
  while (!stop.stop_requested() && !loneliness.isOver()) {
    auto next = queue.take(kPoll);
    if (!next) continue;
    const Message reply = answer(next->request, next->stop.get_token(),
                                 [&](const Message& progress) { listener.send(next->client, progress); });
    queue.finished();
    listener.send(next->client, reply);
  }
}

}  // namespace slab::jobs
