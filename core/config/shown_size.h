// How large an image is shown to a detector; the window needs it as well as the loader.
#pragma once

#include <cstdint>

#include "core/base/image_view.h"
#include "core/config/data_config.h"

namespace slab {

/// The largest size of the same shape with a shorter side of at most `shorter` and a longer one of at most `longest`,
/// rounded to the nearest pixel (mmcv's rescale_size).
PixelSize fitSides(int width, int height, std::int64_t shorter, std::int64_t longest);

/// The evaluation's size of a whole image: its shorter side the largest of `data.sides`.
PixelSize evaluationSize(int width, int height, const DataConfig& data);

/// A side filled up to a multiple of 32, the coarsest stride of a backbone, so that nothing is filled up within it.
std::int64_t filledUp(std::int64_t side);

}  // namespace slab
