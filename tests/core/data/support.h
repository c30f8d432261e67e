// Small data sets made on the spot.
#pragma once

#include <filesystem>
#include <string>

#include "core/data/dataset.h"
#include "core/data/tensor_dataset.h"
#include "core/formats/jpeg_files.h"
#include "core/formats/npy.h"
#include "core/formats/support.h"

namespace slab::test {

inline void writeJpeg(const std::string& path, int width, int height, int value) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  writeFile(path, encodeJpeg(makeImage(width, height, 3, [=](int, int, int) { return value; })));
}

/// The first half of a JPEG.
inline void writeCutJpeg(const std::string& path) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  const auto whole = encodeJpeg(makeImage(64, 64, 3, [](int x, int y, int c) { return (x * y + 40 * c) % 256; }));
  writeFile(path, std::span(whole).first(whole.size() / 2));
}

/// N images of channels x size x size; every byte of sample i is i (mod 251), its label i mod 10.
inline std::unique_ptr<data::Dataset> numberedDataset(std::int64_t count, int size = 4, int channels = 1) {
  at::Tensor images = at::empty({count, channels, size, size}, at::kByte);
  at::Tensor labels = at::empty({count}, at::kLong);
  for (std::int64_t i = 0; i < count; ++i) {
    images[i].fill_(i % 251);
    labels[i].fill_(i % 10);
  }
  return data::makeTensorDataset({images, labels, {}, "numbers", false, false});
}

}  // namespace slab::test
