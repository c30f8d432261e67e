#include "core/config/validate.h"

#include <gtest/gtest.h>

#include <functional>

#include "core/config/arch/registry.h"
#include "core/config/load.h"

namespace slab {
namespace {

RunConfig demo() {
  return loadConfig({.preset = "demo", .text = "", .fileName = "", .overrides = {}}).config;
}

struct Case {
  const char* name;
  std::function<void(RunConfig&)> breakIt;
  const char* key;
  const char* words;
  bool isError = true;
};

TEST(Validate, EachMistakeIsFoundWithItsKeyAndWords) {
  const std::vector<Case> cases{
      {"patch",
       [](RunConfig& c) {
         c.model.imageSize = 30;
         c.model.patchSize = 4;
       },
       "model.image_size", "multiple of the patch size"},
      {"heads",
       [](RunConfig& c) {
         c.model.heads = {3, 4};
       },
       "model.heads", "3 heads do not divide"},
      {"lengths", [](RunConfig& c) { c.model.heads = {2}; }, "model.heads", "1 entries for 2 stages"},
      {"window", [](RunConfig& c) { c.model.window = 5; }, "model.image_size", "not divided by its window"},
      {"letters", [](RunConfig& c) { c.model.attention = "LX"; }, "model.attention", "letters S, L, F and M"},
      {"mixed", [](RunConfig& c) { c.model.attention = "MM"; }, "model.attention", "needs a number"},
      {"name", [](RunConfig& c) { c.model.name = "slab_swin_x"; }, "model.name", "no model named"},
      {"late", [](RunConfig& c) { c.prepbn.lambdaEnd = Duration::epochs(3); }, "prepbn.lambda_end",
       "after the run ends"},
      {"short", [](RunConfig& c) { c.prepbn.lambdaEnd = Duration::percent(5); }, "prepbn.lambda_end", "NaN", false},
      {"warm", [](RunConfig& c) { c.prepbn.warmup = Duration::percent(90); }, "prepbn.warmup",
       "after lambda reaches 0"},
      {"batch", [](RunConfig& c) { c.data.limit = 100; }, "train.batch", "larger than the training set"},
      {"range", [](RunConfig& c) { c.train.labelSmoothing = 1.5; }, "train.label_smoothing", "between 0 and 0.999"},
      {"mean",
       [](RunConfig& c) {
         c.data.mean = {0.1, 0.2};
       },
       "data.mean", "2 entries for 1 channels"},
      {"odd",
       [](RunConfig& c) {
         c.data.augment = Augment::Timm;
         c.train.batch = 63;
       },
       "train.batch", "63 is odd"},
      {"device", [](RunConfig& c) { c.device = "gpu"; }, "device", "none of auto, cpu, cuda:N"},
      {"precision",
       [](RunConfig& c) {
         c.device = "cpu";
         c.train.precision = Precision::Fp16;
       },
       "train.precision", "fp16 is for GPUs"},
      {"recalibrate",
       [](RunConfig& c) {
         c.model.norm = NormKind::LayerNorm;
         c.prepbn.recalibrate = 10;
       },
       "prepbn.recalibrate", "no statistics"},
      {"backend", [](RunConfig& c) { c.ops.backend = "fast"; }, "ops.backend", "none of auto, kernel, reference"},
      {"tensors", [](RunConfig& c) { c.data.type = DataType::Tensors; }, "data.images", ".npy"},
  };
  ASSERT_TRUE(validate(demo()).empty()) << toText(validate(demo()));
  for (const auto& entry : cases) {
    RunConfig config = demo();
    entry.breakIt(config);
    bool found = false;
    for (const auto& issue : validate(config)) {
      found = found || (issue.key == entry.key && issue.message.find(entry.words) != std::string::npos &&
                        issue.isError() == entry.isError);
    }
    EXPECT_TRUE(found) << entry.name << "\n" << toText(validate(config));
  }
}

TEST(Validate, EachMistakeOfADetectorIsFoundWithItsKeyAndWords) {
  const RunConfig sound =
      loadConfig({.preset = "mask_rcnn_scenes", .text = "", .fileName = "", .overrides = {"data.root=/d"}}).config;
  const std::vector<Case> cases{
      {"root", [](RunConfig& c) { c.data.root.clear(); }, "data.root", "folder that holds annotations"},
      {"val",
       [](RunConfig& c) {
         c.data.root.clear();
         c.data.annotations = c.data.valAnnotations = "a.json";
         c.data.images = "images";
       },
       "data.val_images", "both annotations and images"},
      {"name", [](RunConfig& c) { c.detector.name = "mask_rcnn_scene"; }, "detector.name", "no detector named"},
      {"family", [](RunConfig& c) { c.model.name = "slab_deit_t"; }, "model.name", "take a Swin or a PVT"},
      {"grey", [](RunConfig& c) { c.model.inChannels = 1; }, "model.in_channels", "3 channels"},
      {"timm", [](RunConfig& c) { c.data.augment = Augment::Timm; }, "data.augment", "is for classifiers"},
      {"crop",
       [](RunConfig& c) {
         c.data.augment = Augment::MultiScale;
         c.data.crop = {600, 384};
       },
       "data.crop", "least and the largest"},
      {"longest", [](RunConfig& c) { c.data.longest = 100; }, "data.longest", "below a shorter side"},
      {"cache", [](RunConfig& c) { c.data.cache = "memory"; }, "data.cache", "decoded each time"},
      {"ema", [](RunConfig& c) { c.ema.decay = 0.999; }, "ema.decay", "classifiers alone"},
      {"recompute", [](RunConfig& c) { c.train.recompute = true; }, "train.recompute", "classifiers alone"},
      {"pass", [](RunConfig& c) { c.prepbn.recalibrate = 5; }, "prepbn.recalibrate", "for classifiers"},
      {"deviations", [](RunConfig& c) { c.detector.boxDeviations = {0.1}; }, "detector.box_deviations", "four"},
      {"both",
       [](RunConfig& c) {
         c.train.init = "a.safetensors";
         c.detector.pretrained = "b.safetensors";
       },
       "train.init", "one of both"},
      {"frozen", [](RunConfig& c) { c.detector.freezeStatistics = true; }, "detector.freeze_statistics", "0 and 1",
       false},
      {"falling",
       [](RunConfig& c) {
         c.optim.schedule = LrScheduleKind::Step;
         c.optim.milestones = {11, 8};
       },
       "optim.milestones", "must rise"},
      {"never",
       [](RunConfig& c) {
         c.optim.schedule = LrScheduleKind::Step;
         c.train.steps = 0;
         c.train.epochs = 11;
       },
       "optim.milestones", "would fall after epoch 11", false},
  };
  ASSERT_EQ(toText(validate(sound)), "");
  for (const auto& entry : cases) {
    RunConfig config = sound;
    entry.breakIt(config);
    bool found = false;
    for (const auto& issue : validate(config)) {
      found = found || (issue.key == entry.key && issue.message.find(entry.words) != std::string::npos &&
                        issue.isError() == entry.isError);
      if (issue.mend) {
        EXPECT_EQ(setField(config, issue.mend->key, issue.mend->value), std::nullopt) << entry.name;
      }
    }
    EXPECT_TRUE(found) << entry.name << "\n" << toText(validate(config));
  }
  RunConfig classifier = demo();
  classifier.data.augment = Augment::MultiScale;
  EXPECT_TRUE(hasErrors(validate(classifier)));
}

TEST(Validate, ProcessesShareTheTrainingSet) {
  RunConfig config = demo();
  config.data.limit = 200;
  config.train.batch = 60;
  config.optim.warmup = Duration::steps(0);
  EXPECT_FALSE(hasErrors(validate(config, std::nullopt, 3)));
  EXPECT_TRUE(hasErrors(validate(config, std::nullopt, 4))) << "240 images a step";
  config.data.dropLast = false;
  EXPECT_TRUE(hasErrors(validate(config, std::nullopt, 2))) << "processes take whole batches alone";
  EXPECT_FALSE(hasErrors(validate(config, std::nullopt, 1))) << toText(validate(config));
}

TEST(Validate, AMendRemovesItsProblem) {
  RunConfig config = demo();
  config.prepbn.lambdaEnd = Duration::epochs(3);
  config.train.labelSmoothing = -1;
  config.model.imageSize = 29;
  for (int round = 0; round < 5 && hasErrors(validate(config)); ++round) {
    for (const auto& issue : validate(config)) {
      if (issue.mend) {
        EXPECT_EQ(setField(config, issue.mend->key, issue.mend->value), std::nullopt);
      }
    }
  }
  EXPECT_FALSE(hasErrors(validate(config))) << toText(validate(config));
}

TEST(Validate, AShortTransitionIsWarnedOfBeforeTheImagesAreCounted) {
  const auto words = [](const std::vector<std::string>& settings) {
    std::vector<std::string> overrides{"data.root=/data"};
    overrides.insert(overrides.end(), settings.begin(), settings.end());
    return toText(
        loadConfig({.preset = "imagenet_slab_swin_t", .text = "", .fileName = "", .overrides = overrides}).issues);
  };
  EXPECT_EQ(words({}), "");
  const std::string shares = words({"prepbn.lambda_end=5%"});
  EXPECT_EQ(shares.find("warning: prepbn.lambda_end: lambda falls within 5 % of the run; too short"), 0U) << shares;
  const std::string epochs = words({"train.epochs=300", "prepbn.lambda_end=60ep", "prepbn.warmup=45ep"});
  EXPECT_NE(epochs.find("within 5 % of the run"), std::string::npos) << epochs;
  EXPECT_EQ(words({"train.epochs=300", "prepbn.lambda_end=60ep", "prepbn.warmup=10%"}), "");
  const std::string late = words({"train.epochs=300", "optim.cooldown=0", "prepbn.lambda_end=330ep"});
  EXPECT_NE(late.find("error: prepbn.lambda_end: lambda would reach 0 at 110 % of the run, after the run ends"),
            std::string::npos)
      << late;
  EXPECT_EQ(words({"prepbn.lambda_end=1000"}), "") << "steps say nothing without the length of the run";
}

TEST(Validate, ALongRunMayKeepTheReferencesSteps) {
  RunConfig config;
  config.model = modelByName("slab_swin_t");
  config.data.type = DataType::ImageFolder;
  config.data.root = "/data";
  config.prepbn.lambdaEnd = Duration::steps(60000);
  config.train.batch = 1024;
  EXPECT_EQ(toText(validate(config, 1281167)), "");
}

}  // namespace
}  // namespace slab
