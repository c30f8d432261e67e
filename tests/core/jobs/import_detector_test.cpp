// Importing a whole Mask R-CNN as mmdet saves it: {"meta", "state_dict", "optimizer"}.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <fstream>

#include "core/config/load.h"
#include "core/formats/pth_bytes.h"
#include "core/jobs/inspection.h"
#include "core/jobs/tiny_run.h"
#include "core/models/detection/mask_rcnn.h"
#include "core/train/tensor_files.h"
#include "core/train/training_state.h"

namespace slab::testing {
namespace {

std::string checkpointOf(const torch::nn::Module& model) {
  std::vector<std::pair<std::string, std::string>> items, storages;
  for (const auto& [name, tensor] : train::modelTensors(model)) {
    const at::Tensor value = tensor.detach().contiguous();
    const std::string key = std::to_string(storages.size());
    const std::string type = value.scalar_type() == at::kLong ? "LongStorage" : "FloatStorage";
    items.emplace_back(
        name, test::tensor(test::storage(key, value.numel(), type), 0, value.sizes().vec(), value.strides().vec()));
    storages.emplace_back(key, std::string(static_cast<const char*>(value.const_data_ptr()), value.nbytes()));
  }
  const std::string whole = test::dict({{"meta", test::dict({{"epoch", test::integer(12)}})},
                                        {"state_dict", test::dict(items)},
                                        {"optimizer", test::dict({{"step", test::integer(1)}})}});
  return test::zip(test::archive(test::pickle(whole), storages));
}

RunConfig smallDetector(const std::string& norm) {
  return loadConfig({.preset = "",
                     .text = "",
                     .fileName = "",
                     .overrides = {"data.type=coco", "detector.name=mask_rcnn_scenes", "detector.classes=3",
                                   "model.norm=" + norm}})
      .config;
}

TEST(ImportDetector, ThePlainBackboneOfAnMmdetFileKeepsItsLayerNorm) {
  const TemporaryDirectory folder;
  for (const char* norm : {"layer_norm", "prep_bn", "rep_bn"}) {
    SCOPED_TRACE(norm);
    const MaskRcnn model(detectorOf(smallDetector(norm)));
    ImportRequest request;
    request.path = (folder / (norm + std::string(".pth"))).string();
    request.output = (folder / norm).string();
    std::ofstream(request.path, std::ios::binary) << checkpointOf(model);
    const ImportReport report = jobs::importWeights(request, {});
    EXPECT_TRUE(report.complete) << (report.missing.empty() ? "" : report.missing.front());
    EXPECT_EQ(report.model, "mask_rcnn_scenes");
    EXPECT_EQ(report.norm, norm);
    EXPECT_EQ(report.classes, 3);
    EXPECT_EQ(report.imageSize, 0) << "a detector takes images of any size";
    const LoadedConfig config = loadConfigFile((folder / norm / "config.json").string());
    EXPECT_EQ(config.config.model.norm == NormKind::LayerNorm, std::string(norm) == "layer_norm");
    if (std::string(norm) == "rep_bn") continue;  // written with PRepBN's keys
    const auto written = train::readTensors(report.output);
    for (const auto& [name, value] : train::modelTensors(model)) {
      if (!value.is_floating_point()) continue;
      const at::Tensor* found = written.find(name);
      ASSERT_NE(found, nullptr) << name;
      EXPECT_TRUE(found->equal(value)) << name;
    }
  }
}

}  // namespace
}  // namespace slab::testing
