// An 8-bit image in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace slab {

/// Row-major, interleaved channels (H x W x C), C = 1 (grey), 3 (RGB) or 4 (RGBA). Owns its pixels.
struct Image {
  int width = 0;
  int height = 0;
  int channels = 0;
  std::vector<std::uint8_t> pixels;

  [[nodiscard]] bool empty() const { return pixels.empty(); }
  [[nodiscard]] std::size_t rowBytes() const { return static_cast<std::size_t>(width) * static_cast<std::size_t>(channels); }
  [[nodiscard]] const std::uint8_t* row(int y) const { return pixels.data() + static_cast<std::size_t>(y) * rowBytes(); }
  [[nodiscard]] std::uint8_t* row(int y) { return pixels.data() + static_cast<std::size_t>(y) * rowBytes(); }
};

}  // namespace slab
