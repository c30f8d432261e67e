// Detection as a task: Mask R-CNN's five losses, COCO's numbers on the validation set.
#pragma once

#include <c10/core/Device.h>

#include "core/config/run_config.h"
#include "core/data/detection_set.h"
#include "core/data/loader.h"
#include "core/models/detection/mask_rcnn.h"
#include "core/train/ranks.h"
#include "core/train/task.h"

namespace slab::train {

/// The validation part of a detector's data; both null where there is none.
struct DetectionValidation {
  const data::DetectionSet* set = nullptr;
  data::Loader* loader = nullptr;
};

/// Everything given must outlive the task; `ranks` may be null: no other process to share an evaluation with. An
/// evaluation is of RepBN alone, the form that is deployed.
class DetectionTask final : public Task {
 public:
  DetectionTask(MaskRcnn& model, const RunConfig& config, DetectionValidation validation, c10::Device device,
                Ranks* ranks = nullptr)
      : model_(model), config_(config), validation_(validation), device_(device), ranks_(ranks) {}

  [[nodiscard]] torch::nn::Module& module() override { return model_; }
  [[nodiscard]] nn::Context& context() override { return *model_.backbone().context(); }
  /// Terms: loss/rpn_class, loss/rpn_box, loss/class, loss/box, loss/mask, whose sum is the total.
  PieceLoss loss(const data::Batch& batch, std::int64_t begin, std::int64_t end, std::uint64_t key) override;
  [[nodiscard]] bool hasValidation() const override { return validation_.loader != nullptr; }
  std::optional<Evaluation> evaluate(const OnEvaluated& goesOn) override;

 private:
  MaskRcnn& model_;
  const RunConfig& config_;
  DetectionValidation validation_;
  c10::Device device_;
  Ranks* ranks_;
};

}  // namespace slab::train
