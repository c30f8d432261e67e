#include "core/sandbox/decode_service.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <new>
#include <vector>

#include "core/formats/image_codec.h"
#include "core/formats/resize.h"
#include "core/sandbox/confinement.h"
#include "core/sandbox/decode_wire.h"

namespace slab::sandbox {
namespace {

struct OpenFile {
  int fd = -1;
  ~OpenFile() { ::close(fd); }
};

/// Up to `bytes` of the file: one that was cut meanwhile is shorter, and its decoder says so.
std::vector<std::byte> contentOf(int fd, std::uint64_t bytes) {
  std::vector<std::byte> content(bytes);
  std::size_t filled = 0;
  while (filled < content.size()) {
    const ssize_t got = ::pread(fd, content.data() + filled, content.size() - filled, static_cast<off_t>(filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw ImageError("image", ImageFault::Unreadable, errnoMessage(errno));
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  content.resize(filled);
  return content;
}

Image smallCopy(const Image& image, int side) {
  side = std::clamp(side, 1, kMostThumbnailPixels);
  const int longer = std::max(image.width, image.height);
  const auto scaled = [&](int length) { return std::max(1, static_cast<int>(std::int64_t{length} * side / longer)); };
  return resize(image, scaled(image.width), scaled(image.height), ResizeFilter::Bilinear);
}

Decoded examine(const DecodeRequest& request, int fd, std::uint64_t memoryBytes, const DecodeBytes& decode) {
  Decoded decoded;
  const auto refuse = [&](ImageFault fault, const std::string& cause, std::int64_t offset) {
    decoded.fault = fault;
    decoded.cause = cause;
    decoded.offset = offset;
  };
  try {
    const auto content = contentOf(fd, request.bytes);
    const Image image = decode(content, "image");
    decoded.format = probeImage(content, "image").format;
    decoded.width = image.width;
    decoded.height = image.height;
    if (request.thumbnail > 0) decoded.thumbnail = smallCopy(image, request.thumbnail);
  } catch (const ImageError& error) {
    refuse(error.fault(), error.cause(), error.offset());
  } catch (const std::bad_alloc&) {
    refuse(ImageFault::TooLarge, "it takes more than " + std::to_string(memoryBytes >> 20) + " MiB to decode", -1);
  } catch (const std::exception& error) {
    refuse(ImageFault::Damaged, error.what(), -1);
  }
  return decoded;
}

}  // namespace

int serveDecodes(int socket, std::uint64_t memoryBytes, const DecodeBytes& decode) {
  constexpr int kStandard = 3;
  if (socket > kStandard) ::syscall(SYS_close_range, kStandard, socket - 1, 0);
  ::syscall(SYS_close_range, socket + 1, ~0U, 0);
  const Confinement confinement = confine(memoryBytes);
  if (!sendAll(socket, std::as_bytes(std::span(&confinement, 1)))) return 1;
  DecodeRequest request;
  OpenFile file;
  while (receiveRequest(socket, request, file.fd)) {
    const Decoded decoded = examine(request, file.fd, memoryBytes, decode);
    ::close(file.fd);
    file.fd = -1;
    if (!sendVerdict(socket, decoded)) return 1;
  }
  return 0;
}

}  // namespace slab::sandbox
