// The worker's socket: AF_UNIX, of this user alone. The listener serves windows and command lines
// from a thread of its own and never makes training wait.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/wire/message.h"

namespace slab {

/// XDG_RUNTIME_DIR/slab/<id>.sock, else a 0700 directory of the user's under the temporary
/// directory, made when missing. Throws Error(Config) when that directory belongs to somebody else
/// or others may enter it, or the path is too long for a socket.
std::filesystem::path socketPath(const std::string& id);

/// A new id for a worker's socket, e.g. "train-4711-9f3c".
std::string newSocketId(const std::string& role);

using ClientId = std::uint64_t;

struct ListenerOptions {
  /// A client that lets more bytes than this wait is disconnected (replies are never dropped).
  std::size_t maxQueuedBytes = std::size_t{1} << 30;
  /// Events waiting for a client, one a type: a newer event of the same type replaces the waiting one.
  std::size_t maxQueuedEvents = 64;
  /// Requests and cancels, on the listener's thread: hand them on and return. An Error thrown by it
  /// is answered to the client. Pings are answered before this.
  std::function<void(ClientId, Message)> onMessage;
  std::function<void(ClientId)> onConnected;
  std::function<void(ClientId)> onGone;
  /// Sent to each new client first, e.g. a Hello.
  std::function<Message()> greeting;
};

/// Listens from construction to destruction; the socket file (mode 0600) goes away with it. Peers of
/// another user are refused, malformed frames end the connection. `send` and `broadcast` may be
/// called from any thread and never wait for a client.
class Listener {
 public:
  /// Throws Error(Config) when another process listens at `path`; a dead one's file is replaced.
  Listener(std::filesystem::path path, ListenerOptions options);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// False when the client is gone.
  bool send(ClientId client, const Message& message);
  /// An event to every client.
  void broadcast(const Message& event);
  [[nodiscard]] std::size_t clients() const;
  [[nodiscard]] const std::filesystem::path& path() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// A blocking connection, for the command line and tests. One thread at a time.
class Client {
 public:
  /// Throws Error(Data) when nobody listens at `path` or the listener is another user's.
  explicit Client(const std::filesystem::path& path, double timeout_seconds = 5.0);
  ~Client();
  Client(Client&& other) noexcept;
  Client& operator=(Client&&) = delete;

  void send(const Message& message);
  /// The next message; nothing when none came in time. Throws Error(Data) when the worker hung up.
  std::optional<Message> receive(double timeout_seconds);

  /// Sends a request and waits for its Reply. Progress goes to `on_progress`, other messages are
  /// dropped. An Error answer is thrown as slab::Error, so is a time-out (which cancels the request).
  Message request(const Message& request, double timeout_seconds,
                  const std::function<void(const Message&)>& on_progress = {});

  [[nodiscard]] std::uint64_t newId() { return ++last_id_; }

 private:
  void write(const std::uint8_t* data, std::size_t size, double deadline);
  int socket_ = -1;
  std::uint64_t last_id_ = 0;
  FrameDecoder decoder_;
};

}  // namespace slab
