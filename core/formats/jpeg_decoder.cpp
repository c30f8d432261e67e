#include "core/formats/jpeg_decoder.h"

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstring>
// jpeglib.h needs the declarations of <cstdio> before it.
#include <jerror.h>
#include <jpeglib.h>

#include <utility>

#include "core/base/error.h"
#include "core/formats/color.h"

namespace slab {
namespace {

/// libjpeg reports by calling back; its way out is longjmp. So everything with a destructor lives
/// outside of the functions between `setjmp` and the calls.
struct Decoder {
  jpeg_decompress_struct info{};
  jpeg_error_mgr errors{};
  jpeg_progress_mgr progress{};
  std::jmp_buf escape{};
  char message[JMSG_LENGTH_MAX] = {};
  std::size_t fileBytes = 0;
  const DecodeLimits* limits = nullptr;
};

Decoder& decoderOf(j_common_ptr info) {
  return *static_cast<Decoder*>(info->client_data);
}

[[noreturn]] void leave(j_common_ptr info) {
  Decoder& decoder = decoderOf(info);
  if (decoder.message[0] == '\0') (*info->err->format_message)(info, decoder.message);
  std::longjmp(decoder.escape, 1);
}

[[noreturn]] void leaveWith(j_common_ptr info, const char* message) {
  std::snprintf(decoderOf(info).message, JMSG_LENGTH_MAX, "%s", message);
  leave(info);
}

/// Warnings about oddities that lose no pixel; every other one means missing or invented pixels.
bool isHarmless(int code) {
  switch (code) {
    case JWRN_ADOBE_XFORM:
    case JWRN_BOGUS_ICC:
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_JFIF_MAJOR:
    case JWRN_NOT_SEQUENTIAL: return true;
    default: return false;
  }
}

void onMessage(j_common_ptr info, int level) {
  if (level < 0 && !isHarmless(info->err->msg_code)) leave(info);
}

void onOutput(j_common_ptr) {}

void onProgress(j_common_ptr info) {
  const auto* decompress = reinterpret_cast<j_decompress_ptr>(info);
  const DecodeLimits& limits = *decoderOf(info).limits;
  const std::int64_t scans = decompress->input_scan_number;
  const auto pixels = static_cast<std::int64_t>(decompress->image_width) * decompress->image_height;
  if (scans > limits.maxScans || scans * pixels > limits.maxScannedPixels) leaveWith(info, "it has too many scans");
}

void prepare(Decoder& decoder, std::size_t fileBytes, const DecodeOptions& options) {
  decoder.info.err = jpeg_std_error(&decoder.errors);
  decoder.errors.error_exit = leave;
  decoder.errors.emit_message = onMessage;
  decoder.errors.output_message = onOutput;
  decoder.info.client_data = &decoder;
  decoder.progress.progress_monitor = onProgress;
  decoder.fileBytes = fileBytes;
  decoder.limits = &options.limits;
}

/// Reads the header, checks limits and prepares the output; false after an error.
bool begin(Decoder& decoder, std::span<const std::byte> file, const DecodeOptions& options) {
  if (setjmp(decoder.escape) != 0) return false;
  jpeg_create_decompress(&decoder.info);
  decoder.info.progress = &decoder.progress;
  decoder.info.mem->max_memory_to_use = static_cast<long>(options.limits.maxDecoderBytes);
  if (options.applyExifOrientation) jpeg_save_markers(&decoder.info, JPEG_APP0 + 1, 0xFFFF);
  jpeg_mem_src(&decoder.info, reinterpret_cast<const unsigned char*>(file.data()),
               static_cast<unsigned long>(file.size()));
  jpeg_read_header(&decoder.info, TRUE);
  const auto common = reinterpret_cast<j_common_ptr>(&decoder.info);
  const auto pixels = static_cast<std::int64_t>(decoder.info.image_width) * decoder.info.image_height;
  if (pixels > options.limits.maxPixels) leaveWith(common, "it has more pixels than the limit");
  switch (decoder.info.jpeg_color_space) {
    case JCS_GRAYSCALE: decoder.info.out_color_space = JCS_GRAYSCALE; break;
    case JCS_CMYK:
    case JCS_YCCK: decoder.info.out_color_space = JCS_CMYK; break;
    default: decoder.info.out_color_space = JCS_RGB;
  }
  jpeg_start_decompress(&decoder.info);
  return true;
}

/// Fills the rows of an image of the right size; false after an error.
bool readRows(Decoder& decoder, Image& image) {
  if (setjmp(decoder.escape) != 0) return false;
  while (decoder.info.output_scanline < decoder.info.output_height) {
    JSAMPROW row = image.row(static_cast<int>(decoder.info.output_scanline));
    jpeg_read_scanlines(&decoder.info, &row, 1);
  }
  // Reads on to the end marker, so that a file cut after its last row is found too.
  jpeg_finish_decompress(&decoder.info);
  return true;
}

std::size_t position(const Decoder& decoder) {
  return decoder.info.src == nullptr
             ? 0
             : decoder.fileBytes - std::min(decoder.fileBytes, decoder.info.src->bytes_in_buffer);
}

int orientationOf(const Decoder& decoder) {
  for (const auto* marker = decoder.info.marker_list; marker != nullptr; marker = marker->next) {
    const int orientation = exifOrientation(std::as_bytes(std::span(marker->data, marker->data_length)));
    if (orientation != 1) return orientation;
  }
  return 1;
}

struct Release {
  Decoder& decoder;
  ~Release() { jpeg_destroy_decompress(&decoder.info); }
};

}  // namespace

Image decodeJpeg(std::span<const std::byte> file, const std::string& name, const DecodeOptions& options) {
  Decoder decoder;
  prepare(decoder, file.size(), options);
  const Release release{decoder};
  const auto refuse = [&]() -> Image {
    // libjpeg invents an end marker at the end of the data; whoever meets it has run out of file.
    const bool cut = decoder.errors.msg_code == JWRN_JPEG_EOF;
    const std::size_t at = cut ? file.size() : position(decoder);
    throw Error(ErrorKind::Data, name + " can't be decoded: at byte " + std::to_string(at) + " of " +
                                     std::to_string(file.size()) + ", " +
                                     (cut ? "the file is cut (premature end)" : std::string(decoder.message)));
  };
  if (!begin(decoder, file, options)) return refuse();
  Image image{static_cast<int>(decoder.info.output_width),
              static_cast<int>(decoder.info.output_height),
              decoder.info.output_components,
              {}};
  image.pixels.resize(image.rowBytes() * static_cast<std::size_t>(image.height));
  const int orientation = orientationOf(decoder);  // Finishing frees the markers.
  if (!readRows(decoder, image)) return refuse();
  if (image.channels == 4) image = cmykToRgb(image);
  image = convertColor(std::move(image), options.color);
  return options.applyExifOrientation ? applyOrientation(image, orientation) : image;
}

}  // namespace slab
