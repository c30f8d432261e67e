// What `slab` and its decoding process say to each other, over a socket pair. Both are the same build, so these are
// plain structures; what comes back is checked all the same, since a decoder may have been taken over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "core/base/image.h"
#include "core/formats/image_codec.h"
#include "core/formats/image_fault.h"

namespace slab::sandbox {

/// The file itself travels beside it, as a descriptor.
struct DecodeRequest {
  std::uint64_t bytes = 0;
  /// Longest side of the small copy that is wanted, in pixels; 0: the verdict alone.
  std::int32_t thumbnail = 0;
};

/// A verdict: what the file is, or what is wrong with it.
struct Decoded {
  std::optional<ImageFault> fault;
  std::string cause;         // without the file's name; "" for a good file
  std::int64_t offset = -1;  // of the fault in the file, where the decoder tells
  ImageFormat format = ImageFormat::Jpeg;
  int width = 0, height = 0;
  Image thumbnail;  // 1 or 3 channels; empty when none was asked for
};

constexpr int kMostThumbnailPixels = 1024;

/// Each returns false when the other side is gone or says what it must not.
bool sendRequest(int socket, const DecodeRequest& request, int file);
/// `file` becomes the caller's.
bool receiveRequest(int socket, DecodeRequest& request, int& file);
bool sendVerdict(int socket, const Decoded& decoded);
bool receiveVerdict(int socket, Decoded& decoded);

bool sendAll(int socket, std::span<const std::byte> bytes);
bool receiveAll(int socket, std::span<std::byte> bytes);

}  // namespace slab::sandbox
