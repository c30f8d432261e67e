#include "core/formats/jpeg_writer.h"

#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
// jpeglib.h needs the declarations of <cstdio> before it.
#include <jpeglib.h>

#include "core/base/error.h"

namespace slab {
namespace {

/// libjpeg leaves by longjmp: nothing with a destructor lives in the function that calls setjmp.
struct Encoder {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  std::jmp_buf escape{};
  char message[JMSG_LENGTH_MAX] = {};
  unsigned char* buffer = nullptr;
  unsigned long size = 0;

  ~Encoder() {
    jpeg_destroy_compress(&info);
    std::free(buffer);
  }
};

[[noreturn]] void leave(j_common_ptr info) {
  auto& encoder = *static_cast<Encoder*>(info->client_data);
  (*info->err->format_message)(info, encoder.message);
  std::longjmp(encoder.escape, 1);
}

void prepare(Encoder& encoder) {
  encoder.info.err = jpeg_std_error(&encoder.errors);
  encoder.errors.error_exit = leave;
  encoder.info.client_data = &encoder;
}

bool encode(Encoder& encoder, const ImageView& image, int quality) {
  if (setjmp(encoder.escape) != 0) return false;
  jpeg_compress_struct& info = encoder.info;
  jpeg_create_compress(&info);
  jpeg_mem_dest(&info, &encoder.buffer, &encoder.size);
  info.image_width = static_cast<JDIMENSION>(image.width);
  info.image_height = static_cast<JDIMENSION>(image.height);
  info.input_components = image.channels;
  info.in_color_space = image.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, quality, TRUE);
  info.optimize_coding = TRUE;
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < info.image_height) {
    // It takes no const; it reads only.
    auto* row = const_cast<JSAMPROW>(image.row(static_cast<int>(info.next_scanline)));
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  return true;
}

}  // namespace

std::vector<std::byte> encodeJpeg(const ImageView& image, int quality) {
  if (image.channels != 1 && image.channels != 3) {
    throw Error(ErrorKind::Internal, "a JPEG has 1 or 3 channels, not " + std::to_string(image.channels));
  }
  Encoder encoder;
  prepare(encoder);
  if (!encode(encoder, image, quality)) {
    throw Error(ErrorKind::Internal, "an image of " + std::to_string(image.width) + " x " +
                                         std::to_string(image.height) +
                                         " can't be written as JPEG: " + encoder.message);
  }
  const auto bytes = std::as_bytes(std::span(encoder.buffer, encoder.size));
  return {bytes.begin(), bytes.end()};
}

}  // namespace slab
