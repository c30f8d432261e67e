// Frames on the local socket: u32 header length, u64 payload length (little endian), the header
// (JSON text), the payload (raw bytes). Shared by the worker's AF_UNIX side and the window's
// QLocalSocket, so nothing here knows a socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace slab {

inline constexpr std::size_t kFramePrefixBytes = 12;
inline constexpr std::uint32_t kMaxHeaderBytes = 16U << 20;
inline constexpr std::uint64_t kMaxPayloadBytes = std::uint64_t{1} << 30;

struct Frame {
  std::string header;
  std::vector<std::uint8_t> payload;
};

/// The bytes of a frame. Throws Error(Internal) when it is over the caps.
std::vector<std::uint8_t> encodeFrame(const Frame& frame);

/// Puts frames together from whatever pieces arrive. Memory grows with the bytes received, never
/// with the length a peer claims.
class FrameDecoder {
 public:
  explicit FrameDecoder(std::uint32_t max_header = kMaxHeaderBytes, std::uint64_t max_payload = kMaxPayloadBytes)
      : max_header_(max_header), max_payload_(max_payload) {}

  void feed(std::span<const std::uint8_t> bytes);
  void feed(const void* data, std::size_t size) { feed({static_cast<const std::uint8_t*>(data), size}); }

  /// The next whole frame; nothing when more bytes are needed. Throws Error(Data) when a length is
  /// over the caps: close the connection then, the stream can't be followed any more.
  std::optional<Frame> next();

  /// Bytes of a frame that is not whole yet.
  [[nodiscard]] std::size_t buffered() const { return buffer_.size() - consumed_; }

 private:
  std::uint32_t max_header_;
  std::uint64_t max_payload_;
  std::vector<std::uint8_t> buffer_;
  std::size_t consumed_ = 0;
};

}  // namespace slab
