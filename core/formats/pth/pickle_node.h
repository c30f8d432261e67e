// What a pickle describes, as data. Nothing of it is ever called or imported.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slab {

enum class PickleKind : std::uint8_t {
  None,
  Bool,
  Integer,
  BigInteger,  // beyond 64 bits, kept as its bytes
  Real,
  Text,
  Bytes,
  List,
  Tuple,
  Dict,  // also collections.OrderedDict and defaultdict
  Set,
  Global,   // the name of a class or function
  Object,   // an instance of a class that only Python knows: name, arguments, entries, state
  Storage,  // bytes of the file that tensors look at
  Tensor
};

/// One value. Owned by the file it was read from; texts are views of its bytes. Values may be shared and may
/// contain themselves: walk them to a bounded depth.
struct PickleNode {
  PickleKind kind = PickleKind::None;
  /// Containers within containers below this value, as known when it was filled.
  std::uint16_t depth = 0;
  /// Bool, Integer; of Storage and Tensor the index in the file's lists.
  std::int64_t integer = 0;
  double real = 0.0;
  /// Text, Bytes, BigInteger; of a Global its module.
  std::string_view text;
  /// Of a Global.
  std::string_view name;
  /// Elements of List, Tuple, Set and list-like Objects; key, value, key, value, ... of a Dict.
  std::vector<const PickleNode*> items;
  /// Of an Object that is a dict (yacs.config.CfgNode): key, value, ... stand in `entries`, not in `items`.
  std::vector<const PickleNode*> entries;
  /// Of an Object.
  const PickleNode* type = nullptr;
  const PickleNode* arguments = nullptr;
  /// Attributes set after the making: a Dict as a rule (argparse.Namespace keeps everything here).
  const PickleNode* state = nullptr;
};

/// key, value, ... of a Dict, or of an Object with dict entries; empty for others.
std::span<const PickleNode* const> dictEntries(const PickleNode& node);

/// The value under a text key: of a Dict, of an Object's entries, else of its attributes. nullptr where there
/// is none. The last one of equal keys counts, as in Python.
const PickleNode* findItem(const PickleNode& node, std::string_view key);

/// findItem along a path, e.g. {"config", "MODEL", "SWIN", "EMBED_DIM"}; nullptr as soon as one is missing.
const PickleNode* findPath(const PickleNode& node, std::span<const std::string_view> path);

/// Integer and Bool; nothing for other kinds.
std::optional<std::int64_t> asInteger(const PickleNode* node);
/// Real, Integer and numpy scalars of 4 or 8 bytes.
std::optional<double> asNumber(const PickleNode* node);
std::optional<std::string> asText(const PickleNode* node);

/// "yacs.config.CfgNode" of an Object or Global, else the kind in Python's words ("dict", "list", ...).
std::string describeKind(const PickleNode& node);

}  // namespace slab
