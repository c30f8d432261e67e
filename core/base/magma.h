// The colour map "magma" (Smith and van der Walt, matplotlib), shared by the pictures of the command line and the
// window's views.
#pragma once

#include <array>
#include <cstdint>

namespace slab {

/// 0xRRGGBB at even steps from 0 to 1, to be interpolated linearly in between.
inline constexpr std::array<std::uint32_t, 11> kMagma{0x000004, 0x140e36, 0x3b0f70, 0x641a80, 0x8c2981, 0xb73779,
                                                      0xde4968, 0xf7705c, 0xfe9f6d, 0xfecf92, 0xfcfdbf};

}  // namespace slab
