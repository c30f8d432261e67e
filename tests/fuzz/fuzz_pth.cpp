// Any bytes as a .pth file, or (odd first byte) as the pickle of a sound archive: an Error, or tensors whose
// elements all lie inside the bytes.
#include <zlib.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/formats/pth/pth_file.h"

namespace {

void append(std::string& file, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) file += static_cast<char>(value >> (8 * i));
}

// Without this the fuzzer would have to guess the pickle's check sum.
std::string archiveAround(std::string_view pickle) {
  const std::string_view name = "a/data.pkl";
  const auto crc = ::crc32(0, reinterpret_cast<const Bytef*>(pickle.data()), static_cast<uInt>(pickle.size()));
  std::string shared;
  for (const auto& [value, bytes] :
       {std::pair{20UL, 2}, {0UL, 2}, {0UL, 2}, {0UL, 4}, {crc, 4}, {pickle.size(), 4}, {pickle.size(), 4}}) {
    append(shared, value, bytes);
  }
  append(shared, name.size(), 2);
  append(shared, 0, 2);
  std::string file = "PK\x03\x04" + shared + std::string(name) + std::string(pickle);
  const std::size_t begin = file.size();
  file += std::string("PK\x01\x02\x14\0", 6) + shared + std::string(14, '\0') + std::string(name);
  const std::size_t size = file.size() - begin;
  file += "PK\x05\x06" + std::string(4, '\0');
  for (const auto& [value, bytes] : {std::pair{1UL, 2}, {1UL, 2}, {size, 4}, {begin, 4}, {0UL, 2}}) {
    append(file, value, bytes);
  }
  return file;
}

void readAll(const slab::PthFile& file, const slab::PickleNode& node, int levels, int& left) {
  constexpr std::int64_t kMostBytes = 1 << 20;
  if (left-- <= 0) return;
  if (node.kind == slab::PickleKind::Tensor) {
    const slab::StridedView view = file.tensor(node);
    const auto bytes = slab::byteCount(view.shape, view.type);
    if (!bytes) std::abort();
    if (*bytes > kMostBytes) return;
    std::vector<std::byte> target(static_cast<std::size_t>(*bytes));
    slab::copyElements(view, target);
  }
  static_cast<void>(slab::describeKind(node));
  static_cast<void>(slab::asNumber(&node));
  static_cast<void>(slab::findItem(node, "model"));
  if (levels == 0) return;
  for (const auto* item : node.items) readAll(file, *item, levels - 1, left);
  for (const auto* item : node.entries) readAll(file, *item, levels - 1, left);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string bytes = data[0] % 2 ? archiveAround(rest) : std::string(rest);
  try {
    const auto file = slab::PthFile::parse(std::as_bytes(std::span(bytes)), "input");
    int left = 10'000;
    readAll(file, file.root(), 6, left);
  } catch (const slab::Error&) {
  }
  return 0;
}
