// Any bytes as the index of a packed data set, with and without its checksum: an Error or records inside their shards.
#include <cstdint>
#include <cstdlib>

#include "core/base/error.h"
#include "core/formats/packed_index.h"

namespace {

void check(const slab::PackedIndex& index) {
  for (const slab::PackedRecord& record : index.records) {
    if (record.label >= index.classNames.size() || record.shard >= index.shards.size()) std::abort();
    const std::uint64_t size = index.shards[record.shard].bytes;
    if (record.offset > size || record.bytes > size - record.offset) std::abort();
    const std::uint64_t pixels = std::uint64_t{record.width} * record.height * record.channels;
    if (record.channels != 0 && pixels != record.bytes) std::abort();
  }
  for (const slab::PackedShard& shard : index.shards) {
    if (shard.name.empty() || shard.name.find('/') != std::string::npos) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  for (const auto parse : {slab::parsePackedIndex, slab::parsePackedBody}) {
    try {
      check(parse(bytes, "input"));
    } catch (const slab::Error&) {
    }
  }
  return 0;
}
