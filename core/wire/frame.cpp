#include "core/wire/frame.h"

#include <string>

#include "core/base/error.h"

namespace slab {
namespace {

// Room given back once this much of the buffer was consumed.
constexpr std::size_t kCompactBytes = std::size_t{1} << 16;

template <typename T>
void putLittleEndian(std::vector<std::uint8_t>& out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

template <typename T>
T getLittleEndian(const std::uint8_t* bytes) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) value |= static_cast<T>(static_cast<T>(bytes[i]) << (8 * i));
  return value;
}

}  // namespace

std::vector<std::uint8_t> encodeFrame(const Frame& frame) {
  if (frame.header.size() > kMaxHeaderBytes || frame.payload.size() > kMaxPayloadBytes) {
    throw Error(ErrorKind::Internal, "a message of " + std::to_string(frame.header.size()) + " + " +
                                         std::to_string(frame.payload.size()) + " bytes is too long to send");
  }
  std::vector<std::uint8_t> bytes;
  bytes.reserve(kFramePrefixBytes + frame.header.size() + frame.payload.size());
  putLittleEndian(bytes, static_cast<std::uint32_t>(frame.header.size()));
  putLittleEndian(bytes, static_cast<std::uint64_t>(frame.payload.size()));
  bytes.insert(bytes.end(), frame.header.begin(), frame.header.end());
  bytes.insert(bytes.end(), frame.payload.begin(), frame.payload.end());
  return bytes;
}

void FrameDecoder::feed(std::span<const std::uint8_t> bytes) {
  if (consumed_ == buffer_.size()) {
    buffer_.clear();
    consumed_ = 0;
  } else if (consumed_ >= kCompactBytes && consumed_ * 2 >= buffer_.size()) {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(consumed_));
    consumed_ = 0;
  }
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

std::optional<Frame> FrameDecoder::next() {
  if (buffered() < kFramePrefixBytes) return std::nullopt;
  const std::uint8_t* prefix = buffer_.data() + consumed_;
  const auto header_bytes = getLittleEndian<std::uint32_t>(prefix);
  const auto payload_bytes = getLittleEndian<std::uint64_t>(prefix + sizeof(std::uint32_t));
  if (header_bytes > max_header_ || payload_bytes > max_payload_) {
    throw Error(ErrorKind::Data, "the peer announces a message of " + std::to_string(header_bytes) + " + " +
                                     std::to_string(payload_bytes) + " bytes, more than this program accepts");
  }
  if (buffered() - kFramePrefixBytes < header_bytes + payload_bytes) return std::nullopt;
  const std::uint8_t* header = prefix + kFramePrefixBytes;
  Frame frame;
  frame.header.assign(reinterpret_cast<const char*>(header), header_bytes);
  frame.payload.assign(header + header_bytes, header + header_bytes + payload_bytes);
  consumed_ += kFramePrefixBytes + header_bytes + static_cast<std::size_t>(payload_bytes);
  return frame;
}

}  // namespace slab
