#include "core/sandbox/decode_wire.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace slab::sandbox {
namespace {

constexpr std::uint32_t kLongestCause = 4096;
constexpr std::int32_t kNoFault = -1;

struct VerdictHead {
  std::int64_t offset = -1;
  std::int32_t fault = kNoFault;
  std::int32_t format = 0;
  std::int32_t width = 0, height = 0;
  std::int32_t smallWidth = 0, smallHeight = 0, smallChannels = 0;
  std::uint32_t causeBytes = 0;
};

std::size_t pixelBytes(const VerdictHead& head) {
  return static_cast<std::size_t>(head.smallWidth) * static_cast<std::size_t>(head.smallHeight) *
         static_cast<std::size_t>(head.smallChannels);
}

bool isWithin(std::int32_t value, std::int32_t least, std::int32_t most) {
  return value >= least && value <= most;
}

bool isPlausible(const VerdictHead& head) {
  const auto last = static_cast<std::int32_t>(ImageFault::Forbidden);
  return isWithin(head.fault, kNoFault, last) &&
         isWithin(head.format, 0, static_cast<std::int32_t>(ImageFormat::Tiff)) && head.width >= 0 &&
         head.height >= 0 && isWithin(head.smallWidth, 0, kMostThumbnailPixels) &&
         isWithin(head.smallHeight, 0, kMostThumbnailPixels) &&
         (head.smallChannels == 0 || head.smallChannels == 1 || head.smallChannels == 3) &&
         head.causeBytes <= kLongestCause;
}

template <typename T>
std::span<const std::byte> bytesOf(const T& value) {
  return std::as_bytes(std::span(&value, 1));
}

}  // namespace

bool sendAll(int socket, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
  return true;
}

bool receiveAll(int socket, std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t got = ::recv(socket, bytes.data(), bytes.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
  return true;
}

bool sendRequest(int socket, const DecodeRequest& request, int file) {
  DecodeRequest copy = request;
  iovec part{&copy, sizeof copy};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof file)] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof file);
  std::memcpy(CMSG_DATA(rights), &file, sizeof file);
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(sizeof copy);
}

bool receiveRequest(int socket, DecodeRequest& request, int& file) {
  iovec part{&request, sizeof request};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof file)] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t got = 0;
  do {
    got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_WAITALL);
  } while (got < 0 && errno == EINTR);
  const cmsghdr* rights = CMSG_FIRSTHDR(&message);
  if (got != static_cast<ssize_t>(sizeof request) || rights == nullptr || rights->cmsg_type != SCM_RIGHTS) return false;
  std::memcpy(&file, CMSG_DATA(rights), sizeof file);
  return true;
}

bool sendVerdict(int socket, const Decoded& decoded) {
  VerdictHead head;
  head.offset = decoded.offset;
  if (decoded.fault) head.fault = static_cast<std::int32_t>(*decoded.fault);
  head.format = static_cast<std::int32_t>(decoded.format);
  head.width = decoded.width;
  head.height = decoded.height;
  head.smallWidth = decoded.thumbnail.width;
  head.smallHeight = decoded.thumbnail.height;
  head.smallChannels = decoded.thumbnail.channels;
  head.causeBytes = static_cast<std::uint32_t>(std::min<std::size_t>(decoded.cause.size(), kLongestCause));
  return sendAll(socket, bytesOf(head)) &&
         sendAll(socket, std::as_bytes(std::span(decoded.cause.data(), head.causeBytes))) &&
         sendAll(socket, std::as_bytes(std::span(decoded.thumbnail.pixels)));
}

bool receiveVerdict(int socket, Decoded& decoded) {
  VerdictHead head;
  if (!receiveAll(socket, std::as_writable_bytes(std::span(&head, 1))) || !isPlausible(head)) return false;
  decoded = {};
  if (head.fault != kNoFault) decoded.fault = static_cast<ImageFault>(head.fault);
  decoded.offset = std::max<std::int64_t>(head.offset, -1);
  decoded.format = static_cast<ImageFormat>(head.format);
  decoded.width = head.width;
  decoded.height = head.height;
  decoded.cause.resize(head.causeBytes);
  decoded.thumbnail = {head.smallWidth, head.smallHeight, head.smallChannels, {}};
  decoded.thumbnail.pixels.resize(pixelBytes(head));
  return receiveAll(socket, std::as_writable_bytes(std::span(decoded.cause))) &&
         receiveAll(socket, std::as_writable_bytes(std::span(decoded.thumbnail.pixels)));
}

}  // namespace slab::sandbox
