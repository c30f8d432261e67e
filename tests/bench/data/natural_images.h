// Pictures with the statistics of photographs, made on the spot.
#pragma once

#include "core/base/image.h"

namespace slab::bench {

/// Dead leaves (Lee, Mumford and Huang, 2001): disks of one colour that cover each other, with radii of density r^-3,
/// so that edges occur at every scale as they do in photographs; each leaf is shaded and textured with noise whose
/// amplitude falls with frequency. The same number gives the same picture.
Image naturalImage(int width, int height, int number);

}  // namespace slab::bench
