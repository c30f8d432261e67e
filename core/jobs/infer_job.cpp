#include "core/jobs/infer_job.h"

#include <torch/torch.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <optional>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/data/loader.h"
#include "core/formats/image_codec.h"
#include "core/formats/npy.h"
#include "core/inspect/dataset_cache.h"
#include "core/inspect/image_source.h"
#include "core/inspect/model_source.h"
#include "core/jobs/unread_images.h"
#include "core/train/engine.h"
#include "core/train/evaluate.h"

namespace slab::jobs {
namespace {

namespace fs = std::filesystem;

struct Prepared {
  inspect::SourcedModel opened;
  train::Engine engine;
  std::vector<std::string> warnings;
};

Prepared prepare(const ModelSource& source) {
  Prepared prepared{inspect::openModel(source), {}, {}};
  auto& config = prepared.opened.config;
  if (!source.backend.empty()) config.ops.backend = source.backend;
  if (!source.linear.empty()) config.ops.linear = source.linear;
  prepared.engine = train::prepareEngine(config.device, config.threads, config.ops);
  const std::string unfinished = inspect::transitionWarning(prepared.opened.report, prepared.opened.weights);
  if (!unfinished.empty()) prepared.warnings.push_back(unfinished);
  if (source.folded && !prepared.opened.isFolded) inspect::foldNorms(*prepared.opened.model);
  prepared.opened.model->torch::nn::Module::to(prepared.engine.device);
  return prepared;
}

at::Tensor readNpy(const std::string& path, const ModelConfig& model) {
  const NpyFile file(path);
  const auto& shape = file.shape();
  const std::vector<std::int64_t> expected{model.inChannels, model.imageSize, model.imageSize};
  if (file.type() != ElementType::F32 || shape.size() != 4 ||
      !std::equal(expected.begin(), expected.end(), shape.begin() + 1)) {
    throw Error(ErrorKind::Data, path + " must hold float32 values of shape N x " + std::to_string(model.inChannels) +
                                     " x " + std::to_string(model.imageSize) + " x " + std::to_string(model.imageSize) +
                                     ", already normalised");
  }
  at::Tensor images = at::empty(shape);
  std::memcpy(images.data_ptr(), file.bytes().data(), file.bytes().size());
  return images;
}

std::vector<std::string> imagesIn(const std::string& input) {
  if (!fs::exists(input)) throw Error(ErrorKind::Data, input + " does not exist");
  if (!fs::is_directory(input)) return {input};
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(input)) {
    if (entry.is_regular_file() && isImageName(entry.path().filename().string()))
      files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) throw Error(ErrorKind::Data, "there is no image in " + input);
  return files;
}

std::vector<ClassScore> topOf(const at::Tensor& logits, std::int64_t count, const std::vector<std::string>& names) {
  const at::Tensor probabilities = at::softmax(logits.to(at::kDouble), 0);
  const auto [values, indices] = probabilities.topk(std::min(count, probabilities.size(0)));
  std::vector<ClassScore> top;
  for (std::int64_t i = 0; i < values.size(0); ++i) {
    const auto index = static_cast<std::size_t>(indices[i].item<std::int64_t>());
    top.push_back(
        {static_cast<std::int64_t>(index), index < names.size() ? names[index] : "", values[i].item<double>()});
  }
  return top;
}

// Runs batches and collects logits and rows.
class Runner {
 public:
  Runner(Prepared& prepared, const InferRequest& request) : prepared_(prepared), request_(request) {}

  void add(const at::Tensor& images, const std::vector<std::string>& names,
           const std::vector<std::string>& classNames) {
    const c10::InferenceMode inference;
    const Stopwatch watch;
    const at::Tensor logits =
        prepared_.opened.model->forward(images.to(prepared_.engine.device)).to(at::kCPU, at::kFloat);
    report.seconds += watch.seconds();
    for (std::int64_t i = 0; i < logits.size(0); ++i) {
      report.rows.push_back({names[static_cast<std::size_t>(i)], topOf(logits[i], request_.top, classNames)});
    }
    logits_.push_back(logits);
  }

  void save() const {
    if (request_.output.empty() || logits_.empty()) return;
    const at::Tensor all = at::cat(logits_).contiguous();
    const std::vector<std::int64_t> shape = all.sizes().vec();
    writeNpy(request_.output, shape,
             std::span<const float>(all.data_ptr<float>(), static_cast<std::size_t>(all.numel())));
  }

  InferReport report;

 private:
  Prepared& prepared_;
  const InferRequest& request_;
  std::vector<at::Tensor> logits_;
};

void runNpy(Runner& runner, const InferRequest& request, const ModelConfig& model) {
  const at::Tensor images = readNpy(request.input, model);
  for (std::int64_t i = 0; i < images.size(0); i += request.batch) {
    const std::int64_t end = std::min(i + request.batch, images.size(0));
    std::vector<std::string> names;
    for (std::int64_t row = i; row < end; ++row) names.push_back("row " + std::to_string(row));
    runner.add(images.slice(0, i, end), names, {});
  }
}

void runImages(Runner& runner, const InferRequest& request, const RunConfig& config) {
  std::vector<at::Tensor> inputs;
  std::vector<std::string> names, classNames;
  const auto flush = [&] {
    if (!inputs.empty()) runner.add(at::cat(inputs), names, classNames);
    inputs.clear();
    names.clear();
  };
  for (const auto& file : imagesIn(request.input)) {
    try {
      ImageSource source;
      source.path = file;
      auto image = inspect::openImage(source, config);
      inputs.push_back(image.input);
      names.push_back(file);
      classNames = std::move(image.classNames);
    } catch (const Error& error) {
      runner.report.warnings.push_back(error.what());
    }
    if (static_cast<std::int64_t>(inputs.size()) == request.batch) flush();
  }
  flush();
  if (runner.report.rows.empty()) throw Error(ErrorKind::Data, runner.report.warnings.front());
}

}  // namespace

InferReport infer(const InferRequest& request) {
  Prepared prepared = prepare(request.source);
  Runner runner(prepared, request);
  runner.report.warnings = prepared.warnings;
  runner.report.classes = prepared.opened.config.model.classes;
  if (request.input.ends_with(".npy")) {
    runNpy(runner, request, prepared.opened.config.model);
  } else {
    runImages(runner, request, prepared.opened.config);
  }
  runner.save();
  return std::move(runner.report);
}

EvalReport evaluateModel(const ModelSource& source, const std::function<void(std::int64_t, std::int64_t)>& onProgress) {
  Prepared prepared = prepare(source);
  const auto& config = prepared.opened.config;
  const auto dataset = inspect::cachedDataset(config, data::Split::Validation);
  UnreadImages unread;
  data::Loader loader(dataset,
                      data::loaderOptions(config.data, config.model, *dataset, data::Split::Validation,
                                          config.train.batch, static_cast<std::uint64_t>(config.train.seed)),
                      [&](const data::SkippedSample& sample) { unread.add(sample.cause); });
  const auto found = train::evaluate(*prepared.opened.model, loader, prepared.engine.device,
                                     [&](std::int64_t done, std::int64_t total) {
                                       if (onProgress) onProgress(done, total);
                                       return true;
                                     })
                         .value();
  EvalReport report{found.top1, found.top5, found.loss, found.images, found.seconds, prepared.warnings};
  unread.tell(report.warnings, "left out of the score");
  return report;
}

}  // namespace slab::jobs
