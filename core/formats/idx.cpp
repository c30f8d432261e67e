#include "core/formats/idx.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include "core/base/error.h"
#include "core/formats/element_type.h"
#include "core/formats/mapped_file.h"

namespace slab {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 20;
constexpr std::size_t kMaxRank = 8;

[[noreturn]] void refuse(const std::string& name, const std::string& what) {
  throw Error(ErrorKind::Data, name + " can't be read as idx: " + what);
}

/// Hands out the content of a plain or gzipped file piece by piece.
class ContentReader {
 public:
  ContentReader(std::span<const std::byte> file, const std::string& name) : file_(file), name_(name) {
    gzipped_ = file.size() >= 2 && file[0] == std::byte{0x1F} && file[1] == std::byte{0x8B};
    constexpr int kGzipOnly = 16 + MAX_WBITS;
    if (gzipped_ && inflateInit2(&stream_, kGzipOnly) != Z_OK) {
      throw Error(ErrorKind::Internal, "zlib could not be started");
    }
  }
  ~ContentReader() {
    if (gzipped_) inflateEnd(&stream_);
  }
  ContentReader(const ContentReader&) = delete;
  ContentReader& operator=(const ContentReader&) = delete;

  /// Fills up to `out.size()` bytes; fewer only at the end of the content.
  std::size_t read(std::span<std::uint8_t> out) {
    if (gzipped_) return inflateInto(out);
    const std::size_t count = std::min(out.size(), file_.size() - at_);
    std::copy_n(reinterpret_cast<const std::uint8_t*>(file_.data()) + at_, count, out.data());
    at_ += count;
    return count;
  }

 private:
  std::size_t inflateInto(std::span<std::uint8_t> out) {
    std::size_t done = 0;
    while (done < out.size() && !ended_) {
      if (stream_.avail_in == 0) feed();
      const std::size_t room = std::min(out.size() - done, kChunk);
      stream_.next_out = out.data() + done;
      stream_.avail_out = static_cast<uInt>(room);
      const int result = inflate(&stream_, Z_NO_FLUSH);
      done += room - stream_.avail_out;
      if (result == Z_STREAM_END) {
        ended_ = true;
      } else if (result == Z_BUF_ERROR && at_ == file_.size()) {
        refuse(name_, "the gzip stream is cut at byte " + std::to_string(file_.size()));
      } else if (result != Z_OK) {
        refuse(name_, "the gzip stream is damaged near byte " + std::to_string(at_ - stream_.avail_in));
      }
    }
    return done;
  }

  void feed() {
    const std::size_t count = std::min<std::size_t>(file_.size() - at_, std::numeric_limits<uInt>::max() / 2);
    // zlib's interface is not const-correct; it does not write to its input.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(file_.data() + at_));
    stream_.avail_in = static_cast<uInt>(count);
    at_ += count;
  }

  std::span<const std::byte> file_;
  const std::string& name_;
  std::size_t at_ = 0;
  bool gzipped_ = false;
  bool ended_ = false;
  z_stream stream_{};
};

std::vector<std::int64_t> readShape(ContentReader& content, const std::string& name) {
  std::uint8_t magic[4] = {};
  if (content.read(magic) != 4 || magic[0] != 0 || magic[1] != 0)
    refuse(name, "it does not begin with the idx signature");
  if (magic[2] != 0x08) {
    refuse(name, "its element type is " + std::to_string(magic[2]) + ", and only unsigned bytes (8) are known");
  }
  if (magic[3] == 0 || magic[3] > kMaxRank) refuse(name, "it has " + std::to_string(magic[3]) + " dimensions");
  std::vector<std::int64_t> shape(magic[3]);
  for (std::int64_t& dimension : shape) {
    std::uint8_t raw[4] = {};
    if (content.read(raw) != 4) refuse(name, "it is cut inside its header");
    dimension = std::int64_t{raw[0]} << 24 | std::int64_t{raw[1]} << 16 | std::int64_t{raw[2]} << 8 | raw[3];
  }
  return shape;
}

}  // namespace

IdxArray parseIdx(std::span<const std::byte> file, const std::string& name, std::uint64_t maxBytes) {
  ContentReader content(file, name);
  IdxArray array;
  array.shape = readShape(content, name);
  const auto expected = elementCount(array.shape);
  if (!expected || static_cast<std::uint64_t>(*expected) > maxBytes) {
    refuse(name, "its shape " + formatShape(array.shape) + " is larger than the limit of " + std::to_string(maxBytes) +
                     " bytes");
  }
  // Grown with the content, so that a false header can't claim memory that the file does not fill.
  const auto total = static_cast<std::size_t>(*expected);
  while (array.values.size() < total) {
    const std::size_t have = array.values.size();
    const std::size_t want = std::min({total - have, std::max(kChunk, have)});
    array.values.resize(have + want);
    const std::size_t got = content.read(std::span(array.values).subspan(have));
    if (got < want) {
      refuse(name, "it holds " + std::to_string(have + got) + " values, its shape " + formatShape(array.shape) +
                       " needs " + std::to_string(total));
    }
  }
  std::uint8_t extra[1] = {};
  if (content.read(extra) != 0) refuse(name, "it holds more values than its shape " + formatShape(array.shape));
  return array;
}

IdxArray readIdx(const std::string& path, std::uint64_t maxBytes) {
  return parseIdx(MappedFile(path).bytes(), path, maxBytes);
}

}  // namespace slab
