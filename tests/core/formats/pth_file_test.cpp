#include "core/formats/pth/pth_file.h"

#include <array>
#include <cstring>

#include "core/formats/hostile_pth.h"
#include "core/formats/pth_bytes.h"
#include "core/formats/safetensors.h"
#include "core/formats/support.h"

namespace slab {
namespace {

using test::contains;
using test::errorOf;
using test::toBytes;

std::string fixture(const std::string& name) {
  return SLAB_TEST_DATA "/oracles/pth/" + name;
}

std::vector<std::byte> elements(const StridedView& view) {
  std::vector<std::byte> bytes(static_cast<std::size_t>(byteCount(view.shape, view.type).value()));
  copyElements(view, bytes);
  return bytes;
}

// Reads every tensor within four levels, as an import would.
void readAll(const PthFile& file, const PickleNode& node, int levels = 4) {
  if (node.kind == PickleKind::Tensor) elements(file.tensor(node));
  if (levels == 0) return;
  for (const auto* item : node.items) readAll(file, *item, levels - 1);
}

void expectSameTensors(const PthFile& file, const PickleNode& weights, const std::string& expectedName,
                       const std::string& prefix = "") {
  const auto expected = SafetensorsFile::open(fixture(expectedName));
  const auto entries = dictEntries(weights);
  ASSERT_EQ(entries.size(), 2 * expected.tensors().size());
  for (std::size_t i = 0; i < expected.tensors().size(); ++i) {
    const TensorView& wanted = expected.tensors()[i];
    EXPECT_EQ(entries[2 * i]->text, prefix + wanted.name);
    ASSERT_EQ(entries[2 * i + 1]->kind, PickleKind::Tensor) << wanted.name;
    const StridedView view = file.tensor(*entries[2 * i + 1]);
    EXPECT_EQ(view.type, wanted.type) << wanted.name;
    ASSERT_EQ(view.shape, wanted.shape) << wanted.name;
    const auto bytes = elements(view);
    EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), wanted.bytes.begin(), wanted.bytes.end())) << wanted.name;
  }
}

TEST(PthFile, ReadsAStateDictBitByBit) {
  const auto file = PthFile::open(fixture("state_dict.pth"));
  EXPECT_EQ(file.container(), PthFile::Container::Zip);
  expectSameTensors(file, file.root(), "state_dict.safetensors");
}

TEST(PthFile, ReadsATrainingCheckpointWithItsYacsConfiguration) {
  for (const char* name : {"training.pth", "legacy.pth"}) {
    const auto file = PthFile::open(fixture(name));
    ASSERT_NE(findItem(file.root(), "model"), nullptr) << name;
    expectSameTensors(file, *findItem(file.root(), "model"), "training.safetensors");
    EXPECT_EQ(asInteger(findItem(file.root(), "epoch")), 299);
    EXPECT_EQ(asNumber(findItem(file.root(), "max_accuracy")), 73.6);
    const auto at = [&](auto... keys) {
      return findPath(file.root(), std::array<std::string_view, sizeof...(keys)>{keys...});
    };
    EXPECT_EQ(describeKind(*at("config")), "yacs.config.CfgNode");
    EXPECT_EQ(asText(at("config", "MODEL", "TYPE")), "deits");
    EXPECT_EQ(asInteger(at("config", "DATA", "IMG_SIZE")), 8);
    EXPECT_EQ(asNumber(at("config", "TRAIN", "BASE_LR")), 5e-4);
    EXPECT_EQ(at("config", "TRAIN", "CLIP_GRAD")->kind, PickleKind::None);
    EXPECT_EQ(at("config", "NOTHING", "HERE"), nullptr);
  }
  EXPECT_EQ(PthFile::open(fixture("legacy.pth")).container(), PthFile::Container::Legacy);
}

TEST(PthFile, ReadsEmaWeightsBesideArgparseAndNumpy) {
  const auto file = PthFile::open(fixture("ema.pth"));
  expectSameTensors(file, *findItem(file.root(), "state_dict_ema"), "ema.safetensors", "module.");
  const PickleNode* arguments = findItem(file.root(), "args");
  ASSERT_NE(arguments, nullptr);
  EXPECT_EQ(describeKind(*arguments), "argparse.Namespace");
  EXPECT_EQ(asText(findItem(*arguments, "model")), "deit_tiny");
  EXPECT_EQ(asNumber(findItem(*arguments, "lr")), 1e-3);
  EXPECT_EQ(findItem(*arguments, "big")->kind, PickleKind::BigInteger);
  EXPECT_EQ(asNumber(findItem(file.root(), "metric")), 71.25);
  EXPECT_EQ(asNumber(findItem(file.root(), "step")), 4321);
  EXPECT_EQ(findItem(file.root(), "history")->kind, PickleKind::Object);
  EXPECT_EQ(findItem(file.root(), "seen")->items.size(), 3U);
}

TEST(PthFile, ReadsEveryElementTypeAndLayoutInEveryContainer) {
  for (const char* name : {"layouts.pth", "layouts_legacy.pth", "layouts_protocol4.pth", "layouts_protocol5.pth"}) {
    SCOPED_TRACE(name);
    const auto file = PthFile::open(fixture(name));
    expectSameTensors(file, file.root(), "layouts.safetensors");
  }
}

TEST(PthFile, KeepsItsBytesAfterTheFileIsGone) {
  std::optional<PthFile> copy;
  {
    const auto file = PthFile::open(fixture("layouts.pth"));
    copy = file;
  }
  expectSameTensors(*copy, copy->root(), "layouts.safetensors");
}

TEST(PthFile, ReadsZip64Archives) {
  const std::string floats(16, '\1');
  auto pieces = test::archive(
      test::pickle(test::dict({{"weight", test::tensor(test::storage("0", 4), 0, {2, 2}, {2, 1})}})), {{"0", floats}});
  const auto bytes = toBytes(test::zip(pieces, {.zip64 = true}));
  const auto file = PthFile::parse(bytes, "big.pth");
  EXPECT_EQ(elements(file.tensor(*findItem(file.root(), "weight"))), toBytes(floats));
}

TEST(PthFile, RefusesHostileFilesAndNamesThem) {
  const auto files = test::hostilePthFiles();
  EXPECT_GE(files.size(), 60U);
  for (const auto& hostile : files) {
    const auto bytes = toBytes(hostile.bytes);
    const std::string message = errorOf([&] {
      const auto file = PthFile::parse(bytes, "weights.pth");
      readAll(file, file.root());
    });
    EXPECT_TRUE(contains(message, "weights.pth")) << hostile.name << ": " << message;
    EXPECT_TRUE(contains(message, hostile.reason)) << hostile.name << ": " << message;
  }
}

TEST(PthFile, RefusesEveryCutFile) {
  for (const char* name : {"layouts.pth", "layouts_legacy.pth", "training.pth"}) {
    const auto whole = toBytes(test::readFile(fixture(name)));
    const std::size_t step = std::max<std::size_t>(1, whole.size() / 400);
    for (std::size_t size = 0; size < whole.size(); size += step) {
      const std::vector<std::byte> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_THROW(PthFile::parse(cut, name), Error) << name << " cut at " << size;
    }
  }
}

TEST(PthFile, SurvivesEveryChangedByte) {
  for (const char* name : {"layouts.pth", "layouts_legacy.pth"}) {
    const auto whole = toBytes(test::readFile(fixture(name)));
    for (std::size_t i = 0; i < whole.size(); ++i) {
      auto changed = whole;
      changed[i] ^= std::byte{static_cast<unsigned char>(1U << (i % 8))};
      try {
        const auto file = PthFile::parse(changed, name);
        readAll(file, file.root());
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Checkpoint) << error.what();
      }
    }
  }
}

}  // namespace
}  // namespace slab
