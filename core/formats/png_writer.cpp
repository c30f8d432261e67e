#include "core/formats/png_writer.h"

#include <zlib.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

#include "core/base/error.h"
#include "core/formats/durable_file.h"

namespace slab {
namespace {

using Bytes = std::vector<std::uint8_t>;

void appendBigEndian(Bytes& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(value >> shift));
}

void appendChunk(Bytes& out, std::string_view type, const Bytes& body) {
  appendBigEndian(out, static_cast<std::uint32_t>(body.size()));
  const std::size_t start = out.size();
  out.insert(out.end(), type.begin(), type.end());
  out.insert(out.end(), body.begin(), body.end());
  appendBigEndian(out, static_cast<std::uint32_t>(crc32_z(0, out.data() + start, out.size() - start)));
}

std::uint8_t paeth(int left, int up, int corner) {
  const int estimate = left + up - corner;
  const int toLeft = std::abs(estimate - left), toUp = std::abs(estimate - up), toCorner = std::abs(estimate - corner);
  if (toLeft <= toUp && toLeft <= toCorner) return static_cast<std::uint8_t>(left);
  return static_cast<std::uint8_t>(toUp <= toCorner ? up : corner);
}

/// The row under PNG filter `filter` (0 none, 1 sub, 2 up, 3 average, 4 Paeth), its type first.
void filterRow(const Image& image, int y, int filter, Bytes& out) {
  const std::size_t step = static_cast<std::size_t>(image.channels);
  const std::uint8_t* row = image.row(y);
  const std::uint8_t* above = y > 0 ? image.row(y - 1) : nullptr;
  out[0] = static_cast<std::uint8_t>(filter);
  for (std::size_t x = 0; x < image.rowBytes(); ++x) {
    const int left = x >= step ? row[x - step] : 0;
    const int up = above != nullptr ? above[x] : 0;
    const int corner = above != nullptr && x >= step ? above[x - step] : 0;
    const int predictions[] = {0, left, up, (left + up) / 2, paeth(left, up, corner)};
    out[x + 1] = static_cast<std::uint8_t>(row[x] - predictions[filter]);
  }
}

/// Sum of the bytes read as signed numbers: the usual measure of how well a filtered row will pack.
std::uint64_t roughness(const Bytes& filtered) {
  std::uint64_t sum = 0;
  for (std::size_t x = 1; x < filtered.size(); ++x) {
    sum += static_cast<std::uint64_t>(std::abs(static_cast<std::int8_t>(filtered[x])));
  }
  return sum;
}

Bytes filterImage(const Image& image) {
  Bytes scanlines;
  scanlines.reserve((image.rowBytes() + 1) * static_cast<std::size_t>(image.height));
  Bytes candidate(image.rowBytes() + 1), best;
  for (int y = 0; y < image.height; ++y) {
    std::uint64_t lowest = ~std::uint64_t{0};
    for (int filter = 0; filter <= 4; ++filter) {
      filterRow(image, y, filter, candidate);
      const std::uint64_t score = roughness(candidate);
      if (score < lowest) {
        lowest = score;
        best = candidate;
      }
    }
    scanlines.insert(scanlines.end(), best.begin(), best.end());
  }
  return scanlines;
}

Bytes deflateAll(const Bytes& data) {
  uLongf size = compressBound(data.size());
  Bytes packed(size);
  if (compress2(packed.data(), &size, data.data(), data.size(), Z_DEFAULT_COMPRESSION) != Z_OK) {
    throw Error(ErrorKind::Internal, "zlib could not pack an image");
  }
  packed.resize(size);
  return packed;
}

std::uint8_t colourType(const Image& image) {
  switch (image.channels) {
    case 1: return 0;
    case 3: return 2;
    case 4: return 6;
    default:
      throw Error(ErrorKind::Internal, "an image with " + std::to_string(image.channels) + " channels can't be a PNG");
  }
}

}  // namespace

std::vector<std::byte> encodePng(const Image& image) {
  if (image.width <= 0 || image.height <= 0 ||
      image.pixels.size() != image.rowBytes() * static_cast<std::size_t>(image.height)) {
    throw Error(ErrorKind::Internal, "an image without pixels can't be a PNG");
  }
  constexpr std::array<std::uint8_t, 8> kSignature{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  Bytes out(kSignature.begin(), kSignature.end());
  Bytes header;
  appendBigEndian(header, static_cast<std::uint32_t>(image.width));
  appendBigEndian(header, static_cast<std::uint32_t>(image.height));
  // Depth 8, colour, then the only compression and filter methods there are, not interlaced.
  header.insert(header.end(), {8, colourType(image), 0, 0, 0});
  appendChunk(out, "IHDR", header);
  appendChunk(out, "IDAT", deflateAll(filterImage(image)));
  appendChunk(out, "IEND", {});
  const auto bytes = std::as_bytes(std::span(out));
  return {bytes.begin(), bytes.end()};
}

void writePng(const std::string& path, const Image& image) {
  writeFileAtomically(path, encodePng(image));
}

}  // namespace slab
