#include "core/formats/pth/legacy_container.h"

#include <string>
#include <string_view>
#include <unordered_map>

#include "core/base/error.h"

namespace slab {
namespace {

constexpr std::size_t kMostPickle = std::size_t{64} << 20;

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorKind::Checkpoint, what);
}

class Reader {
 public:
  Reader(std::span<const std::byte> bytes, PickleArena& arena) : bytes_(bytes), arena_(arena) {}

  const PickleNode& pickle(const char* what) {
    try {
      const PickleResult result = readPickle(bytes_.subspan(at_, std::min(bytes_.size() - at_, kMostPickle)), arena_);
      at_ += result.end;
      return *result.root;
    } catch (const Error& error) {
      refuse(std::string(what) + " (from byte " + std::to_string(at_) + " on): " + error.what());
    }
  }

  /// Count and elements of one storage.
  std::span<const std::byte> storage(const PthStorage& storage) {
    constexpr std::size_t kCountBytes = 8;
    const std::string name = "storage " + std::string(storage.key);
    if (bytes_.size() - at_ < kCountBytes) refuse(name + " is missing: the file is cut");
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < kCountBytes; ++i) count |= std::to_integer<std::uint64_t>(bytes_[at_ + i]) << (8 * i);
    if (count != static_cast<std::uint64_t>(storage.count)) {
      refuse(name + " has " + std::to_string(count) + " elements, the pickle says " + std::to_string(storage.count));
    }
    at_ += kCountBytes;
    const std::uint64_t size = count * byteSize(storage.type);  // the pickle's count was checked: no overflow
    if (size > bytes_.size() - at_) refuse(name + " is cut at byte " + std::to_string(bytes_.size()));
    const auto taken = bytes_.subspan(at_, size);
    at_ += size;
    return taken;
  }

  [[nodiscard]] std::size_t left() const { return bytes_.size() - at_; }

 private:
  std::span<const std::byte> bytes_;
  PickleArena& arena_;
  std::size_t at_ = 0;
};

// 0x1950a86a20f9469cfc6c, little-endian.
bool isMagic(const PickleNode& node) {
  return node.kind == PickleKind::BigInteger && node.text == "\x6C\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19";
}

void readStorages(Reader& reader, const PickleNode& keys, PickleArena& arena) {
  if (keys.kind != PickleKind::List) refuse("the list of storages is a " + describeKind(keys));
  std::unordered_map<std::string_view, PthStorage*> waiting;
  for (auto& storage : arena.storages) waiting.emplace(storage.key, &storage);
  for (const auto* key : keys.items) {
    const auto found = key->kind == PickleKind::Text ? waiting.find(key->text) : waiting.end();
    if (found == waiting.end()) refuse("the list of storages names one that no tensor uses, or one twice");
    found->second->bytes = reader.storage(*found->second);
    waiting.erase(found);
  }
  if (!waiting.empty()) refuse("storage " + std::string(waiting.begin()->first) + " is missing");
  if (reader.left() > 0) refuse(std::to_string(reader.left()) + " bytes at its end belong to no storage");
}

}  // namespace

bool looksLikeLegacy(std::span<const std::byte> bytes) {
  return bytes.size() >= 2 && bytes[0] == std::byte{0x80} && std::to_integer<int>(bytes[1]) >= 2 &&
         std::to_integer<int>(bytes[1]) <= 5;
}

const PickleNode* readLegacy(std::span<const std::byte> bytes, PickleArena& arena) {
  constexpr std::int64_t kProtocol = 1001;
  Reader reader(bytes, arena);
  if (!isMagic(reader.pickle("its first pickle"))) refuse("it is a pickle, but not one of torch.save");
  if (asInteger(&reader.pickle("its version")) != kProtocol) refuse("it has a version that torch.save never wrote");
  const PickleNode& machine = reader.pickle("its description of the machine");
  const auto isLittle = asInteger(findItem(machine, "little_endian"));
  if (isLittle && *isLittle == 0) refuse("its numbers are big-endian; save it on a little-endian machine");
  const PickleNode& root = reader.pickle("its content");
  readStorages(reader, reader.pickle("its list of storages"), arena);
  return &root;
}

}  // namespace slab
