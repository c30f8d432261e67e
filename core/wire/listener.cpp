#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/log.h"
#include "core/wire/messages.h"
#include "core/wire/socket.h"
#include "core/wire/unix_socket.h"

namespace slab {
namespace {

using Bytes = std::shared_ptr<const std::vector<std::uint8_t>>;

constexpr std::size_t kMaxClients = 64;
constexpr int kAcceptPauseMs = 200;

Bytes encode(const Message& message) {
  return std::make_shared<const std::vector<std::uint8_t>>(encodeFrame(toFrame(message)));
}

struct Peer {
  ClientId id = 0;
  Descriptor socket;
  FrameDecoder decoder;
  std::deque<Bytes> queue;  // what can't be dropped; the front may be partly sent
  std::size_t sent = 0;     // bytes of the front
  std::size_t queuedBytes = 0;
  std::deque<std::pair<std::string, Bytes>> events;  // one a type
  bool gone = false;

  [[nodiscard]] bool hasOutput() const { return !queue.empty() || !events.empty(); }
};

Descriptor listenAt(const std::filesystem::path& path) {
  const sockaddr_un address = socketAddress(path);
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  {
    const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (probe && ::connect(probe.get(), generic, sizeof address) == 0) {
      throw Error(ErrorKind::Config, "another process listens at '" + path.string() + "'; give another --socket");
    }
    // Only a socket nobody answers at is cleared away, never another kind of file.
    struct stat info {};
    if (errno == ECONNREFUSED && ::lstat(path.c_str(), &info) == 0 && S_ISSOCK(info.st_mode)) ::unlink(path.c_str());
  }
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // The mode is set before the name exists, so there is no moment in which others could connect.
  if (!socket || ::fchmod(socket.get(), 0600) != 0 || ::bind(socket.get(), generic, sizeof address) != 0 ||
      ::chmod(path.c_str(), 0600) != 0 || ::listen(socket.get(), 16) != 0) {
    throw Error(ErrorKind::Config, "can't listen at '" + path.string() + "': " + errnoMessage(errno));
  }
  return socket;
}

}  // namespace

class Listener::Impl {
 public:
  Impl(std::filesystem::path path, ListenerOptions options)
      : path_(std::move(path)),
        options_(std::move(options)),
        socket_(listenAt(path_)),
        wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!wake_) throw Error(ErrorKind::Internal, "can't make an eventfd: " + errnoMessage(errno));
    thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
  }

  ~Impl() {
    thread_.request_stop();
    wake();
    thread_.join();
    ::unlink(path_.c_str());
  }

  bool send(ClientId client, const Message& message) {
    Bytes bytes = encode(message);
    {
      std::lock_guard lock(mutex_);
      Peer* peer = find(client);
      if (peer == nullptr || peer->gone) return false;
      peer->queuedBytes += bytes->size();
      peer->queue.push_back(std::move(bytes));
      if (peer->queuedBytes > options_.maxQueuedBytes) {
        logWarning("a client that reads too slowly was disconnected");
        peer->gone = true;
      }
    }
    wake();
    return true;
  }

  void broadcast(const Message& event) {
    {
      std::lock_guard lock(mutex_);
      if (peers_.empty()) return;
    }
    const Bytes bytes = encode(event);
    {
      std::lock_guard lock(mutex_);
      for (auto& peer : peers_) queueEvent(*peer, event.type, bytes);
    }
    wake();
  }

  [[nodiscard]] std::size_t clients() const {
    std::lock_guard lock(mutex_);
    return peers_.size();
  }

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  void wake() {
    const std::uint64_t one = 1;
    // A full counter means the thread is about to wake anyway.
    [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
  }

  Peer* find(ClientId id) {
    const auto found = std::find_if(peers_.begin(), peers_.end(), [&](const auto& p) { return p->id == id; });
    return found == peers_.end() ? nullptr : found->get();
  }

  void queueEvent(Peer& peer, const std::string& type, const Bytes& bytes) {
    const auto same =
        std::find_if(peer.events.begin(), peer.events.end(), [&](const auto& e) { return e.first == type; });
    if (same != peer.events.end()) {
      same->second = bytes;
      return;
    }
    if (peer.events.size() >= options_.maxQueuedEvents) peer.events.pop_front();
    peer.events.emplace_back(type, bytes);
  }

  void serve(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      std::vector<pollfd> wanted = {{wake_.get(), POLLIN, 0}, {accepting_ ? socket_.get() : -1, POLLIN, 0}};
      {
        std::lock_guard lock(mutex_);
        for (const auto& peer : peers_) {
          wanted.push_back({peer->socket.get(), static_cast<short>(POLLIN | (peer->hasOutput() ? POLLOUT : 0)), 0});
        }
      }
      if (::poll(wanted.data(), wanted.size(), accepting_ ? -1 : kAcceptPauseMs) < 0 && errno != EINTR) break;
      std::uint64_t count = 0;
      [[maybe_unused]] const ssize_t drained = ::read(wake_.get(), &count, sizeof count);
      // Only this thread adds and removes peers, so the order of `wanted` still holds.
      for (std::size_t i = 2; i < wanted.size(); ++i) {
        Peer& peer = *peers_[i - 2];
        if ((wanted[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0) receive(peer);
        if ((wanted[i].revents & POLLOUT) != 0) transmit(peer);
      }
      const bool mayAccept = accepting_;
      accepting_ = true;
      if (!mayAccept || (wanted[1].revents & POLLIN) != 0) acceptPeer();
      removeGone();
    }
    flushOnce();
  }

  void acceptPeer() {
    Descriptor socket(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket) {
      // Out of descriptors: the connection waits, and asking again at once would spin.
      accepting_ = errno == EAGAIN || errno == EINTR || errno == ECONNABORTED;
      return;
    }
    if (peers_.size() >= kMaxClients || !isOwnPeer(socket.get())) {
      logWarning("a connection to the worker's socket was refused");
      return;
    }
    auto peer = std::make_unique<Peer>();
    peer->id = ++last_id_;
    peer->socket = std::move(socket);
    if (options_.greeting) {
      peer->queue.push_back(encode(options_.greeting()));
      peer->queuedBytes = peer->queue.back()->size();
    }
    const ClientId id = peer->id;
    {
      std::lock_guard lock(mutex_);
      peers_.push_back(std::move(peer));
    }
    if (options_.onConnected) options_.onConnected(id);
  }

  void receive(Peer& peer) {
    std::uint8_t buffer[1 << 16];
    const ssize_t n = ::recv(peer.socket.get(), buffer, sizeof buffer, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) {
      markGone(peer);
      return;
    }
    try {
      peer.decoder.feed(buffer, static_cast<std::size_t>(n));
      while (auto frame = peer.decoder.next()) handle(peer, toMessage(std::move(*frame)));
    } catch (const Error& error) {
      logWarning(std::string("a client was disconnected: ") + error.what());
      markGone(peer);
    }
  }

  void handle(Peer& peer, Message message) {
    if (message.kind == MessageKind::Request && holds<Ping>(message)) {
      message.kind = MessageKind::Reply;
      message.arrays.clear();
      send(peer.id, message);
      return;
    }
    if (!options_.onMessage) return;
    const std::uint64_t id = message.id;
    try {
      options_.onMessage(peer.id, std::move(message));
    } catch (const Error& error) {
      send(peer.id, makeError(id, error.kind(), error.what()));
    }
  }

  void transmit(Peer& peer) {
    for (;;) {
      Bytes bytes;
      std::size_t sent = 0;
      {
        std::lock_guard lock(mutex_);
        if (peer.queue.empty() && !peer.events.empty()) {
          peer.queue.push_back(std::move(peer.events.front().second));
          peer.queuedBytes += peer.queue.back()->size();
          peer.events.pop_front();
        }
        if (peer.queue.empty()) return;
        bytes = peer.queue.front();
        sent = peer.sent;
      }
      const ssize_t n = ::send(peer.socket.get(), bytes->data() + sent, bytes->size() - sent, MSG_NOSIGNAL);
      if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
      if (n < 0) {
        markGone(peer);
        return;
      }
      std::lock_guard lock(mutex_);
      peer.sent += static_cast<std::size_t>(n);
      if (peer.sent == bytes->size()) {
        peer.queuedBytes -= bytes->size();
        peer.queue.pop_front();
        peer.sent = 0;
      }
    }
  }

  void markGone(Peer& peer) {
    std::lock_guard lock(mutex_);
    peer.gone = true;
  }

  void removeGone() {
    std::vector<std::unique_ptr<Peer>> gone;
    {
      std::lock_guard lock(mutex_);
      for (auto& peer : peers_) {
        if (peer->gone) gone.push_back(std::move(peer));
      }
      std::erase(peers_, nullptr);
    }
    for (const auto& peer : gone) {
      if (options_.onGone) options_.onGone(peer->id);
    }
  }

  // What a client can take at once is still sent when the worker ends: its last status.
  void flushOnce() {
    for (const auto& peer : peers_) {
      if (!peer->gone) transmit(*peer);
    }
  }

  const std::filesystem::path path_;
  const ListenerOptions options_;
  Descriptor socket_, wake_;
  mutable std::mutex mutex_;  // guards peers_ and their queues
  std::vector<std::unique_ptr<Peer>> peers_;
  ClientId last_id_ = 0;
  bool accepting_ = true;
  std::jthread thread_;
};

Listener::Listener(std::filesystem::path path, ListenerOptions options)
    : impl_(std::make_unique<Impl>(std::move(path), std::move(options))) {}
Listener::~Listener() = default;
bool Listener::send(ClientId client, const Message& message) {
  return impl_->send(client, message);
}
void Listener::broadcast(const Message& event) {
  impl_->broadcast(event);
}
std::size_t Listener::clients() const {
  return impl_->clients();
}
const std::filesystem::path& Listener::path() const {
  return impl_->path();
}

}  // namespace slab
