#include "core/config/validate.h"

#include <algorithm>
#include <cmath>

#include "core/base/format.h"
#include "core/config/arch/attention_letters.h"
#include "core/config/arch/cswin.h"
#include "core/config/arch/pvt.h"
#include "core/config/arch/registry.h"
#include "core/config/arch/swin.h"
#include "core/config/enums.h"
#include "core/config/schedule.h"
#include "core/config/validate_detector.h"

namespace slab {
namespace {

using Issues = std::vector<ConfigIssue>;

void addError(Issues& issues, std::string key, std::string message, std::optional<Mend> mend = std::nullopt) {
  issues.push_back({ConfigIssue::Severity::Error, std::move(key), std::move(message), std::move(mend)});
}

void addWarning(Issues& issues, std::string key, std::string message, std::optional<Mend> mend = std::nullopt) {
  issues.push_back({ConfigIssue::Severity::Warning, std::move(key), std::move(message), std::move(mend)});
}

Mend setTo(const std::string& key, Json value) {
  const std::string shown = value.is_string() ? value.get<std::string>() : value.dump();
  return {"Set " + key + " to " + shown, key, std::move(value), ""};
}

std::string rangeText(const FieldInfo& field) {
  const bool low = std::isfinite(field.minimum), high = std::isfinite(field.maximum);
  if (low && high) return "between " + formatNumber(field.minimum, 7) + " and " + formatNumber(field.maximum, 7);
  return low ? "at least " + formatNumber(field.minimum, 7) : "at most " + formatNumber(field.maximum, 7);
}

void checkRange(Issues& issues, const FieldInfo& field, const Json& value) {
  for (const auto& item : value.is_array() ? value : Json::array({value})) {
    if (!item.is_number()) continue;
    const double number = item.get<double>();
    if (number >= field.minimum && number <= field.maximum) continue;
    const double nearest = number < field.minimum ? field.minimum : field.maximum;
    Json mended = field.type == FieldType::Integer ? Json(static_cast<std::int64_t>(nearest)) : Json(nearest);
    addError(issues, field.key, formatNumber(number, 7) + " must be " + rangeText(field),
             value.is_array() || !std::isfinite(nearest) ? std::nullopt : std::optional(setTo(field.key, mended)));
    return;
  }
}

void checkFields(Issues& issues, const RunConfig& config, std::string_view onlyGroup) {
  for (const auto& field : fields()) {
    if (!onlyGroup.empty() && field.group != onlyGroup) continue;
    const Json value = getField(config, field.key);
    checkRange(issues, field, value);
    if (field.type == FieldType::Choice &&
        std::find(field.choices.begin(), field.choices.end(), value.get<std::string>()) == field.choices.end()) {
      std::string all;
      for (const auto& choice : field.choices) all += (all.empty() ? "" : ", ") + choice;
      addError(issues, field.key, "'" + value.get<std::string>() + "' is none of " + all);
    }
  }
}

void checkHeads(Issues& issues, const ModelConfig& model) {
  if (model.heads.size() != model.depths.size()) {
    addError(issues, "model.heads",
             std::to_string(model.heads.size()) + " entries for " + std::to_string(model.depths.size()) +
                 " stages in model.depths");
    return;
  }
  for (std::size_t i = 0; i < model.stages(); ++i) {
    const std::int64_t width = model.widthOf(i);
    if (model.heads[i] > 0 && width % model.heads[i] == 0) continue;
    addError(issues, "model.heads",
             "stage " + std::to_string(i + 1) + " is " + std::to_string(width) + " wide, which " +
                 std::to_string(model.heads[i]) + " heads do not divide");
  }
}

void checkAttention(Issues& issues, const ModelConfig& model) {
  const std::string problem = attentionProblem(model);
  if (!problem.empty()) addError(issues, "model.attention", "'" + model.attention + "' " + problem);
}

// A problem is an error, a warning what works otherwise than a person may think; both may be empty.
void addGeometry(Issues& issues, const std::string& problem, const std::string& warning,
                 const std::vector<std::int64_t>& sizesThatFit) {
  if (problem.empty() && warning.empty()) return;
  std::string fitting;
  for (const auto size : sizesThatFit) {
    fitting += (fitting.empty() ? "; sizes that fit: " : ", ") + std::to_string(size);
  }
  const auto mend =
      sizesThatFit.empty() ? std::nullopt : std::optional(setTo("model.image_size", sizesThatFit.front()));
  if (problem.empty()) {
    addWarning(issues, "model.image_size", warning + fitting, mend);
  } else {
    addError(issues, "model.image_size", problem + fitting, mend);
  }
}

std::string deitGeometryProblem(const ModelConfig& model) {
  if (model.patchSize > 0 && model.imageSize % model.patchSize == 0) return "";
  return "image size " + std::to_string(model.imageSize) + " is not a multiple of the patch size " +
         std::to_string(model.patchSize);
}

std::vector<std::int64_t> deitSizesThatFit(const ModelConfig& model) {
  if (model.patchSize < 1) return {};
  const std::int64_t below = std::max(model.imageSize / model.patchSize, std::int64_t{1}) * model.patchSize;
  return {below, below + model.patchSize};
}

void checkGeometry(Issues& issues, const ModelConfig& model) {
  switch (model.family()) {
    case Family::DeiT: return addGeometry(issues, deitGeometryProblem(model), "", deitSizesThatFit(model));
    case Family::Swin: return addGeometry(issues, swinGeometryProblem(model), "", swinSizesThatFit(model));
    case Family::CSwin: return addGeometry(issues, cswinGeometryProblem(model), "", cswinSizesThatFit(model));
    case Family::Pvt:
    case Family::PvtV2:
      return addGeometry(issues, pvtGeometryProblem(model), pvtGeometryWarning(model), pvtSizesThatFit(model));
  }
}

void checkModel(Issues& issues, const ModelConfig& model, bool isDetector) {
  const auto* entry = findModel(model.name);
  if (entry == nullptr) {
    std::vector<std::string> names;
    for (const auto& candidate : registry()) names.push_back(candidate.name);
    const std::string near = nearestName(model.name, names);
    addError(issues, "model.name", "there is no model named '" + model.name + "'",
             near.empty() ? std::nullopt : std::optional(setTo("model.name", near)));
    return;
  }
  if (model.family() == Family::DeiT && model.stages() != 1) {
    addError(issues, "model.depths", "DeiT has one stage: give one depth and one number of heads");
  }
  checkHeads(issues, model);
  checkAttention(issues, model);
  if (!isDetector) checkGeometry(issues, model);  // a detector takes images of any size
  if (model.mlpRatio.size() != 1 && model.mlpRatio.size() != model.stages()) {
    addError(issues, "model.mlp_ratio", "give one number or one a stage");
  }
}

// What the paper's augmentation asks of the rest of the configuration.
void checkRecipe(Issues& issues, const RunConfig& config) {
  if (config.data.type == DataType::Tensors) {
    addWarning(issues, "data.augment", "tensors are read as they are, in file order: timm does nothing",
               setTo("data.augment", "none"));
    return;
  }
  const std::int64_t batch = config.train.batch;
  if (batch % 2 != 0) {
    addError(issues, "train.batch",
             "data.augment timm mixes the images of a batch in pairs: " + formatInteger(batch) + " is odd",
             setTo("train.batch", batch + 1));
  }
}

void checkData(Issues& issues, const RunConfig& config) {
  const auto& data = config.data;
  if (data.augment == Augment::Timm && !config.isDetector()) checkRecipe(issues, config);
  if (data.augment == Augment::MultiScale && !config.isDetector()) {
    addError(issues, "data.augment", "multi_scale is for data.type coco", setTo("data.augment", "timm"));
  }
  if (data.type == DataType::ImageFolder && data.root.empty()) {
    addError(issues, "data.root", "image_folder needs the folder that holds train/<class> and val/<class>");
  }
  if (data.type == DataType::Tensors) {
    if (data.images.empty()) addError(issues, "data.images", "tensors need a .npy file of training images");
    if (data.labels.empty()) addError(issues, "data.labels", "tensors need a .npy file of training labels");
    if (data.valImages.empty() != data.valLabels.empty()) {
      addError(issues, data.valImages.empty() ? "data.val_images" : "data.val_labels",
               "validation needs both images and labels");
    }
    return;
  }
  const auto channels = static_cast<std::size_t>(std::max<std::int64_t>(config.model.inChannels, 0));
  for (const auto& [key, list] : {std::pair{"data.mean", &data.mean}, std::pair{"data.std", &data.std}}) {
    if (list->size() == 1 || list->size() == channels) continue;
    addError(issues, key,
             std::to_string(list->size()) + " entries for " + std::to_string(channels) +
                 " channels: give one, or one a channel",
             channels == 1 ? std::optional(setTo(key, data.type == DataType::FashionMnist
                                                          ? Json(key == std::string_view("data.mean") ? 0.286 : 0.353)
                                                          : Json(list->front())))
                           : std::nullopt);
  }
}

void checkRecalibration(Issues& issues, const RunConfig& config) {
  if (config.prepbn.recalibrate <= 0 || config.model.norm != NormKind::LayerNorm) return;
  addError(issues, "prepbn.recalibrate", "model.norm layer_norm has no statistics to recalibrate",
           setTo("prepbn.recalibrate", 0));
}

// A configuration that accumulates for one process makes a step of several so many times larger.
void checkAccumulation(Issues& issues, const RunConfig& config, std::int64_t ranks) {
  const std::int64_t accumulate = config.train.accumulate, alone = config.train.batch * accumulate;
  if (ranks <= 1 || accumulate <= 1 || alone * ranks == config.optim.lrBatch) return;
  addWarning(issues, "train.accumulate",
             std::to_string(ranks) + " processes that accumulate " + formatInteger(accumulate) + " batches each take " +
                 formatInteger(alone * ranks) + " images a step, " + std::to_string(ranks) +
                 " times those of one process" + (config.optim.lrBatch > 0 ? ", and the rates are scaled alike" : ""),
             accumulate % ranks == 0 ? std::optional(setTo("train.accumulate", accumulate / ranks)) : std::nullopt);
}

void checkMilestones(Issues& issues, const RunConfig& config) {
  if (config.optim.schedule != LrScheduleKind::Step) return;
  const auto& milestones = config.optim.milestones;
  if (!std::is_sorted(milestones.begin(), milestones.end())) {
    addError(issues, "optim.milestones", "are the epochs after which the rate falls, and must rise");
  } else if (config.train.steps <= 0 && milestones.back() >= static_cast<double>(config.train.epochs)) {
    addWarning(issues, "optim.milestones",
               "the rate would fall after epoch " + formatNumber(milestones.back()) + ", and the run has " +
                   formatInteger(config.train.epochs));
  }
}

// `isNominal`: the length of the run is made up, and only shares of it mean something.
void checkLambda(Issues& issues, const Plan& plan, bool isNominal) {
  const auto& lambda = plan.lambda;
  const std::string total = formatInteger(plan.totalSteps);
  const auto share = [&](std::int64_t steps) {
    return formatNumber(100.0 * static_cast<double>(steps) / static_cast<double>(plan.totalSteps), 3) + " % of the run";
  };
  const auto at = [&](std::int64_t step) { return isNominal ? share(step) : "step " + formatInteger(step); };
  if (lambda.end > plan.totalSteps) {
    addError(
        issues, "prepbn.lambda_end",
        "lambda would reach 0 at " + at(lambda.end) + ", after the run ends" + (isNominal ? "" : " at step " + total),
        setTo("prepbn.lambda_end", "80%"));
  }
  const std::int64_t fall = lambda.end - lambda.warmup;
  if (fall < 0) {
    addError(issues, "prepbn.warmup",
             "the warm-up ends at " + at(lambda.warmup) + ", after lambda reaches 0 at " + at(lambda.end),
             setTo("prepbn.warmup", 0));
  } else if (fall < plan.totalSteps / 10) {
    addWarning(issues, "prepbn.lambda_end",
               "lambda falls within " + (isNominal ? share(fall) : formatInteger(fall) + " of " + total + " steps") +
                   "; too short a hand-over to RepBN has made published trainings diverge to NaN",
               setTo("prepbn.lambda_end", "80%"));
  }
}

bool usesLambda(const RunConfig& config, const Plan& plan) {
  // A detector that begins with a finished classifier has no transition.
  return config.model.norm == NormKind::PrepBn && !(config.isDetector() && plan.lambda.end == 0);
}

// Shares of a run and epochs stand in the same proportion in a run of any length, so that a transition that is too
// short is known before the images are counted.
void checkNominalLambda(Issues& issues, RunConfig config) {
  const auto isRelative = [](const Duration& duration) {
    return duration.unit != Duration::Unit::Steps || duration.value == 0;
  };
  const auto& lambda = config.prepbn;
  if (config.train.epochs < 1 || !isRelative(config.optim.cooldown)) return;
  if (!isRelative(lambda.warmup) || !isRelative(lambda.lambdaEnd)) return;
  constexpr std::int64_t kStepsPerEpoch = 100'000;
  config.data.limit = 0;
  const Plan plan = makePlan(config, kStepsPerEpoch * config.train.batch * config.train.accumulate);
  if (usesLambda(config, plan)) checkLambda(issues, plan, /*isNominal=*/true);
}

void checkSchedule(Issues& issues, const RunConfig& config, std::optional<std::int64_t> images, std::int64_t ranks) {
  if (!images) images = knownImages(config.data);
  if (config.train.batch < 1 || config.train.accumulate < 1) return;
  if (!images && config.train.steps <= 0) return checkNominalLambda(issues, config);
  const Plan plan = makePlan(config, images.value_or(0), ranks);
  if (images && plan.stepsPerEpoch == 0) {
    addError(issues, "train.batch",
             "a batch of " + formatInteger(plan.effectiveBatch) + " is larger than the training set of " +
                 formatInteger(plan.images) + " images",
             plan.images > 0 ? std::optional(setTo("train.batch", plan.images)) : std::nullopt);
    return;
  }
  const bool inEpochs =
      config.prepbn.warmup.unit == Duration::Unit::Epochs || config.prepbn.lambdaEnd.unit == Duration::Unit::Epochs;
  if (usesLambda(config, plan) && (images || !inEpochs)) checkLambda(issues, plan, /*isNominal=*/false);
  if (plan.lr.warmup > plan.totalSteps) {
    addError(issues, "optim.warmup",
             "the learning rate would still be rising when the run ends at step " + formatInteger(plan.totalSteps));
  }
}

}  // namespace

std::vector<ConfigIssue> validateModel(const ModelConfig& model) {
  Issues issues;
  RunConfig config;
  config.model = model;
  checkFields(issues, config, "model");
  if (!hasErrors(issues)) checkModel(issues, model, /*isDetector=*/false);
  return issues;
}

std::vector<ConfigIssue> validate(const RunConfig& config, std::optional<std::int64_t> images, std::int64_t ranks) {
  Issues issues;
  checkFields(issues, config, "");
  checkModel(issues, config.model, config.isDetector());
  checkData(issues, config);
  if (config.isDetector()) detail::checkDetector(config, issues);
  checkMilestones(issues, config);
  if (config.train.precision == Precision::Fp16 && config.device == "cpu") {
    addError(issues, "train.precision", "fp16 is for GPUs: the CPU computes it no faster, and its range needs scaling",
             setTo("train.precision", "bf16"));
  }
  checkRecalibration(issues, config);
  if (ranks > 1 && !config.data.dropLast && config.data.type != DataType::Tensors) {
    addError(issues, "data.drop_last", "the processes of a distributed training take whole batches alone",
             setTo("data.drop_last", true));
  }
  checkAccumulation(issues, config, ranks);
  if (config.optim.betas.size() != 2)
    addError(issues, "optim.betas", "needs two numbers", setTo("optim.betas", Json::array({0.9, 0.999})));
  const bool cuda = config.device.rfind("cuda:", 0) == 0 &&
                    config.device.find_first_not_of("0123456789", 5) == std::string::npos && config.device.size() > 5;
  if (config.device != "auto" && config.device != "cpu" && !cuda) {
    addError(issues, "device", "'" + config.device + "' is none of auto, cpu, cuda:N", setTo("device", "auto"));
  }
  checkSchedule(issues, config, images, ranks);
  return issues;
}

bool hasErrors(const std::vector<ConfigIssue>& issues) {
  return std::any_of(issues.begin(), issues.end(), [](const auto& issue) { return issue.isError(); });
}

std::string toText(const std::vector<ConfigIssue>& issues) {
  std::string text;
  for (const auto& issue : issues) {
    text += issue.isError() ? "error: " : "warning: ";
    if (!issue.key.empty()) text += issue.key + ": ";
    text += issue.message;
    if (issue.mend) text += " (mend: " + issue.mend->label + ")";
    text += "\n";
  }
  return text;
}

}  // namespace slab
