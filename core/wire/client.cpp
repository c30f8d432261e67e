#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <utility>

#include "core/base/clock.h"
#include "core/wire/messages.h"
#include "core/wire/socket.h"
#include "core/wire/unix_socket.h"

namespace slab {
namespace {

// False when the time is up. EINTR counts as an early return; callers loop.
bool waitFor(int fd, short events, double deadline) {
  const double left = deadline - monotonicSeconds();
  if (left <= 0) return false;
  pollfd wanted{fd, events, 0};
  const int ms = static_cast<int>(std::min(std::ceil(left * 1000), 1e6));
  return ::poll(&wanted, 1, ms) != 0 || monotonicSeconds() < deadline;
}

[[noreturn]] void hungUp() {
  throw Error(ErrorKind::Data, "the worker hung up; look into its worker.log for the cause");
}

ErrorKind errorKindOf(const std::string& name) {
  for (const auto kind : {ErrorKind::Config, ErrorKind::Data, ErrorKind::Checkpoint, ErrorKind::Device}) {
    if (toString(kind) == name) return kind;
  }
  return ErrorKind::Internal;
}

}  // namespace

Client::Client(const std::filesystem::path& path, double timeout_seconds) {
  const sockaddr_un address = socketAddress(path);
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const double deadline = monotonicSeconds() + timeout_seconds;
  while (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    // EAGAIN: the listener's backlog is full; a local socket has nothing to poll for then.
    const int code = errno;
    if ((code != EAGAIN && code != EINTR) || monotonicSeconds() > deadline) {
      throw Error(ErrorKind::Data, "no worker answers at '" + path.string() + "': " + errnoMessage(code));
    }
    ::poll(nullptr, 0, 10);
  }
  if (!isOwnPeer(socket.get())) {
    throw Error(ErrorKind::Data, "the process that listens at '" + path.string() + "' belongs to another user");
  }
  socket_ = ::dup(socket.get());
  if (socket_ < 0) throw Error(ErrorKind::Internal, "can't keep the connection: " + errnoMessage(errno));
}

Client::Client(Client&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), last_id_(other.last_id_), decoder_(std::move(other.decoder_)) {}

Client::~Client() {
  if (socket_ >= 0) ::close(socket_);
}

void Client::send(const Message& message) {
  const auto bytes = encodeFrame(toFrame(message));
  write(bytes.data(), bytes.size(), monotonicSeconds() + 30.0);
}

void Client::write(const std::uint8_t* data, std::size_t size, double deadline) {
  while (size > 0) {
    const ssize_t n = ::send(socket_, data, size, MSG_NOSIGNAL);
    if (n > 0) {
      data += n;
      size -= static_cast<std::size_t>(n);
    } else if (n < 0 && errno != EAGAIN && errno != EINTR) {
      hungUp();
    } else if (!waitFor(socket_, POLLOUT, deadline)) {
      throw Error(ErrorKind::Data, "the worker does not read its socket; it may hang");
    }
  }
}

std::optional<Message> Client::receive(double timeout_seconds) {
  const double deadline = monotonicSeconds() + timeout_seconds;
  std::uint8_t buffer[1 << 16];
  for (;;) {
    if (auto frame = decoder_.next()) return toMessage(std::move(*frame));
    const ssize_t n = ::recv(socket_, buffer, sizeof buffer, 0);
    if (n > 0) {
      decoder_.feed(buffer, static_cast<std::size_t>(n));
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
      hungUp();
    } else if (!waitFor(socket_, POLLIN, deadline)) {
      return std::nullopt;
    }
  }
}

Message Client::request(const Message& request, double timeout_seconds,
                        const std::function<void(const Message&)>& on_progress) {
  send(request);
  const double deadline = monotonicSeconds() + timeout_seconds;
  while (auto message = receive(deadline - monotonicSeconds())) {
    if (message->kind == MessageKind::Event || message->id != request.id) continue;
    if (message->kind == MessageKind::Reply) return std::move(*message);
    if (message->kind == MessageKind::Error) {
      const auto body = unpack<ErrorBody>(*message);
      throw Error(errorKindOf(body.kind), body.message);
    }
    if (message->kind == MessageKind::Progress && on_progress) on_progress(*message);
  }
  send(makeCancel(request.id));
  throw Error(ErrorKind::Data, "the worker did not answer in time; it may be busy or hang");
}

}  // namespace slab
