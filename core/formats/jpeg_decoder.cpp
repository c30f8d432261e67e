#include "core/formats/jpeg_decoder.h"

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstring>
// jpeglib.h needs the declarations of <cstdio> before it.
#include <jerror.h>
#include <jpeglib.h>

#include <span>
#include <utility>
#include <vector>

#include "core/formats/color.h"
#include "core/formats/image_fault.h"

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
  bool isAboveLimit = false;
  std::size_t fileBytes = 0;
  int reduction = 1;
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

[[noreturn]] void leaveAtLimit(j_common_ptr info, const char* message) {
  std::snprintf(decoderOf(info).message, JMSG_LENGTH_MAX, "%s", message);
  decoderOf(info).isAboveLimit = true;
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
  if (scans > limits.maxScans || scans * pixels > limits.maxScannedPixels) leaveAtLimit(info, "it has too many scans");
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

/// Reads the header, checks limits and prepares the output at 1/decoder.reduction; false after an error.
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
  if (pixels > options.limits.maxPixels) leaveAtLimit(common, "it has more pixels than the limit");
  switch (decoder.info.jpeg_color_space) {
    case JCS_GRAYSCALE: decoder.info.out_color_space = JCS_GRAYSCALE; break;
    case JCS_CMYK:
    case JCS_YCCK: decoder.info.out_color_space = JCS_CMYK; break;
    default: decoder.info.out_color_space = JCS_RGB;
  }
  // Colour that is coarser than half (4:1:1) would be repeated where it now is interpolated.
  if (decoder.info.max_h_samp_factor > 2 || decoder.info.max_v_samp_factor > 2) decoder.reduction = 1;
  decoder.info.scale_num = static_cast<unsigned>(DCTSIZE / decoder.reduction);
  decoder.info.scale_denom = DCTSIZE;
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

/// Whether the sampling factors of every component but the first are 1 x 1, and that of the first at most 2 down: grey,
/// and what cameras and encoders write in three colours. Across, the first may have any (4:1:1 has 4), since rows are
/// skipped, not columns. A YCCK file with halved chroma is not among them: its fourth component, black, is 2 x 2 as its
/// first. Its rows are read one by one, which gives the same pixels and takes longer; such files are rare.
bool isSampledAsUsual(const jpeg_decompress_struct& info) {
  const std::span<const jpeg_component_info> components(info.comp_info, static_cast<std::size_t>(info.num_components));
  for (const jpeg_component_info& component : components.subspan(1)) {
    if (component.h_samp_factor != 1 || component.v_samp_factor != 1) return false;
  }
  return components[0].v_samp_factor <= 2;
}

/// Parses `count` rows whose pixels nobody asks for. With other samplings the skipping of libjpeg-turbo 2.1 may count
/// its rows below zero, which takes minutes; there they are read.
void passOver(jpeg_decompress_struct& info, JDIMENSION count, std::uint8_t* row) {
  if (isSampledAsUsual(info)) {
    jpeg_skip_scanlines(&info, count);
  } else {
    for (; count > 0; --count) jpeg_read_scanlines(&info, &row, 1);
  }
}

/// Fills the rows of an image as large as `region`, which is in pixels of the output; false after an error.
/// `row` has room for one whole row.
bool readRegion(Decoder& decoder, const Rect& region, std::uint8_t* row, Image& image) {
  if (setjmp(decoder.escape) != 0) return false;
  jpeg_decompress_struct& info = decoder.info;
  // Interpolated colour at the region's edge needs its neighbours outside. libjpeg moves the left edge
  // further, to the next edge of its blocks.
  constexpr int kMargin = 2;
  const int wantedLeft = std::max(region.x - kMargin, 0);
  auto left = static_cast<JDIMENSION>(wantedLeft);
  auto width = static_cast<JDIMENSION>(region.x + region.width + kMargin);
  width = std::min(width, info.output_width) - left;
  jpeg_crop_scanline(&info, &left, &width);
  if (region.y > kMargin) passOver(info, static_cast<JDIMENSION>(region.y - kMargin), row);
  const std::size_t offset = (static_cast<std::size_t>(region.x) - left) * static_cast<std::size_t>(image.channels);
  const auto end = static_cast<JDIMENSION>(region.y + region.height);
  while (info.output_scanline < end) {
    const int y = static_cast<int>(info.output_scanline) - region.y;
    jpeg_read_scanlines(&info, &row, 1);
    if (y >= 0) std::copy_n(row + offset, image.rowBytes(), image.row(y));
  }
  // The rest is parsed, so that damage is found wherever it is. Skipping up to the end would not even do that.
  if (info.output_scanline + 1 < info.output_height) {
    passOver(info, info.output_height - info.output_scanline - 1, row);
  }
  if (info.output_scanline < info.output_height) jpeg_read_scanlines(&info, &row, 1);
  jpeg_finish_decompress(&info);
  return true;
}

/// The pixels of a reduced image that `region` touches.
Rect reducedRegion(const Rect& region, int reduction) {
  const int left = region.x / reduction, top = region.y / reduction;
  const int right = (region.x + region.width + reduction - 1) / reduction;
  const int bottom = (region.y + region.height + reduction - 1) / reduction;
  return {left, top, right - left, bottom - top};
}

Box boxIn(const Rect& reduced, const Rect& region, int reduction) {
  const auto scaled = [reduction](int value) { return static_cast<double>(value) / reduction; };
  return {scaled(region.x) - reduced.x, scaled(region.y) - reduced.y, scaled(region.x + region.width) - reduced.x,
          scaled(region.y + region.height) - reduced.y};
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

[[noreturn]] void refuse(const Decoder& decoder, const std::string& name) {
  // libjpeg invents an end marker at the end of the data; whoever meets it has run out of file.
  const bool cut = decoder.errors.msg_code == JWRN_JPEG_EOF;
  const std::size_t at = cut ? decoder.fileBytes : position(decoder);
  const bool large = decoder.isAboveLimit || decoder.errors.msg_code == JERR_OUT_OF_MEMORY;
  throw ImageError(name,
                   cut     ? ImageFault::Cut
                   : large ? ImageFault::TooLarge
                           : ImageFault::Damaged,
                   "at byte " + std::to_string(at) + " of " + std::to_string(decoder.fileBytes) + ", " +
                       (cut ? "the file is cut (premature end)" : std::string(decoder.message)),
                   static_cast<std::int64_t>(at));
}

Image inColor(Image image, ColorMode mode) {
  if (image.channels == 4) image = cmykToRgb(image);
  return convertColor(std::move(image), mode);
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
  if (!begin(decoder, file, options)) refuse(decoder, name);
  Image image = blankImage(static_cast<int>(decoder.info.output_width), static_cast<int>(decoder.info.output_height),
                           decoder.info.output_components);
  const int orientation = orientationOf(decoder);  // Finishing frees the markers.
  if (!readRows(decoder, image)) refuse(decoder, name);
  image = inColor(std::move(image), options.color);
  return options.applyExifOrientation ? applyOrientation(image, orientation) : image;
}

DecodedPart decodeJpegPart(std::span<const std::byte> file, const std::string& name, const Rect& region, int reduction,
                           const DecodeOptions& options) {
  Decoder decoder;
  prepare(decoder, file.size(), options);
  decoder.reduction = reduction;
  const Release release{decoder};
  if (!begin(decoder, file, options)) refuse(decoder, name);
  // Whoever chose the region looked at the first frame header alone.
  if (region.x + region.width > static_cast<int>(decoder.info.image_width) ||
      region.y + region.height > static_cast<int>(decoder.info.image_height)) {
    std::snprintf(decoder.message, JMSG_LENGTH_MAX, "its headers tell different sizes");
    refuse(decoder, name);
  }
  const Rect reduced = reducedRegion(region, decoder.reduction);
  const int channels = decoder.info.output_components;
  Image image = blankImage(reduced.width, reduced.height, channels);
  std::vector<std::uint8_t> row(decoder.info.output_width * static_cast<std::size_t>(channels));
  if (!readRegion(decoder, reduced, row.data(), image)) refuse(decoder, name);
  return {inColor(std::move(image), options.color), boxIn(reduced, region, decoder.reduction)};
}

}  // namespace slab
