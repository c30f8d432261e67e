// Makes JPEG files for tests, so that no binary fixtures are needed.
#pragma once

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <span>
#include <vector>

// jpeglib.h needs the declarations of <cstdio> before it.
#include <jpeglib.h>

#include "core/base/image.h"

namespace slab::test {

struct JpegOptions {
  int quality = 95;
  bool progressive = false;
  /// Luma samples for each sample of chroma: 2 and 2 are 4:2:0.
  int samplesAcross = 1;
  int samplesDown = 1;
  /// Blocks between restart markers; 0 = none.
  unsigned restartEvery = 0;
  /// 4-channel images are written as inverted CMYK with Adobe's marker.
  std::vector<unsigned char> app1{};  // content of an APP1 segment, e.g. EXIF
};

inline std::vector<std::byte> encodeJpeg(const Image& image, const JpegOptions& options = {}) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* buffer = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &buffer, &size);
  info.image_width = static_cast<JDIMENSION>(image.width);
  info.image_height = static_cast<JDIMENSION>(image.height);
  info.input_components = image.channels;
  info.in_color_space = image.channels == 1 ? JCS_GRAYSCALE : image.channels == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, options.quality, TRUE);
  info.comp_info[0].h_samp_factor = options.samplesAcross;
  info.comp_info[0].v_samp_factor = options.samplesDown;
  info.restart_interval = options.restartEvery;
  if (options.progressive) jpeg_simple_progression(&info);
  jpeg_start_compress(&info, TRUE);
  if (!options.app1.empty()) {
    jpeg_write_marker(&info, JPEG_APP0 + 1, options.app1.data(), static_cast<unsigned>(options.app1.size()));
  }
  while (info.next_scanline < info.image_height) {
    auto* row = const_cast<JSAMPROW>(image.row(static_cast<int>(info.next_scanline)));
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  const auto bytes = std::as_bytes(std::span(buffer, size));
  std::vector<std::byte> file(bytes.begin(), bytes.end());
  jpeg_destroy_compress(&info);
  std::free(buffer);
  return file;
}

/// An image whose pixel (x, y) has the given channel values.
inline Image makeImage(int width, int height, int channels, const std::function<int(int x, int y, int c)>& value) {
  Image image{width, height, channels, {}};
  image.pixels.resize(image.rowBytes() * static_cast<std::size_t>(height));
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < channels; ++c) {
        image.row(y)[x * channels + c] = static_cast<std::uint8_t>(value(x, y, c));
      }
    }
  }
  return image;
}

}  // namespace slab::test
