#include "core/formats/pth/pickle_calls.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "core/base/error.h"

namespace slab {
namespace {

using Words = std::string_view;

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorKind::Checkpoint, what);
}

// ---- names

// Top modules that reach the system, the interpreter or the network.
constexpr std::array kRunningModules{
    Words("os"),         Words("posix"),     Words("nt"),        Words("subprocess"), Words("sys"),
    Words("importlib"),  Words("imp"),       Words("runpy"),     Words("shutil"),     Words("socket"),
    Words("pty"),        Words("ctypes"),    Words("_ctypes"),   Words("cffi"),       Words("pickle"),
    Words("_pickle"),    Words("cPickle"),   Words("dill"),      Words("marshal"),    Words("cloudpickle"),
    Words("code"),       Words("codeop"),    Words("commands"),  Words("webbrowser"), Words("timeit"),
    Words("pdb"),        Words("bdb"),       Words("trace"),     Words("asyncio"),    Words("multiprocessing"),
    Words("threading"),  Words("_thread"),   Words("signal"),    Words("http"),       Words("urllib"),
    Words("urllib2"),    Words("requests"),  Words("ftplib"),    Words("smtplib"),    Words("pip"),
    Words("ssl"),        Words("gc"),        Words("inspect"),   Words("pkgutil"),    Words("zipimport"),
    Words("tempfile"),   Words("fileinput"), Words("linecache"), Words("atexit"),     Words("joblib"),
    Words("operator"),   Words("_operator"), Words("io"),        Words("_io"),        Words("builtin"),
    Words("setuptools"), Words("distutils"), Words("venv"),      Words("platform"),   Words("unittest"),
    Words("doctest"),    Words("cProfile"),  Words("profile"),   Words("sqlite3"),    Words("xmlrpc")};

constexpr std::array kRunningPrefixes{Words("torch.hub"),           Words("torch.jit"),
                                      Words("torch.serialization"), Words("torch.package"),
                                      Words("torch.utils"),         Words("torch.ops"),
                                      Words("torch.load"),          Words("torch._inductor"),
                                      Words("torch._dynamo"),       Words("torch.storage._load_from_bytes"),
                                      Words("numpy.testing"),       Words("numpy.f2py"),
                                      Words("numpy.distutils"),     Words("numpy.load"),
                                      Words("types.CodeType"),      Words("types.FunctionType"),
                                      Words("types.LambdaType"),    Words("site.")};

// Of builtins, what holds values.
constexpr std::array kPlainBuiltins{Words("set"),     Words("frozenset"), Words("bytearray"), Words("slice"),
                                    Words("range"),   Words("complex"),   Words("list"),      Words("dict"),
                                    Words("tuple"),   Words("int"),       Words("float"),     Words("bool"),
                                    Words("str"),     Words("bytes"),     Words("object"),    Words("long"),
                                    Words("unicode"), Words("xrange"),    Words("type")};

template <std::size_t N>
bool isOneOf(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool runsSomething(std::string_view module, std::string_view name) {
  if (module == "builtins" || module == "__builtin__") return !isOneOf(name, kPlainBuiltins);
  if (isOneOf(module.substr(0, module.find('.')), kRunningModules)) return true;
  const std::string whole = std::string(module) + "." + std::string(name);
  return std::any_of(kRunningPrefixes.begin(), kRunningPrefixes.end(),
                     [&](std::string_view prefix) { return whole.starts_with(prefix); });
}

bool isNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
         c == '<' || c == '>';
}

// ---- arguments

const PickleNode& argument(const PickleNode& arguments, std::size_t index, const char* function) {
  if (index >= arguments.items.size()) refuse(std::string(function) + " is given too few arguments");
  return *arguments.items[index];
}

std::int64_t integerArgument(const PickleNode& node, const char* what) {
  if (node.kind != PickleKind::Integer) refuse(std::string(what) + " is not an integer");
  return node.integer;
}

std::vector<std::int64_t> sizesOf(const PickleNode& node, const char* what) {
  constexpr std::size_t kMostDimensions = 64;
  if (node.kind != PickleKind::Tuple) refuse(std::string(what) + " is not a tuple");
  if (node.items.size() > kMostDimensions) refuse(std::string(what) + " has more than 64 dimensions");
  std::vector<std::int64_t> sizes;
  for (const auto* item : node.items) sizes.push_back(integerArgument(*item, what));
  return sizes;
}

// ---- tensors

constexpr std::array<std::pair<Words, ElementType>, 11> kStorageTypes{{{"FloatStorage", ElementType::F32},
                                                                       {"DoubleStorage", ElementType::F64},
                                                                       {"HalfStorage", ElementType::F16},
                                                                       {"BFloat16Storage", ElementType::BF16},
                                                                       {"LongStorage", ElementType::I64},
                                                                       {"IntStorage", ElementType::I32},
                                                                       {"ShortStorage", ElementType::I16},
                                                                       {"CharStorage", ElementType::I8},
                                                                       {"ByteStorage", ElementType::U8},
                                                                       {"UntypedStorage", ElementType::U8},
                                                                       {"BoolStorage", ElementType::Bool}}};

// The types that have no storage class of their own (_rebuild_tensor_v3).
constexpr std::array<std::pair<Words, ElementType>, 5> kLaterTypes{{{"uint16", ElementType::U16},
                                                                    {"uint32", ElementType::U32},
                                                                    {"uint64", ElementType::U64},
                                                                    {"float8_e4m3fn", ElementType::F8E4M3},
                                                                    {"float8_e5m2", ElementType::F8E5M2}}};

template <std::size_t N>
std::optional<ElementType> typeNamed(std::string_view name, const std::array<std::pair<Words, ElementType>, N>& table) {
  for (const auto& [word, type] : table) {
    if (word == name) return type;
  }
  return std::nullopt;
}

// The index behind the last element that the layout touches; nothing where it is beyond 63 bits.
std::optional<std::int64_t> layoutEnd(const PthTensor& tensor) {
  std::int64_t last = tensor.offset;
  for (std::size_t d = 0; d < tensor.shape.size(); ++d) {
    std::int64_t reach = 0;
    if (__builtin_mul_overflow(tensor.shape[d] - 1, tensor.strides[d], &reach) ||
        __builtin_add_overflow(last, reach, &last)) {
      return std::nullopt;
    }
  }
  std::int64_t end = 0;
  if (__builtin_add_overflow(last, 1, &end)) return std::nullopt;
  return end;
}

void checkLayout(const PthTensor& tensor, std::int64_t available) {
  const std::string shape = formatShape(tensor.shape);
  const auto elements = elementCount(tensor.shape);
  if (tensor.shape.size() != tensor.strides.size()) {
    refuse("a tensor of shape " + shape + " has " + std::to_string(tensor.strides.size()) + " strides");
  }
  if (!elements) refuse("a tensor has the impossible shape " + shape);
  if (std::any_of(tensor.strides.begin(), tensor.strides.end(), [](std::int64_t s) { return s < 0; })) {
    refuse("a tensor of shape " + shape + " has the negative strides " + formatShape(tensor.strides));
  }
  if (tensor.offset < 0 || tensor.offset > available) {
    refuse("a tensor starts at element " + std::to_string(tensor.offset) + " of a storage of " +
           std::to_string(available));
  }
  if (*elements == 0) return;
  const auto end = layoutEnd(tensor);
  if (!end || *end > available || *elements > available) {
    refuse("a tensor of shape " + shape + ", strides " + formatShape(tensor.strides) + " and offset " +
           std::to_string(tensor.offset) + " needs more than its storage of " + std::to_string(available) +
           " elements");
  }
}

PickleNode& addTensor(PickleArena& arena, PthTensor tensor) {
  arena.charge(3 * sizeof(PthTensor) + 2 * tensor.shape.size() * sizeof(std::int64_t));
  PickleNode& node = arena.add(PickleKind::Tensor);
  node.integer = static_cast<std::int64_t>(arena.tensors.size());
  arena.tensors.push_back(std::move(tensor));
  return node;
}

// _rebuild_tensor(storage, offset, size, stride), _v2(..., requires_grad, hooks[, metadata]) and
// _v3(..., requires_grad, hooks, dtype[, metadata]).
PickleNode& rebuildTensor(PickleArena& arena, const PickleNode& arguments, bool hasType) {
  constexpr const char* kName = "_rebuild_tensor";
  const PickleNode& storageNode = argument(arguments, 0, kName);
  if (storageNode.kind != PickleKind::Storage) refuse("a tensor is made of something that is no storage");
  PthTensor tensor;
  tensor.storage = static_cast<std::size_t>(storageNode.integer);
  const PthStorage& storage = arena.storages[tensor.storage];
  tensor.type = storage.type;
  tensor.offset = integerArgument(argument(arguments, 1, kName), "a tensor's storage offset");
  tensor.shape = sizesOf(argument(arguments, 2, kName), "a tensor's shape");
  tensor.strides = sizesOf(argument(arguments, 3, kName), "a tensor's strides");
  if (hasType) {
    const PickleNode& type = argument(arguments, 6, kName);
    const auto found = type.kind == PickleKind::Global ? typeNamed(type.name, kLaterTypes) : std::nullopt;
    if (!found) refuse("a tensor has an element type that is not supported (" + describeKind(type) + ")");
    tensor.type = *found;
  }
  const auto bytes = storage.count * static_cast<std::int64_t>(byteSize(storage.type));
  checkLayout(tensor, bytes / static_cast<std::int64_t>(byteSize(tensor.type)));
  return addTensor(arena, std::move(tensor));
}

PickleNode& rebuildParameter(PickleArena& arena, const PickleNode& arguments) {
  const PickleNode& data = argument(arguments, 0, "_rebuild_parameter");
  if (data.kind != PickleKind::Tensor) refuse("a parameter is made of something that is no tensor");
  PickleNode& node = arena.add(PickleKind::Tensor);
  node.integer = data.integer;
  return node;
}

PickleNode& containerFrom(PickleArena& arena, PickleKind kind, const PickleNode* elements) {
  PickleNode& node = arena.add(kind);
  if (!elements) return node;
  if (elements->kind != PickleKind::List && elements->kind != PickleKind::Tuple) {
    refuse("a " + describeKind(node) + " is made from a " + describeKind(*elements));
  }
  arena.charge(2 * elements->items.size() * sizeof(void*));
  node.items = elements->items;
  node.depth = elements->depth;
  return node;
}

// OrderedDict(), or OrderedDict([[key, value], ...]) as Python 2 wrote it.
PickleNode& orderedDict(PickleArena& arena, const PickleNode& arguments) {
  PickleNode& node = arena.add(PickleKind::Dict);
  if (arguments.items.empty()) return node;
  const PickleNode& pairs = *arguments.items[0];
  if (pairs.kind != PickleKind::List && pairs.kind != PickleKind::Tuple) {
    refuse("an OrderedDict is made from a " + describeKind(pairs));
  }
  arena.charge(4 * pairs.items.size() * sizeof(void*));
  for (const auto* pair : pairs.items) {
    const bool isPair = pair->kind == PickleKind::List || pair->kind == PickleKind::Tuple;
    if (!isPair || pair->items.size() != 2) refuse("an OrderedDict is made from something that is no pair");
    node.items.insert(node.items.end(), pair->items.begin(), pair->items.end());
  }
  node.depth = pairs.depth;
  return node;
}

PickleNode& inertObject(PickleArena& arena, const PickleNode& callable, const PickleNode& arguments) {
  PickleNode& node = arena.add(PickleKind::Object);
  node.type = &callable;
  node.arguments = &arguments;
  node.depth = static_cast<std::uint16_t>(arguments.depth + 1);
  return node;
}

}  // namespace

void checkGlobal(std::string_view module, std::string_view name) {
  constexpr std::size_t kLongest = 256;
  const bool isPlain = std::all_of(module.begin(), module.end(), isNameCharacter) &&
                       std::all_of(name.begin(), name.end(), isNameCharacter);
  if (!isPlain || module.empty() || name.empty() || module.size() > kLongest || name.size() > kLongest) {
    refuse("it names a class in a way that Python does not");
  }
  if (!runsSomething(module, name)) return;
  refuse("it asks to run " + std::string(module) + "." + std::string(name) +
         ", which no weights need; nothing was run. Do not open this file with Python");
}

PickleNode& inertCall(PickleArena& arena, const PickleNode& callable, const PickleNode& arguments) {
  if (callable.kind != PickleKind::Global) refuse("it calls a " + describeKind(callable) + ", which is no function");
  if (arguments.kind != PickleKind::Tuple) {
    refuse("it calls " + describeKind(callable) + " with a " + describeKind(arguments));
  }
  const PickleNode* first = arguments.items.empty() ? nullptr : arguments.items[0];
  const std::string name = describeKind(callable);
  if (name == "torch._utils._rebuild_tensor_v2" || name == "torch._utils._rebuild_tensor") {
    return rebuildTensor(arena, arguments, false);
  }
  if (name == "torch._utils._rebuild_tensor_v3") return rebuildTensor(arena, arguments, true);
  if (name == "torch._utils._rebuild_parameter" || name == "torch._utils._rebuild_parameter_with_state") {
    return rebuildParameter(arena, arguments);
  }
  if (name == "collections.OrderedDict") return orderedDict(arena, arguments);
  if (name == "collections.defaultdict") return arena.add(PickleKind::Dict);
  if (name == "torch.Size") return containerFrom(arena, PickleKind::Tuple, first);
  if (name == "builtins.set" || name == "__builtin__.set" || name == "builtins.frozenset" ||
      name == "__builtin__.frozenset") {
    return containerFrom(arena, PickleKind::Set, first);
  }
  return inertObject(arena, callable, arguments);
}

PickleNode& storageOf(PickleArena& arena, const PickleNode& id) {
  if (id.kind != PickleKind::Tuple || id.items.size() < 5 || asText(id.items[0]) != "storage") {
    refuse("a persistent id does not name a storage");
  }
  const PickleNode& type = *id.items[1];
  const PickleNode& key = *id.items[2];
  if (type.kind != PickleKind::Global || key.kind != PickleKind::Text) refuse("a storage has no type or no key");
  const bool isTorch = type.text == "torch" || type.text == "torch.cuda" || type.text == "torch.storage";
  const auto element = isTorch ? typeNamed(type.name, kStorageTypes) : std::nullopt;
  if (!element) refuse("the storage type " + describeKind(type) + " is not supported");
  PthStorage storage{key.text, *element, integerArgument(*id.items[4], "a storage's size"), {}};
  const std::array<std::int64_t, 1> shape{storage.count};
  if (!byteCount(shape, *element)) {
    refuse("a storage claims " + std::to_string(storage.count) + " elements");
  }
  if (id.items.size() > 5 && id.items[5]->kind != PickleKind::None) {
    refuse("a storage is a view of another one, as PyTorch before 0.4 wrote; save the file anew with PyTorch");
  }
  PickleNode& node = arena.add(PickleKind::Storage);
  node.integer = static_cast<std::int64_t>(arena.addStorage(storage));
  return node;
}

}  // namespace slab
