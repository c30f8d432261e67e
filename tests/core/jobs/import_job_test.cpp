// Importing the files that Python's torch.save wrote (tests/oracles/make_pth.py), and files made here that do not fit.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "core/base/error.h"
#include "core/config/load.h"
#include "core/formats/pth_bytes.h"
#include "core/formats/safetensors.h"
#include "core/jobs/inspection.h"
#include "core/jobs/tiny_run.h"

namespace slab::testing {
namespace {

namespace fs = std::filesystem;

std::string fixture(const std::string& name) {
  return SLAB_TEST_DATA "/oracles/pth/" + name;
}

// The tensors of a fixture as a .pth again, to leave some out or to add some.
using Tensors = std::vector<std::pair<std::string, TensorView>>;

Tensors tensorsOf(const SafetensorsFile& file) {
  Tensors tensors;
  for (const auto& view : file.tensors()) tensors.emplace_back(view.name, view);
  return tensors;
}

std::string asPth(const Tensors& tensors) {
  std::vector<std::pair<std::string, std::string>> items, storages;
  for (const auto& [name, view] : tensors) {
    const std::string key = std::to_string(storages.size());
    std::vector<std::int64_t> strides(view.shape.size(), 1);
    for (std::size_t d = view.shape.size(); d-- > 1;) strides[d - 1] = strides[d] * view.shape[d];
    const auto count = static_cast<std::int64_t>(view.bytes.size() / byteSize(view.type));
    const std::string type = view.type == ElementType::I64 ? "LongStorage" : "FloatStorage";
    items.emplace_back(name, test::tensor(test::storage(key, count, type), 0, view.shape, strides));
    storages.emplace_back(key, std::string(reinterpret_cast<const char*>(view.bytes.data()), view.bytes.size()));
  }
  return test::zip(test::archive(test::pickle(test::dict(items)), storages));
}

class ImportJob : public ::testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }
  [[nodiscard]] std::string written(const std::string& name, const std::string& bytes) const {
    std::ofstream(path(name), std::ios::binary) << bytes;
    return path(name);
  }
  [[nodiscard]] ImportRequest to(const std::string& file, const std::string& folder = "out") const {
    ImportRequest request;
    request.path = file;
    request.output = folder.empty() ? "" : path(folder);
    return request;
  }
  static ImportReport import(const ImportRequest& request) { return jobs::importWeights(request, {}); }
  static std::string refusal(const ImportRequest& request) {
    try {
      import(request);
    } catch (const Error& error) {
      return error.what();
    }
    ADD_FAILURE() << "nothing was refused";
    return "";
  }

  TemporaryDirectory folder_;
};

void expectSameFile(const std::string& actual, const std::string& expected) {
  const auto a = SafetensorsFile::open(actual), b = SafetensorsFile::open(expected);
  EXPECT_EQ(a.tensors().size(), b.tensors().size());
  for (const auto& wanted : b.tensors()) {
    const TensorView* found = a.find(wanted.name);
    ASSERT_NE(found, nullptr) << wanted.name;
    EXPECT_EQ(found->shape, wanted.shape) << wanted.name;
    EXPECT_TRUE(std::equal(found->bytes.begin(), found->bytes.end(), wanted.bytes.begin(), wanted.bytes.end()))
        << wanted.name;
  }
}

bool anyContains(const std::vector<std::string>& texts, const std::string& part) {
  return std::any_of(texts.begin(), texts.end(),
                     [&](const auto& text) { return text.find(part) != std::string::npos; });
}

TEST_F(ImportJob, EveryLayoutOfTorchSaveArrivesBitByBit) {
  const std::vector<std::array<std::string, 3>> cases{{"state_dict.pth", "state_dict.safetensors", ""},
                                                      {"training.pth", "training.safetensors", "model"},
                                                      {"ema.pth", "state_dict.safetensors", "state_dict"},
                                                      {"legacy.pth", "training.safetensors", "model"},
                                                      {"state_dict.safetensors", "state_dict.safetensors", ""}};
  for (const auto& [file, expected, part] : cases) {
    SCOPED_TRACE(file);
    const ImportReport report = import(to(fixture(file), "out_" + file));
    EXPECT_TRUE(report.complete);
    EXPECT_EQ(report.part, part);
    EXPECT_EQ(report.imageSize, 8);
    EXPECT_EQ(report.classes, 3);
    EXPECT_TRUE(report.missing.empty() && report.unexpected.empty() && report.reshaped.empty());
    expectSameFile(report.output, fixture(expected));
    const LoadedConfig config = loadConfigFile(path("out_" + file) + "/config.json");
    EXPECT_EQ(config.config.model.embedDim, 16);
    EXPECT_EQ(config.config.model.depths, std::vector<std::int64_t>{2});
  }
}

TEST_F(ImportJob, TakesTheAveragedWeightsWhereAskedAndNamesAllParts) {
  ImportRequest request = to(fixture("ema.pth"));
  request.part = "state_dict_ema";
  const ImportReport report = import(request);
  EXPECT_EQ(report.parts, (std::vector<std::string>{"state_dict", "state_dict_ema"}));
  expectSameFile(report.output, fixture("ema.safetensors"));
  request = to(fixture("ema.pth"), "other");
  request.part = "optimizer";
  EXPECT_NE(refusal(request).find("'state_dict', 'state_dict_ema'"), std::string::npos);
}

TEST_F(ImportJob, ReadsTheConfigurationAndTheNumbersBesideTheWeights) {
  const ImportReport report = import(to(fixture("training.pth")));
  EXPECT_EQ(report.recognizedBy, "config");
  EXPECT_EQ(report.norm, "prep_bn");
  EXPECT_EQ(report.notes.at("epoch"), "299");
  EXPECT_EQ(report.notes.at("max_accuracy"), "73.6");
  EXPECT_EQ(loadConfigFile(path("out/config.json")).config.model.dropPath, 0.25);
  EXPECT_EQ(import(to(fixture("state_dict.pth"), "")).recognizedBy, "keys");
}

TEST_F(ImportJob, LookingWritesNothing) {
  const ImportReport report = import(to(fixture("training.pth"), ""));
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.output, "");
  EXPECT_TRUE(fs::is_empty(folder_.path()));
}

TEST_F(ImportJob, EitherNormLayoutBecomesTheOther) {
  ImportRequest request = to(fixture("state_dict.pth"), "handover");
  request.settings["model.norm"] = "prep_bn";
  const ImportReport toHandOver = import(request);
  ASSERT_TRUE(toHandOver.complete);
  const auto handOver = SafetensorsFile::open(toHandOver.output);
  const auto original = SafetensorsFile::open(fixture("state_dict.safetensors"));
  ASSERT_NE(handOver.find("blocks.1.norm2.norm2.bn.running_var"), nullptr);
  EXPECT_TRUE(std::ranges::equal(handOver.find("blocks.1.norm2.norm2.bn.running_var")->bytes,
                                 original.find("blocks.1.norm2.bn.running_var")->bytes));
  std::int64_t iter = -1;
  std::memcpy(&iter, handOver.find("norm.iter")->bytes.data(), sizeof(iter));
  EXPECT_EQ(iter, 0);

  request = to(fixture("training.pth"), "alone");
  request.settings["model.norm"] = "rep_bn";
  const ImportReport toAlone = import(request);
  ASSERT_TRUE(toAlone.complete);
  EXPECT_EQ(std::ranges::count_if(toAlone.keys, [](const auto& key) { return key.status == "ignored"; }), 5 * 5);
  expectSameFile(toAlone.output, fixture("state_dict.safetensors"));
}

TEST_F(ImportJob, ResizesPositionsAsTheReferenceDoes) {
  ImportRequest request = to(fixture("state_dict.pth"));
  request.settings["model.image_size"] = "16";
  const ImportReport report = import(request);
  EXPECT_EQ(report.reshaped, std::vector<std::string>{"pos_embed"});
  EXPECT_TRUE(anyContains(report.warnings, "resized bicubically"));
  const auto row = std::ranges::find_if(report.keys, [](const auto& key) { return key.status == "resized"; });
  ASSERT_NE(row, report.keys.end());
  EXPECT_EQ(row->note, "bicubic, 2 x 2 to 4 x 4");
  EXPECT_EQ(row->sourceShape, (std::vector<std::int64_t>{1, 5, 16}));
  const auto output = SafetensorsFile::open(report.output),
             wanted = SafetensorsFile::open(fixture("resized.safetensors"));
  const TensorView &a = *output.find("pos_embed"), &b = *wanted.find("pos_embed");
  ASSERT_EQ(a.shape, b.shape);
  for (std::size_t i = 0; i < a.bytes.size(); i += sizeof(float)) {
    float x = 0, y = 0;
    std::memcpy(&x, a.bytes.data() + i, sizeof(x));
    std::memcpy(&y, b.bytes.data() + i, sizeof(y));
    EXPECT_NEAR(x, y, 1e-6F);
  }
}

TEST_F(ImportJob, WhatDoesNotFitIsReportedAndNotWritten) {
  const auto file = SafetensorsFile::open(fixture("state_dict.safetensors"));
  Tensors tensors = tensorsOf(file);
  std::erase_if(tensors, [](const auto& tensor) { return tensor.first == "blocks.1.attn.proj.bias"; });
  tensors.emplace_back("head_dist.bias", *file.find("head.bias"));
  tensors.emplace_back("blocks.0.norm2.alpha", *file.find("head.bias"));
  std::erase_if(tensors, [&](const auto& t) { return t.first == "blocks.0.norm2.alpha" && t.second.shape[0] == 1; });
  const ImportReport report = import(to(written("odd.pth", asPth(tensors))));
  EXPECT_FALSE(report.complete);
  EXPECT_EQ(report.missing, std::vector<std::string>{"blocks.1.attn.proj.bias"});
  EXPECT_EQ(report.unexpected, std::vector<std::string>{"head_dist.bias"});
  EXPECT_EQ(std::ranges::count_if(report.keys, [](const auto& key) { return key.status == "misshapen"; }), 1);
  EXPECT_FALSE(fs::exists(path("out")));
}

TEST_F(ImportJob, LeftOverTensorsAreDroppedOnlyWhenAsked) {
  const auto file = SafetensorsFile::open(fixture("state_dict.safetensors"));
  Tensors tensors = tensorsOf(file);
  tensors.emplace_back("head_dist.bias", *file.find("head.bias"));
  ImportRequest request = to(written("more.pth", asPth(tensors)));
  EXPECT_FALSE(import(request).complete);
  request.dropUnexpected = true;
  const ImportReport report = import(request);
  EXPECT_TRUE(report.complete);
  EXPECT_TRUE(anyContains(report.warnings, "1 tensor of the file left out"));
  expectSameFile(report.output, fixture("state_dict.safetensors"));
}

TEST_F(ImportJob, NonFiniteValuesAndAnUnfinishedTransitionAreSaid) {
  const auto file = SafetensorsFile::open(fixture("training.safetensors"));
  Tensors tensors = tensorsOf(file);
  std::vector<float> poisoned(3, std::nanf(""));
  const std::int64_t left = 250;
  for (auto& [name, view] : tensors) {
    if (name == "head.bias") view.bytes = std::as_bytes(std::span(poisoned));
    if (name == "norm.iter") view.bytes = std::as_bytes(std::span(&left, 1));
  }
  const ImportReport report = import(to(written("early.pth", asPth(tensors))));
  EXPECT_TRUE(report.complete);
  EXPECT_TRUE(anyContains(report.warnings, "head.bias holds values that are not finite"));
  EXPECT_TRUE(anyContains(report.warnings, "250 steps before lambda reaches 0"));
}

TEST_F(ImportJob, FilesOfNoModelAreDescribedAndRefused) {
  const ImportReport report = import(to(fixture("layouts.pth")));
  EXPECT_FALSE(report.complete);
  EXPECT_EQ(report.model, "");
  EXPECT_EQ(report.unexpected.size(), 19U);
  EXPECT_FALSE(fs::exists(path("out")));
}

TEST_F(ImportJob, RefusesWithTheFilesNameAndTheCause) {
  const auto wrong = [&](const std::string& name, const std::string& bytes, const std::string& cause) {
    const std::string text = refusal(to(written(name, bytes)));
    EXPECT_NE(text.find(name), std::string::npos) << text;
    EXPECT_NE(text.find(cause), std::string::npos) << text;
  };
  using namespace test;
  const auto body = [](const std::string& pickled) {
    return zip(archive(pickle(pickled), {{"0", std::string(16, '\1')}}));
  };
  wrong("runs.pth", body(call(global("os", "system"), text("touch " + path("was_here")))), "nothing was run");
  EXPECT_FALSE(fs::exists(path("was_here")));
  wrong("list.pth", body("]"), "holds no weights");
  wrong("object.pth", body(dict({{"model", global("mine", "Net") + ")\x81"}})), "mine.Net object");
  const std::string one = tensor(storage("0", 4), 0, {4}, {1});
  wrong("twice.pth", body(dict({{"a", one}, {"module.a", one}})), "twice");
  std::vector<std::pair<std::string, std::string>> many, storages{{"0", std::string(4 << 20, '\1')}};
  for (int i = 0; i < 100; ++i)
    many.emplace_back("a" + std::to_string(i), tensor(storage("0", 1 << 20), 0, {1 << 20}, {1}));
  wrong("shared.pth", zip(archive(pickle(dict(many)), storages)), "share their bytes");
  EXPECT_NE(refusal(to(path("nowhere.pth"))).find("nowhere.pth"), std::string::npos);
}

TEST_F(ImportJob, NeverWritesOverAModel) {
  import(to(fixture("state_dict.pth")));
  EXPECT_NE(refusal(to(fixture("training.pth"))).find("there already"), std::string::npos);
}

TEST_F(ImportJob, TheWindowsRequestIsAnswered) {
  const Message reply = jobs::answer(makeRequest(7, to(fixture("training.pth"))), {}, {});
  ASSERT_TRUE(holds<ImportReport>(reply));
  EXPECT_TRUE(unpack<ImportReport>(reply).complete);
  EXPECT_GT(unpack<ImportReport>(reply).keys.size(), 40U);
}

}  // namespace
}  // namespace slab::testing
