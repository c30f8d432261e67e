// A whole data set of made-up scenes in COCO's format.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

namespace slab::coco {

/// What `slab data make-scenes` makes where nothing else is said, and what the window's detector demo trains on.
inline constexpr std::int64_t kDefaultScenes = 8000;
inline constexpr int kDefaultSceneSize = 128;

struct SceneSetOptions {
  std::string out;                       // a new folder, or an empty one
  std::string items;                     // folder with Fashion-MNIST's four files
  std::int64_t images = kDefaultScenes;  // of train; val has a fifth of it, at least one
  int size = kDefaultSceneSize;          // pixels of each side
  std::uint64_t seed = 0;
  int threads = 0;  // 0: one a core
  std::stop_token stop;
  /// Called from the calling thread.
  std::function<void(std::int64_t done, std::int64_t total)> onProgress;
};

struct SceneSetReport {
  bool isComplete = true;  // false: stopped, nothing is left
  std::int64_t train = 0, val = 0;
  std::int64_t objects = 0, crowds = 0;
  double seconds = 0;
};

inline constexpr std::int64_t kMostScenes = 999'999;

/// Makes
///
///     out/annotations/instances_train.json, instances_val.json
///     out/train/000001.png ..., out/val/000001.png ...
///
/// with Fashion-MNIST's ten classes as categories 1 to 10. train is made of Fashion-MNIST's training pictures, val of
/// its test pictures. Masks are of what is seen: most as polygons along the pixels, the rest (all with holes) as run
/// lengths, compressed or not, crowds as run lengths. The files depend on images, size and seed alone, byte for byte.
///
/// `out` appears whole at the end, under its name; a stop or a failure leaves nothing. Throws Error(Data) where there
/// is something at `out` other than an empty folder or Fashion-MNIST is missing, WriteError(Data) where it can't be
/// written.
SceneSetReport makeSceneSet(const SceneSetOptions& options);

}  // namespace slab::coco
