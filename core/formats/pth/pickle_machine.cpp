#include "core/formats/pth/pickle_machine.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string>

#include "core/base/error.h"
#include "core/formats/pth/pickle_calls.h"

namespace slab {
namespace {

constexpr std::size_t kMostSteps = std::size_t{1} << 21;
constexpr std::size_t kMostStack = std::size_t{1} << 18;
constexpr std::size_t kMostMarks = 1024;
constexpr std::size_t kMostMemo = std::size_t{1} << 19;
constexpr std::uint16_t kMostDepth = 256;

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorKind::Checkpoint, what);
}

// Names of the pickle module's opcodes.
enum Opcode : unsigned char {
  kMark = '(',
  kStop = '.',
  kBinFloat = 'G',
  kBinInt = 'J',
  kBinInt1 = 'K',
  kBinInt2 = 'M',
  kNone = 'N',
  kBinPersId = 'Q',
  kReduce = 'R',
  kBinString = 'T',
  kShortBinString = 'U',
  kBinUnicode = 'X',
  kBinBytes = 'B',
  kShortBinBytes = 'C',
  kAppend = 'a',
  kBuild = 'b',
  kGlobal = 'c',
  kAppends = 'e',
  kBinGet = 'h',
  kLongBinGet = 'j',
  kBinPut = 'q',
  kLongBinPut = 'r',
  kSetItem = 's',
  kTuple = 't',
  kSetItems = 'u',
  kEmptyDict = '}',
  kEmptyList = ']',
  kEmptyTuple = ')',
  kProto = 0x80,
  kNewObj = 0x81,
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kNewTrue = 0x88,
  kNewFalse = 0x89,
  kLong1 = 0x8A,
  kShortBinUnicode = 0x8C,
  kBinUnicode8 = 0x8D,
  kBinBytes8 = 0x8E,
  kEmptySet = 0x8F,
  kAddItems = 0x90,
  kFrozenSet = 0x91,
  kNewObjEx = 0x92,
  kStackGlobal = 0x93,
  kMemoize = 0x94,
  kFrame = 0x95,
  kByteArray8 = 0x96
};

// Strict UTF-8, so that names can be shown and written as JSON.
bool isUtf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if ((lead >= 0x80 && lead < 0xC2) || lead > 0xF4 || length > text.size() - i) return false;
    std::uint32_t point = length == 1 ? lead : lead & (0x7FU >> length);
    for (std::size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xC0) != 0x80) return false;
      point = point << 6 | (next & 0x3F);
    }
    if ((length == 3 && point < 0x800) || (length == 4 && point < 0x10000) || point > 0x10FFFF) return false;
    if (point >= 0xD800 && point <= 0xDFFF) return false;
    i += length;
  }
  return true;
}

class Machine {
 public:
  Machine(std::span<const std::byte> bytes, PickleArena& arena)
      : bytes_(reinterpret_cast<const char*>(bytes.data()), bytes.size()), arena_(arena) {}

  PickleResult run();
  [[nodiscard]] std::size_t at() const { return at_; }

 private:
  // ---- bytes
  std::string_view take(std::uint64_t count);
  std::uint64_t unsignedOf(std::size_t bytes);
  std::string_view line();

  // ---- stack and memo
  PickleNode& push(PickleNode& node);
  PickleNode& pop();
  PickleNode& top();
  std::span<PickleNode* const> sinceMark();
  void dropMarked();
  void put(std::size_t index);
  void get(std::size_t index);

  // ---- values
  void step(unsigned char opcode);
  bool stepPlain(unsigned char opcode);
  bool stepText(unsigned char opcode);
  bool stepContainer(unsigned char opcode);
  bool stepObject(unsigned char opcode);
  void pushInteger(std::int64_t value);
  void pushText(PickleKind kind, std::string_view text);
  void pushTuple(std::size_t size);
  void pushGlobal(std::string_view module, std::string_view name);
  void protocol();
  void longInteger();
  void adopt(PickleNode& parent, std::vector<const PickleNode*>& list, std::span<PickleNode* const> children);
  void appendAll(std::span<PickleNode* const> children, PickleNode& target);
  void setAll(std::span<PickleNode* const> children, PickleNode& target);
  void build();
  void newObject(bool withKeywords);

  std::string_view bytes_;
  PickleArena& arena_;
  std::size_t at_ = 0;
  std::vector<PickleNode*> stack_;
  std::vector<std::size_t> marks_;
  std::vector<PickleNode*> memo_;
  std::size_t memoized_ = 0;
};

std::string_view Machine::take(std::uint64_t count) {
  if (count > bytes_.size() - at_) {
    refuse("it is cut: " + std::to_string(count) + " bytes are announced, " + std::to_string(bytes_.size() - at_) +
           " are left");
  }
  const std::string_view taken = bytes_.substr(at_, count);
  at_ += count;
  return taken;
}

std::uint64_t Machine::unsignedOf(std::size_t bytes) {
  std::uint64_t value = 0;
  const std::string_view taken = take(bytes);
  for (std::size_t i = 0; i < bytes; ++i) {
    value |= static_cast<std::uint64_t>(static_cast<unsigned char>(taken[i])) << (8 * i);
  }
  return value;
}

std::string_view Machine::line() {
  constexpr std::size_t kLongest = 257;
  const std::size_t end = bytes_.substr(at_, kLongest).find('\n');
  if (end == std::string_view::npos) refuse("a name does not end");
  const std::string_view text = take(end);
  ++at_;
  return text;
}

PickleNode& Machine::push(PickleNode& node) {
  if (stack_.size() >= kMostStack) refuse("more than " + std::to_string(kMostStack) + " values wait on its stack");
  stack_.push_back(&node);
  return node;
}

PickleNode& Machine::top() {
  if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) refuse("it takes a value that is not there");
  return *stack_.back();
}

PickleNode& Machine::pop() {
  PickleNode& node = top();
  stack_.pop_back();
  return node;
}

std::span<PickleNode* const> Machine::sinceMark() {
  if (marks_.empty()) refuse("it goes back to a mark that is not there");
  return std::span(stack_).subspan(marks_.back());
}

void Machine::dropMarked() {
  stack_.resize(marks_.back());
  marks_.pop_back();
}

void Machine::put(std::size_t index) {
  if (index >= kMostMemo) refuse("memo slot " + std::to_string(index) + " is beyond the limit");
  if (index >= memo_.size()) {
    arena_.charge(2 * sizeof(void*) * (index + 1 - memo_.size()));
    memo_.resize(index + 1, nullptr);
  }
  memo_[index] = &top();
  ++memoized_;
}

void Machine::get(std::size_t index) {
  if (index >= memo_.size() || !memo_[index]) refuse("memo slot " + std::to_string(index) + " is empty");
  push(*memo_[index]);
}

void Machine::pushInteger(std::int64_t value) {
  push(arena_.add(PickleKind::Integer)).integer = value;
}

void Machine::pushText(PickleKind kind, std::string_view text) {
  if (kind == PickleKind::Text && !isUtf8(text)) refuse("a text is not valid UTF-8");
  push(arena_.add(kind)).text = text;
}

void Machine::adopt(PickleNode& parent, std::vector<const PickleNode*>& list, std::span<PickleNode* const> children) {
  arena_.charge(3 * sizeof(void*) * children.size());  // a vector that grows holds up to that
  for (const auto* child : children) {
    if (child->depth >= kMostDepth) refuse("values are nested deeper than " + std::to_string(kMostDepth) + " levels");
    parent.depth = std::max<std::uint16_t>(parent.depth, child->depth + 1);
  }
  list.insert(list.end(), children.begin(), children.end());
}

void Machine::pushTuple(std::size_t size) {
  const std::size_t floor = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() < floor + size) refuse("it takes a value that is not there");
  PickleNode& tuple = arena_.add(PickleKind::Tuple);
  adopt(tuple, tuple.items, std::span(stack_).last(size));
  stack_.resize(stack_.size() - size);
  push(tuple);
}

void Machine::pushGlobal(std::string_view module, std::string_view name) {
  checkGlobal(module, name);
  PickleNode& node = push(arena_.add(PickleKind::Global));
  node.text = module;
  node.name = name;
}

void Machine::protocol() {
  const auto version = unsignedOf(1);
  if (version < 2 || version > 5) refuse("it is written in pickle protocol " + std::to_string(version));
}

// Two's complement, little-endian, any length.
void Machine::longInteger() {
  const std::string_view digits = take(unsignedOf(1));
  if (digits.size() > sizeof(std::int64_t)) return pushText(PickleKind::BigInteger, digits);
  std::uint64_t value = !digits.empty() && static_cast<signed char>(digits.back()) < 0 ? ~std::uint64_t{0} : 0;
  for (std::size_t i = digits.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(digits[i]);
  pushInteger(static_cast<std::int64_t>(value));
}

void Machine::appendAll(std::span<PickleNode* const> children, PickleNode& target) {
  if (target.kind != PickleKind::List && target.kind != PickleKind::Object) {
    refuse("it appends to a " + describeKind(target));
  }
  adopt(target, target.items, children);
}

void Machine::setAll(std::span<PickleNode* const> children, PickleNode& target) {
  if (children.size() % 2 != 0) refuse("a dict has a key without a value");
  if (target.kind == PickleKind::Dict) return adopt(target, target.items, children);
  if (target.kind == PickleKind::Object) return adopt(target, target.entries, children);
  refuse("it sets an item of a " + describeKind(target));
}

void Machine::build() {
  PickleNode& state = pop();
  PickleNode& target = top();
  if (target.kind != PickleKind::Object && target.kind != PickleKind::Dict && target.kind != PickleKind::Tensor) {
    refuse("it sets attributes of a " + describeKind(target));
  }
  if (state.depth >= kMostDepth) refuse("values are nested deeper than " + std::to_string(kMostDepth) + " levels");
  target.depth = std::max<std::uint16_t>(target.depth, state.depth + 1);
  target.state = &state;
}

void Machine::newObject(bool withKeywords) {
  if (withKeywords) pop();
  const PickleNode& arguments = pop();
  const PickleNode& type = pop();
  push(inertCall(arena_, type, arguments));
}

bool Machine::stepPlain(unsigned char opcode) {
  switch (opcode) {
    case kProto: protocol(); return true;
    case kFrame: {
      const auto length = unsignedOf(8);
      if (length > bytes_.size() - at_) refuse("it is cut: a frame ends behind its end");
      return true;
    }
    case kMark:
      if (marks_.size() >= kMostMarks) refuse("values are nested deeper than " + std::to_string(kMostMarks) + " marks");
      marks_.push_back(stack_.size());
      return true;
    case kNone: push(arena_.add(PickleKind::None)); return true;
    case kNewTrue: push(arena_.add(PickleKind::Bool)).integer = 1; return true;
    case kNewFalse: push(arena_.add(PickleKind::Bool)); return true;
    case kBinInt: pushInteger(static_cast<std::int32_t>(unsignedOf(4))); return true;
    case kBinInt1: pushInteger(static_cast<std::int64_t>(unsignedOf(1))); return true;
    case kBinInt2: pushInteger(static_cast<std::int64_t>(unsignedOf(2))); return true;
    case kLong1: longInteger(); return true;
    case kBinFloat:  // the one big-endian number
      push(arena_.add(PickleKind::Real)).real = std::bit_cast<double>(__builtin_bswap64(unsignedOf(8)));
      return true;
    default: return false;
  }
}

bool Machine::stepText(unsigned char opcode) {
  switch (opcode) {
    case kBinUnicode: pushText(PickleKind::Text, take(unsignedOf(4))); return true;
    case kShortBinUnicode: pushText(PickleKind::Text, take(unsignedOf(1))); return true;
    case kBinUnicode8: pushText(PickleKind::Text, take(unsignedOf(8))); return true;
    // Python 2's str: text where it can be read as such.
    case kBinString:
    case kShortBinString: {
      const std::string_view text = take(unsignedOf(opcode == kBinString ? 4 : 1));
      pushText(isUtf8(text) ? PickleKind::Text : PickleKind::Bytes, text);
      return true;
    }
    case kBinBytes: pushText(PickleKind::Bytes, take(unsignedOf(4))); return true;
    case kShortBinBytes: pushText(PickleKind::Bytes, take(unsignedOf(1))); return true;
    case kBinBytes8:
    case kByteArray8: pushText(PickleKind::Bytes, take(unsignedOf(8))); return true;
    case kBinPut: put(unsignedOf(1)); return true;
    case kLongBinPut: put(unsignedOf(4)); return true;
    case kMemoize: put(memoized_); return true;
    case kBinGet: get(unsignedOf(1)); return true;
    case kLongBinGet: get(unsignedOf(4)); return true;
    default: return false;
  }
}

bool Machine::stepContainer(unsigned char opcode) {
  switch (opcode) {
    case kEmptyDict: push(arena_.add(PickleKind::Dict)); return true;
    case kEmptyList: push(arena_.add(PickleKind::List)); return true;
    case kEmptyTuple: push(arena_.add(PickleKind::Tuple)); return true;
    case kEmptySet: push(arena_.add(PickleKind::Set)); return true;
    case kTuple1: pushTuple(1); return true;
    case kTuple2: pushTuple(2); return true;
    case kTuple3: pushTuple(3); return true;
    case kTuple:
    case kFrozenSet: {
      PickleNode& made = arena_.add(opcode == kTuple ? PickleKind::Tuple : PickleKind::Set);
      adopt(made, made.items, sinceMark());
      dropMarked();
      push(made);
      return true;
    }
    case kAppend: {
      PickleNode* child = &pop();
      appendAll(std::span(&child, 1), top());
      return true;
    }
    case kSetItem: {
      PickleNode& value = pop();
      const std::array<PickleNode*, 2> pair{&pop(), &value};
      setAll(pair, top());
      return true;
    }
    case kAppends:
    case kSetItems:
    case kAddItems: {
      const std::vector<PickleNode*> children(sinceMark().begin(), sinceMark().end());
      dropMarked();
      PickleNode& target = top();
      if (opcode == kSetItems) {
        setAll(children, target);
      } else if (opcode == kAppends) {
        appendAll(children, target);
      } else if (target.kind == PickleKind::Set) {
        adopt(target, target.items, children);
      } else {
        refuse("it adds to a " + describeKind(target));
      }
      return true;
    }
    default: return false;
  }
}

bool Machine::stepObject(unsigned char opcode) {
  switch (opcode) {
    case kGlobal: {
      const std::string_view module = line();
      pushGlobal(module, line());
      return true;
    }
    case kStackGlobal: {
      const PickleNode& name = pop();
      const PickleNode& module = pop();
      if (name.kind != PickleKind::Text || module.kind != PickleKind::Text) refuse("a class name is no text");
      pushGlobal(module.text, name.text);
      return true;
    }
    case kReduce:
    case kNewObj: newObject(false); return true;
    case kNewObjEx: newObject(true); return true;
    case kBuild: build(); return true;
    case kBinPersId: push(storageOf(arena_, pop())); return true;
    default: return false;
  }
}

void Machine::step(unsigned char opcode) {
  if (stepPlain(opcode) || stepText(opcode) || stepContainer(opcode) || stepObject(opcode)) return;
  refuse("opcode " + std::to_string(opcode) + " does not occur in files of torch.save");
}

PickleResult Machine::run() {
  if (!bytes_.starts_with('\x80')) refuse("it is no pickle of protocol 2 or later");
  for (std::size_t steps = 0; steps < kMostSteps; ++steps) {
    const auto opcode = static_cast<unsigned char>(take(1).front());
    if (opcode != kStop) {
      step(opcode);
      continue;
    }
    const PickleNode& root = pop();
    if (!stack_.empty() || !marks_.empty()) refuse("values are left over at its end");
    return {&root, at_};
  }
  refuse("it has more than " + std::to_string(kMostSteps) + " opcodes");
}

}  // namespace

PickleNode& PickleArena::add(PickleKind kind) {
  charge(sizeof(PickleNode));
  PickleNode& node = nodes_.emplace_back();
  node.kind = kind;
  return node;
}

void PickleArena::charge(std::size_t bytes) {
  used_ += bytes;
  if (used_ > kBytes) refuse("its values need more than " + std::to_string(kBytes >> 20) + " MB");
}

std::size_t PickleArena::addStorage(const PthStorage& storage) {
  const auto [found, isNew] = storageIndex_.emplace(storage.key, storages.size());
  if (isNew) {
    charge(3 * sizeof(PthStorage) + 128);
    storages.push_back(storage);
    return found->second;
  }
  const PthStorage& known = storages[found->second];
  if (known.type != storage.type || known.count != storage.count) {
    refuse("storage " + std::string(storage.key) + " is described twice, differently");
  }
  return found->second;
}

PickleResult readPickle(std::span<const std::byte> bytes, PickleArena& arena) {
  Machine machine(bytes, arena);
  try {
    return machine.run();
  } catch (const Error& error) {
    throw Error(ErrorKind::Checkpoint,
                "its pickle is refused at byte " + std::to_string(machine.at()) + ": " + error.what());
  }
}

}  // namespace slab
