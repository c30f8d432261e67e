// What can be wrong with an image file, as decoders, scans and manifests name it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.h"

namespace slab {

enum class ImageFault {
  Unreadable,   // can't be opened or read: permissions, dangling links, pipes
  Empty,        // 0 bytes
  NotAnImage,   // the first bytes are of no known format
  Unsupported,  // a format that this build can't read
  Cut,          // ends before its data does
  Damaged,      // bad codes, checksums, headers
  TooLarge,     // above a limit of size, pixels, scans or memory
  Crashed,      // took the decoding process down
  Endless,      // did not finish within its processor time
  Forbidden     // made the decoding process try what the sandbox forbids
};

/// "cut", "not_an_image": stable, stands in manifests and reports.
std::string_view toString(ImageFault fault);
std::optional<ImageFault> imageFaultFromName(std::string_view name);

/// A file that can't be decoded, told by `decodeImage` and `probeImage`.
class ImageError : public Error {
 public:
  /// `cause` continues "<name> can't be decoded: "; `offset`: the byte where decoding stopped, -1 where
  /// the decoder does not tell.
  ImageError(const std::string& name, ImageFault fault, const std::string& cause, std::int64_t offset = -1)
      : Error(ErrorKind::Data, name + " can't be decoded: " + cause), fault_(fault), cause_(cause), offset_(offset) {}

  [[nodiscard]] ImageFault fault() const noexcept { return fault_; }
  /// Without the file's name.
  [[nodiscard]] const std::string& cause() const noexcept { return cause_; }
  [[nodiscard]] std::int64_t offset() const noexcept { return offset_; }

 private:
  ImageFault fault_;
  std::string cause_;
  std::int64_t offset_;
};

}  // namespace slab
