#include "core/train/found_images.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <type_traits>
#include <utility>

#include "core/base/error.h"
#include "core/train/ranks.h"

namespace slab::train {
namespace {

class ByteWriter {
 public:
  template <typename T>
  void put(const T& value) {
    static_assert(std::is_arithmetic_v<T>);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void put(const coco::Detection& found) {
    put(found.image);
    put(found.category);
    put(found.score);
    for (const double value : {found.box.x, found.box.y, found.box.width, found.box.height, found.area}) put(value);
    put(found.mask.height);
    put(found.mask.width);
    put(std::uint64_t{found.mask.counts.size()});
    for (const std::uint32_t count : found.mask.counts) put(count);
  }
  [[nodiscard]] std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : left_(bytes) {}

  template <typename T>
  void get(T& value) {
    static_assert(std::is_arithmetic_v<T>);
    require(sizeof value);
    std::memcpy(&value, left_.data(), sizeof value);
    left_.remove_prefix(sizeof value);
  }
  void get(coco::Detection& found) {
    get(found.image);
    get(found.category);
    get(found.score);
    for (double* value : {&found.box.x, &found.box.y, &found.box.width, &found.box.height, &found.area}) get(*value);
    get(found.mask.height);
    get(found.mask.width);
    found.mask.counts.resize(length(sizeof(std::uint32_t)));
    for (std::uint32_t& count : found.mask.counts) get(count);
  }
  /// How many things of at least `size` bytes each follow.
  std::size_t length(std::size_t size) {
    std::uint64_t count = 0;
    get(count);
    if (count > left_.size() / size) refuse();
    return static_cast<std::size_t>(count);
  }
  [[nodiscard]] bool isDone() const { return left_.empty(); }

 private:
  void require(std::size_t size) const {
    if (left_.size() < size) refuse();
  }
  [[noreturn]] static void refuse() {
    throw Error(ErrorKind::Internal, "what another process found does not read: its bytes end too early");
  }

  std::string_view left_;
};

}  // namespace

std::string toBytes(const std::vector<FoundImage>& found) {
  ByteWriter writer;
  for (const FoundImage& one : found) {
    writer.put(one.image);
    writer.put(one.batch);
    writer.put(std::uint64_t{one.detections.size()});
    for (const coco::Detection& detection : one.detections) writer.put(detection);
  }
  return writer.take();
}

std::vector<FoundImage> foundImagesOf(std::string_view bytes) {
  ByteReader reader(bytes);
  std::vector<FoundImage> found;
  while (!reader.isDone()) {
    FoundImage& one = found.emplace_back();
    reader.get(one.image);
    reader.get(one.batch);
    one.detections.resize(reader.length(sizeof(std::int64_t)));
    for (coco::Detection& detection : one.detections) reader.get(detection);
  }
  return found;
}

std::vector<FoundImage> collectFound(Ranks& ranks, const std::vector<FoundImage>& own) {
  std::vector<FoundImage> all;
  for (const std::string& bytes : ranks.collect(toBytes(own))) {
    auto theirs = foundImagesOf(bytes);
    all.insert(all.end(), std::move_iterator(theirs.begin()), std::move_iterator(theirs.end()));
  }
  std::ranges::stable_sort(all, {}, &FoundImage::batch);
  return all;
}

}  // namespace slab::train
