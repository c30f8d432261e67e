// The recipe of the published trainings (timm 0.4.12: random resized crop, mirror, RandAugment
// `rand-m9-mstd0.5-inc1`). What is drawn stands apart from how it is applied, and draws are taken in
// timm's order: over the same stream timm chooses the same boxes, operations and magnitudes.
#pragma once

#include <vector>

#include "core/base/image.h"
#include "core/base/rng.h"
#include "core/data/augment_operations.h"
#include "core/formats/resize.h"

namespace slab::data {

struct DrawnOperation {
  Operation operation = Operation::AutoContrast;
  double argument = 0;  // as applyOperation takes it
};

/// How a sample gets its square.
enum class Framing {
  ResizedCrop,  // a box of 8 to 100 % of the area and aspect 3/4 to 4/3, resized
  PaddedCrop    // 4 black pixels around it, then a box of the target's size: the reference up to 32 px
};

/// One sample's draws.
struct RecipeDraw {
  Rect box;  // of PaddedCrop: in the padded image
  bool mirror = false;
  std::vector<DrawnOperation> operations;  // none to two
};

/// The box of ResizedCrop: ten tries, else the largest central box within the limits of aspect.
Rect drawResizedCrop(int width, int height, Random& random);

/// Two of the fifteen operations, with replacement, each applied with probability 1/2 at a magnitude of
/// N(9, 0.5) clipped to [0, 10].
std::vector<DrawnOperation> drawOperations(Random& random);

/// What timm's "increasing" tables give for a magnitude in [0, 10]; those with a sign draw it.
double argumentOf(Operation operation, double magnitude, Random& random);

/// All of it for an image of width x height on the way to size x size.
RecipeDraw drawRecipe(int width, int height, int size, Framing framing, Random& random);

/// The operations of a draw, in their order.
Image applyOperations(Image image, const std::vector<DrawnOperation>& operations, const FillColor& fill);

/// size x size; the box bicubic and antialiased, cut out before it is resized.
Image applyRecipe(const Image& image, int size, Framing framing, const RecipeDraw& draw, const FillColor& fill);

}  // namespace slab::data
