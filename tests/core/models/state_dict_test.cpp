// Keys, shapes, types and order are the reference's; loading is strict but for the optional keys.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/base/error.h"
#include "core/models/build_model.h"
#include "core/models/decay_groups.h"
#include "core/models/state_dict.h"
#include "support/golden.h"
#include "support/long_tier.h"
#include "tiny.h"

namespace slab {
namespace {

using testing::tinyConfig;

TEST(StateDictKeys, AreTheReferencesInOrderShapeAndType) {
  int compared = 0;
  for (const auto& entry : registry()) {
    if (!golden::hasTable("state-dict/" + entry.name + ".tsv") || !testing::isInTier(entry.config)) continue;
    const StateDict values = stateDict(*buildModel(entry.config));
    const auto keys = golden::stateDictKeys(entry.name);
    ASSERT_EQ(values.size(), keys.size()) << entry.name;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      EXPECT_EQ(values[i].key(), keys[i].name) << entry.name;
      EXPECT_EQ(values[i].value().sizes().vec(), keys[i].shape) << entry.name << " " << keys[i].name;
      EXPECT_EQ(values[i].value().scalar_type(), keys[i].dtype == "int64" ? at::kLong : at::kFloat) << keys[i].name;
    }
    ++compared;
  }
  EXPECT_GE(compared, testing::isLongTier() ? 50 : 30);
}

TEST(DecayGroups, HoldTheReferencesTensorsAndParameters) {
  int compared = 0;
  for (const auto& row : golden::readTable("param_groups.tsv")) {
    const auto* entry = findModel(row.at(0));
    if (!entry || !testing::isInTier(entry->config)) continue;
    const auto groups = decayGroups(*buildModel(entry->config), DecayRule::Reference);
    const auto counts = [](const std::vector<NamedParameter>& group) {
      std::int64_t parameters = 0;
      for (const auto& parameter : group) parameters += parameter.tensor.numel();
      return std::pair(static_cast<std::int64_t>(group.size()), parameters);
    };
    EXPECT_EQ(counts(groups.decay), std::pair(std::stol(row[1]), std::stol(row[2]))) << row[0];
    EXPECT_EQ(counts(groups.noDecay), std::pair(std::stol(row[3]), std::stol(row[4]))) << row[0];
    ++compared;
  }
  EXPECT_GE(compared, testing::isLongTier() ? 33 : 18);
}

TEST(DecayGroups, AllDecaysEverything) {
  const auto model = buildModel(tinyConfig(*findModel("slab_swin_t")));
  const auto groups = decayGroups(*model, DecayRule::All);
  EXPECT_EQ(groups.decay.size(), model->parameters().size());
  EXPECT_TRUE(groups.noDecay.empty());
}

std::shared_ptr<Backbone> tiny(const char* name, std::uint64_t seed) {
  torch::manual_seed(seed);
  return buildModel(tinyConfig(*findModel(name)));
}

StateDict copyOf(const StateDict& values, const std::function<bool(const std::string&)>& keep) {
  StateDict kept;
  for (const auto& item : values) {
    if (keep(item.key())) kept.insert(item.key(), item.value().clone());
  }
  return kept;
}

StateDict copyOf(const StateDict& values) {
  return copyOf(values, [](const std::string&) { return true; });
}

bool isOptional(const std::string& key) {
  for (const char* name :
       {"num_batches_tracked", "relative_position_index", "attn_mask", "warm", "iter", "total_step"}) {
    if (key.ends_with(name)) return true;
  }
  return false;
}

TEST(LoadStateDict, TakesWhatWasSavedAndReportsTheStepsThatRemain) {
  auto from = tiny("slab_swin_t", 1), into = tiny("slab_swin_t", 2);
  from->setCounters({3, 40, 60});
  const LoadReport report = loadStateDict(*into, copyOf(stateDict(*from)));
  EXPECT_TRUE(report.isComplete()) << report.problems();
  EXPECT_EQ(report.matched.size(), stateDict(*from).size());
  EXPECT_EQ(report.warmRemaining, 3);
  EXPECT_EQ(report.iterRemaining, 40);
  for (const auto& item : stateDict(*from)) {
    EXPECT_TRUE(at::equal(stateDict(*into)[item.key()], item.value())) << item.key();
  }
}

TEST(LoadStateDict, MakesOptionalKeysItselfAndTakesAbsentCountersForAFinishedTraining) {
  auto from = tiny("swin_t_prepbn_linearnorm", 1), into = tiny("swin_t_prepbn_linearnorm", 2);
  const StateDict values = copyOf(stateDict(*from), [](const std::string& key) { return !isOptional(key); });
  const LoadReport report = loadStateDict(*into, values);
  EXPECT_TRUE(report.isComplete()) << report.problems();
  EXPECT_GT(report.regenerated.size(), 0U);
  EXPECT_EQ(report.iterRemaining, 0);
  EXPECT_EQ(into->counters()->iter, 0);
  EXPECT_EQ(into->counters()->warm, 0);
  EXPECT_GT(into->counters()->totalStep, 0);
}

TEST(LoadStateDict, NeverReadsIndexAndMask) {
  auto from = tiny("swin_t", 1), into = tiny("swin_t", 2);
  const StateDict before = copyOf(stateDict(*into));
  StateDict values = copyOf(stateDict(*from));
  int spoiled = 0;
  for (auto& item : values) {
    if (!item.key().ends_with("attn_mask") && !item.key().ends_with("relative_position_index")) continue;
    item.value() = at::full({3}, 7.0);
    ++spoiled;
  }
  ASSERT_GT(spoiled, 0);
  EXPECT_TRUE(loadStateDict(*into, values).isComplete());
  for (const auto& item : stateDict(*into)) {
    if (item.key().ends_with("attn_mask") || item.key().ends_with("relative_position_index")) {
      EXPECT_TRUE(at::equal(item.value(), before[item.key()])) << item.key();
    }
  }
}

TEST(LoadStateDict, ConvertsHalfAndDoubleToTheModelsType) {
  auto from = tiny("slab_deit_t", 1), into = tiny("slab_deit_t", 2);
  StateDict values;
  for (const auto& item : stateDict(*from)) {
    values.insert(item.key(), item.value().is_floating_point() ? item.value().to(at::kBFloat16) : item.value());
  }
  EXPECT_TRUE(loadStateDict(*into, values).isComplete());
  const StateDict loaded = stateDict(*into);
  EXPECT_EQ(loaded["head.weight"].scalar_type(), at::kFloat);
  EXPECT_TRUE(at::equal(loaded["head.weight"], values["head.weight"].to(at::kFloat)));
}

TEST(LoadStateDict, LeavesTheModelUntouchedAndNamesEveryKeyThatDoesNotFit) {
  auto from = tiny("slab_swin_t", 1), into = tiny("slab_swin_t", 2);
  const StateDict before = copyOf(stateDict(*into));
  StateDict values = copyOf(stateDict(*from), [](const std::string& key) { return key != "head.bias"; });
  values["patch_embed.proj.weight"] = at::zeros({16, 2, 3, 3});
  values.insert("extra.weight", at::zeros({1}));
  const LoadReport report = loadStateDict(*into, values);
  EXPECT_FALSE(report.isComplete());
  EXPECT_EQ(report.missing, std::vector<std::string>{"head.bias"});
  EXPECT_EQ(report.unexpected, std::vector<std::string>{"extra.weight"});
  ASSERT_EQ(report.shapeMismatches.size(), 1U);
  EXPECT_EQ(report.shapeMismatches.front().key, "patch_embed.proj.weight");
  for (const auto& item : before) EXPECT_TRUE(at::equal(stateDict(*into)[item.key()], item.value())) << item.key();
  try {
    requireMatch(report, "weights.safetensors", "slab_swin_t");
    FAIL() << "accepted";
  } catch (const Error& error) {
    const std::string text = error.what();
    EXPECT_EQ(error.kind(), ErrorKind::Checkpoint);
    for (const char* part : {"weights.safetensors", "slab_swin_t", "head.bias", "extra.weight", "16x2x3x3"}) {
      EXPECT_NE(text.find(part), std::string::npos) << part << " in: " << text;
    }
  }
}

TEST(LoadStateDict, TellsTheNormLayoutsApart) {
  auto repBn = tiny("swin_t_prepbn", 1), prepBn = tiny("swin_t_prepbn_linearnorm", 1);
  const LoadReport report = loadStateDict(*prepBn, stateDict(*repBn));
  EXPECT_FALSE(report.isComplete());
  EXPECT_FALSE(report.missing.empty());
  EXPECT_FALSE(report.unexpected.empty());
}

TEST(Counters, AreOnlyThereWithPrepBn) {
  EXPECT_FALSE(tiny("swin_t", 1)->counters().has_value());
  EXPECT_FALSE(tiny("swin_t_prepbn", 1)->counters().has_value());
  auto model = tiny("slab_deit_t", 1);
  model->setCounters({1, 2, 3});
  EXPECT_EQ(model->counters()->warm, 1);
  EXPECT_EQ(model->counters()->totalStep, 3);
}

TEST(Counters, TrainingDoesNotTouchThem) {
  auto model = tiny("slab_deit_t", 1);
  model->setCounters({0, 7, 9});
  model->setLambda(0.5);
  model->forward(at::randn({2, 2, 20, 20}));
  EXPECT_EQ(model->counters()->iter, 7);
}

}  // namespace
}  // namespace slab
