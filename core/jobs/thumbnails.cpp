#include "core/jobs/thumbnails.h"

#include <algorithm>
#include <mutex>

#include "core/base/error.h"
#include "core/data/dataset.h"
#include "core/formats/resize.h"
#include "core/sandbox/sandboxed_decoder.h"

namespace slab::jobs {
namespace {

constexpr std::uint8_t kDefectGrey = 128;
constexpr int kSmallestSide = 8, kLargestSide = 1024;

/// Page after page is asked for: one process serves them all.
sandbox::Decoded decode(const std::string& path, int side) {
  static std::mutex mutex;
  static sandbox::SandboxedDecoder decoder;
  const std::lock_guard lock(mutex);
  return decoder.decode(path, side);
}

// Fitted into side x side, centred on black, always three channels.
void draw(const Image& image, int side, std::uint8_t* target) {
  const int longer = std::max(image.width, image.height);
  const int width = std::max(1, image.width * side / longer), height = std::max(1, image.height * side / longer);
  const Image small = resize(image, width, height, ResizeFilter::Bilinear);
  const int left = (side - width) / 2, top = (side - height) / 2;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const std::uint8_t* from = small.row(y) + static_cast<std::ptrdiff_t>(x) * small.channels;
      std::uint8_t* to = target + (static_cast<std::ptrdiff_t>(y + top) * side + x + left) * 3;
      for (int c = 0; c < 3; ++c) to[c] = from[small.channels >= 3 ? c : 0];
    }
  }
}

}  // namespace

Thumbnails::Thumbnails(int side) : side_(std::clamp(side, kSmallestSide, kLargestSide)) {}

std::uint8_t* Thumbnails::next() {
  const std::size_t bytes = static_cast<std::size_t>(side_) * static_cast<std::size_t>(side_) * 3;
  pixels_.resize(pixels_.size() + bytes, 0);
  ++count_;
  return pixels_.data() + pixels_.size() - bytes;
}

void Thumbnails::addFile(const std::string& path, DatasetItem& item) {
  std::uint8_t* target = next();
  const sandbox::Decoded decoded = decode(path, side_);
  item.path = path;
  item.width = decoded.width;
  item.height = decoded.height;
  if (decoded.fault) {
    item.defect = path + " can't be decoded: " + decoded.cause;
    std::fill(target, pixels_.data() + pixels_.size(), kDefectGrey);
  } else {
    draw(decoded.thumbnail, side_, target);
  }
}

void Thumbnails::addSample(const data::Dataset& dataset, std::int64_t index, DatasetItem& item) {
  item.index = index;
  item.label = dataset.label(index);
  item.path = dataset.nameOf(index);
  if (const std::string file = dataset.fileOf(index); !file.empty()) return addFile(file, item);
  std::uint8_t* target = next();
  try {
    const Image image = dataset.image(index);
    item.width = image.width;
    item.height = image.height;
    draw(image, side_, target);
  } catch (const Error& error) {
    item.defect = error.what();
    std::fill(target, pixels_.data() + pixels_.size(), kDefectGrey);
  }
}

WireArray Thumbnails::array() const {
  return makeArray("thumbnails", {count_, side_, side_, 3}, std::span<const std::uint8_t>(pixels_));
}

}  // namespace slab::jobs
