#include "core/formats/hostile_pth.h"

#include "core/formats/pth_bytes.h"

namespace slab::test {
namespace {

constexpr std::int64_t kHuge = std::int64_t{1} << 62;

std::string times(const std::string& piece, std::size_t count) {
  std::string all;
  all.reserve(piece.size() * count);
  for (std::size_t i = 0; i < count; ++i) all += piece;
  return all;
}

// An archive of one pickle, with a storage "0" of four floats.
std::string around(const std::string& body) {
  return zip(archive(pickle(body), {{"0", std::string(16, '\1')}}));
}

std::string good() {
  return dict({{"weight", tensor(storage("0", 4), 0, {2, 2}, {2, 1})}});
}

class Corpus {
 public:
  std::vector<HostileFile> files;

  void add(std::string name, std::string bytes, std::string reason) {
    files.push_back({std::move(name), std::move(bytes), std::move(reason)});
  }
  void addBody(std::string name, const std::string& body, std::string reason) {
    add(std::move(name), around(body), std::move(reason));
  }
};

void addCalls(Corpus& corpus) {
  const auto runs = [&](const std::string& module, const std::string& name) {
    corpus.addBody("calls " + module + "." + name, call(global(module, name), text("touch /tmp/slab-was-here")),
                   "nothing was run");
  };
  runs("os", "system");
  runs("posix", "system");
  runs("subprocess", "Popen");
  runs("builtins", "eval");
  runs("builtins", "exec");
  runs("__builtin__", "getattr");
  runs("builtins", "__import__");
  runs("builtins", "open");
  runs("runpy", "run_path");
  runs("importlib", "import_module");
  runs("torch.hub", "load");
  runs("torch.serialization", "load");
  runs("torch.storage", "_load_from_bytes");
  runs("torch.jit", "load");
  runs("operator", "attrgetter");
  runs("numpy.testing._private.utils", "runstring");
  runs("pickle", "loads");
  runs("ctypes", "CDLL");
  runs("socket", "create_connection");
  runs("shutil", "rmtree");
  corpus.addBody("names os.system only as a value", dict({{"weight", global("os", "system")}}), "nothing was run");
  corpus.addBody("hides os.system behind STACK_GLOBAL", text("os") + text("system") + "\x93" + text("id") + "\x85R",
                 "nothing was run");
  corpus.addBody("makes an os.system with NEWOBJ", global("os", "system") + text("id") + "\x85\x81", "nothing was run");
  corpus.addBody("runs os.system by INST", "(" + text("id") + "ios\nsystem\n", "opcode 105");
  corpus.addBody("runs os.system by OBJ", "(" + global("argparse", "Namespace") + text("id") + "o", "opcode 111");
  corpus.addBody("calls what a call returned", call(call(global("mine", "f"), text("a")), text("b")),
                 "which is no function");
  corpus.addBody("calls a text", call(text("os.system"), text("id")), "which is no function");
  corpus.addBody("calls with a dict for arguments", global("mine", "f") + "}R", "with a dict");
  corpus.addBody("names a class with control characters", global("mi\x1Bne", "f"), "names a class");
  corpus.addBody("asks for an extension code", "\x82\x01", "opcode 130");
  corpus.addBody("asks for a persistent id in text", "Pstorage\n", "opcode 80");
}

void addTensors(Corpus& corpus) {
  const auto tensorIs = [&](const std::string& name, const std::string& made, const std::string& reason) {
    corpus.addBody(name, dict({{"weight", made}}), reason);
  };
  const std::string four = storage("0", 4);
  tensorIs("tensor beyond its storage", tensor(four, 0, {5}, {1}), "needs more than its storage");
  tensorIs("tensor starts behind its storage", tensor(four, 5, {1}, {1}), "starts at element 5");
  tensorIs("tensor starts before its storage", tensor(four, -1, {1}, {1}), "starts at element -1");
  tensorIs("negative stride", tensor(four, 3, {4}, {-1}), "negative strides");
  tensorIs("negative size", tensor(four, 0, {-4}, {1}), "impossible shape");
  tensorIs("sizes whose product overflows", tensor(four, 0, {kHuge, kHuge}, {1, 1}), "impossible shape");
  tensorIs("strides whose reach overflows", tensor(four, 0, {2, 2}, {kHuge, kHuge}), "needs more than its storage");
  tensorIs("one element expanded to 2^40", tensor(four, 0, {std::int64_t{1} << 40}, {0}), "needs more");
  tensorIs("stride of 2^62", tensor(four, 0, {4}, {kHuge}), "needs more");
  tensorIs("fewer strides than sizes", tensor(four, 0, {2, 2}, {1}), "strides");
  tensorIs("a thousand dimensions", tensor(four, 0, std::vector<std::int64_t>(1000, 1), {}), "dimensions");
  tensorIs("offset of 2^63 - 1", tensor(four, INT64_MAX, {1}, {1}), "starts at element");
  tensorIs("storage of 226 GB", tensor(storage("0", std::int64_t{226} << 28), 0, {4}, {1}), "claims");
  tensorIs("storage of 2^62 floats", tensor(storage("0", kHuge), 0, {4}, {1}), "claims");
  tensorIs("storage of negative size", tensor(storage("0", -4), 0, {4}, {1}), "claims");
  tensorIs("storage that the archive lacks", tensor(storage("1", 4), 0, {4}, {1}), "lacks the entry data/1");
  tensorIs("storage named ../0", tensor(storage("../0", 4), 0, {4}, {1}), "lacks the entry");
  tensorIs("storage of an unknown type", tensor(storage("0", 4, "QUInt8Storage"), 0, {4}, {1}), "not supported");
  tensorIs("storage type of another module",
           tensor("(" + text("storage") + global("mine", "FloatStorage") + text("0") + text("cpu") + integer(4) + "tQ",
                  0, {4}, {1}),
           "not supported");
  tensorIs("tensor made of a number", tensor(integer(7), 0, {1}, {1}), "no storage");
  tensorIs("shape that is a text", call(global("torch._utils", "_rebuild_tensor_v2"), four + integer(0) + text("22")),
           "not a tuple");
  tensorIs("tensor with two arguments", call(global("torch._utils", "_rebuild_tensor_v2"), four + integer(0)),
           "too few arguments");
  tensorIs("parameter made of a dict", call(global("torch._utils", "_rebuild_parameter"), "}"), "no tensor");
  corpus.addBody("one storage, two sizes",
                 dict({{"a", tensor(four, 0, {4}, {1})}, {"b", tensor(storage("0", 8), 0, {8}, {1})}}),
                 "described twice");
  corpus.addBody("one storage, two types",
                 dict({{"a", tensor(four, 0, {4}, {1})}, {"b", tensor(storage("0", 4, "LongStorage"), 0, {4}, {1})}}),
                 "described twice");
}

void addPickles(Corpus& corpus) {
  const std::string zero(1, '\0');
  corpus.addBody("text of 4 GB", "X" + little(0xFFFFFFFF, 4) + "x", "cut");
  corpus.addBody("text of 2^63 bytes", "\x8D" + little(std::uint64_t{1} << 63, 8) + "x", "cut");
  corpus.addBody("bytes of 2^64 - 1", "\x8E" + little(~0ULL, 8), "cut");
  corpus.addBody("frame of 2^64 - 1", "\x95" + little(~0ULL, 8) + "N", "cut");
  corpus.addBody("text that is not UTF-8", text("\xC0\xAF"), "UTF-8");
  corpus.addBody("200,000 nested lists", times("]", 200'000) + times("a", 199'999), "nested");
  corpus.addBody("nesting from the inside out", "]q" + times(zero + "]h" + zero + "aq", 1000) + zero, "nested");
  corpus.addBody("a list in itself, over and over", "]q" + zero + times("h" + zero + "a", 1000), "nested");
  corpus.addBody("100,000 marks", times("(", 100'000), "marks");
  corpus.addBody("a million values on the stack", "(" + times("N", 1'000'000) + "t", "values wait");
  corpus.addBody("600,000 dicts",
                 "](" + times("}", 200'000) + "e(" + times("}", 200'000) + "e(" + times("}", 200'000) + "e", "MB");
  corpus.addBody("a list of three million references",
                 "]Nq" + zero + "a" + times("(" + times("h" + zero, 250'000) + "e", 12), "opcodes");
  corpus.addBody("memo slot 2^32 - 1", "Nr" + little(0xFFFFFFFF, 4), "memo slot");
  corpus.addBody("memo slot that was never filled", "h\x07", "memo slot 7 is empty");
  corpus.addBody("takes from an empty stack", "a", "not there");
  corpus.addBody("takes from below its mark", "](Na(a", "not there");
  corpus.addBody("goes back to no mark", "t", "not there");
  corpus.addBody("key without value", "}(" + text("a") + "u", "without a value");
  corpus.addBody("sets an item of a number", "K\1" + text("a") + "Ns", "sets an item");
  corpus.addBody("appends to a text", text("a") + "Na", "appends");
  corpus.addBody("sets attributes of a list", "]}b", "sets attributes");
  corpus.addBody("ends with values left over", "NN", "left over");
  corpus.addBody("never ends its module name", "c" + times("a", 5000), "does not end");
  corpus.addBody("five million steps", "N" + times("q" + zero, 5'000'000), "opcodes");
  corpus.add("does not end", zip(archive("\x80\x02N")), "cut");
  corpus.add("pickle of protocol 9", zip(archive("\x80\x09N.")), "protocol 9");
  corpus.add("text pickle of protocol 0", zip(archive("cos\nsystem\n(S'id'\ntR.")), "no pickle of protocol 2");
  corpus.add("empty pickle", zip(archive("")), "no pickle");
}

void addZips(Corpus& corpus) {
  const std::string floats(16, '\1');
  const auto pieces = archive(pickle(good()), {{"0", floats}});
  const auto with = [&](auto change) {
    auto changed = pieces;
    change(changed);
    return zip(changed);
  };
  corpus.add("wrong sum of the pickle", with([](auto& p) { p[0].crc = 1; }), "check sum of data.pkl");
  corpus.add("wrong sum of a storage", with([](auto& p) { p[2].crc = 1; }), "check sum of archive/data/0");
  corpus.add("one name twice", with([](auto& p) { p.push_back(p[2]); }), "occurs twice");
  corpus.add("two pickles", with([](auto& p) {
               p.push_back(p[0]);
               p.back().name = "other/data.pkl";
             }),
             "two pickles");
  corpus.add("entries that share bytes", with([](auto& p) { p[2].offset = 0, p[2].localName = p[2].name; }), "name");
  corpus.add("entry with another local name", with([](auto& p) { p[2].localName = "archive/data/1"; }), "another name");
  corpus.add("entry behind the end", with([](auto& p) { p[2].offset = 0x7FFFFFFF; }), "outside");
  corpus.add("entry of 4 GB", with([](auto& p) { p[2].size = 0xFFFFFFF0; }), "outside");
  corpus.add("entry that reaches into the directory", with([](auto& p) { p[2].size = 20; }), "directory");
  corpus.add("zip64 size of 2^63", with([](auto& p) {
               p[2].size = 0xFFFFFFFF;
               p[2].extra =
                   little(1, 2) + little(16, 2) + little(std::uint64_t{1} << 63, 8) + little(std::uint64_t{1} << 63, 8);
             }),
             "outside");
  corpus.add("zip64 field that is cut", with([](auto& p) {
               p[2].size = 0xFFFFFFFF;
               p[2].extra = little(1, 2) + little(4, 2) + little(0, 4);
             }),
             "outside");
  corpus.add("storage shorter than it claims", with([](auto& p) { p[2].data.resize(12); }), "12 bytes");
  corpus.add("deflated entry", with([](auto& p) { p[0].method = 8; }), "compressed");
  corpus.add("encrypted entry", with([](auto& p) { p[0].flags = 1; }), "encrypted");
  corpus.add("path out of the archive", with([](auto& p) { p[2].name = "archive/../../etc/passwd"; }), "points out");
  corpus.add("absolute path", with([](auto& p) { p[2].name = "/etc/passwd"; }), "name");
  corpus.add("path with a NUL", with([](auto& p) { p[2].name = std::string("archive/data/0\0x", 16); }), "name");
  corpus.add("path with backslashes", with([](auto& p) { p[2].name = "archive\\..\\0"; }), "name");
  corpus.add("big-endian", with([](auto& p) { p[1].data = "big"; }), "big-endian");
  corpus.add("TorchScript program", with([](auto& p) {
               p.push_back(p[1]);
               p.back().name = "archive/constants.pkl";
             }),
             "TorchScript");
  corpus.add("no pickle", zip({pieces[1]}), "without data.pkl");
  corpus.add("65,535 claimed entries", zip(pieces, {.count = 65535}), "entries");
  corpus.add("2^60 claimed entries", zip(pieces, {.count = std::uint64_t{1} << 60, .zip64 = true}), "entries");
  corpus.add("directory at 2^63", zip(pieces, {.directoryOffset = std::uint64_t{1} << 63, .zip64 = true}), "directory");
  corpus.add("bytes between directory and end", zip(pieces, {.afterDirectory = "hidden"}), "directory");
  corpus.add("another archive in its comment", zip(pieces, {.comment = zip(archive(pickle("N")))}), "directory");
  corpus.add("cut within the data", zip(pieces).substr(0, 100), "cut");
  corpus.add(
      "cut within the directory",
      [&] {
        std::string file = zip(pieces);
        return file.substr(0, file.size() - 60);
      }(),
      "cut");
  corpus.add("only the first four bytes", "PK\x03\x04", "short");
}

void addLegacy(Corpus& corpus) {
  const std::string floats(16, '\1'), keys = "]" + text("0") + "a", content = good();
  corpus.add("old file, storage cut", legacy(content, keys, little(4, 8) + "abc"), "cut");
  corpus.add("old file, storage missing", legacy(content, keys, ""), "missing");
  corpus.add("old file, storage of 2^62", legacy(content, keys, little(std::uint64_t{1} << 62, 8) + floats),
             "elements");
  corpus.add("old file, storage listed twice",
             legacy(content, "](" + text("0") + text("0") + "e", times(little(4, 8) + floats, 2)), "twice");
  corpus.add("old file, storage not listed", legacy(content, "]", ""), "missing");
  corpus.add("old file, keys are a number", legacy(content, "K\1", ""), "list of storages");
  corpus.add("old file, hidden bytes at its end", legacy(content, keys, little(4, 8) + floats + "hidden"),
             "no storage");
  corpus.add("old file, big-endian", legacy(content, keys, little(4, 8) + floats, false), "big-endian");
  corpus.add("old file that calls os.system", legacy(call(global("os", "system"), text("id")), "]", ""),
             "nothing was run");
  corpus.add("pickle that calls os.system", pickle(call(global("os", "system"), text("id"))), "nothing was run");
  corpus.add("pickle of something else", pickle("]"), "not one of torch.save");
  corpus.add("text file", "weights = 7\n", "begins neither");
  corpus.add("empty file", "", "begins neither");
}

}  // namespace

std::vector<HostileFile> hostilePthFiles() {
  Corpus corpus;
  addCalls(corpus);
  addTensors(corpus);
  addPickles(corpus);
  addZips(corpus);
  addLegacy(corpus);
  return std::move(corpus.files);
}

}  // namespace slab::test
