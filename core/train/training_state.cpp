#include "core/train/training_state.h"

#include <torch/torch.h>

#include "core/base/error.h"
#include "core/formats/safetensors.h"
#include "core/train/tensor_files.h"

namespace slab::train {
namespace {

constexpr const char* kMetadataKey = "training";

void requireFinite(const NamedTensors& tensors, const char* what) {
  if (const auto name = firstNonFinite(tensors)) {
    throw Error(ErrorKind::Checkpoint, std::string("no checkpoint is written, because ") + what + " " + *name +
                                           " holds a value that is not finite; the last good one stays");
  }
}

NamedTensors stateTensors(const TrainingState& state) {
  NamedTensors tensors;
  for (const auto& [name, tensor] : state.optimizer.state()) tensors.emplace_back("optim/" + name, tensor);
  tensors.emplace_back("rng/cpu", at::detail::getDefaultCPUGenerator().get_state());
  tensors.emplace_back("loader/position", at::scalar_tensor(state.position, at::kLong));
  return tensors;
}

void writeTensors(CheckpointWriter& checkpoint, const char* name, const NamedTensors& tensors,
                  const Metadata* metadata) {
  SafetensorsWriter writer;
  NamedTensors keep;
  if (metadata != nullptr) writer.setMetadata(kMetadataKey, metadata->dump());
  addTensors(writer, tensors, keep);
  checkpoint.addFile(name, [&](ByteSink& sink) { writer.writeTo(sink); });
}

void requireWhole(const std::string& directory) {
  const auto issues = verifyCheckpoint(directory);
  if (issues.empty()) return;
  std::string text;
  for (const auto& issue : issues) text += (text.empty() ? "" : "; ") + issue.file + ": " + issue.message;
  throw Error(ErrorKind::Checkpoint, "the checkpoint " + directory + " is damaged (" + text + ")");
}

Metadata metadataOf(const SafetensorsFile& file) {
  const std::string text = file.metadataValue(kMetadataKey);
  Metadata metadata = Metadata::parse(text, nullptr, false);
  if (!metadata.is_object()) {
    throw Error(ErrorKind::Checkpoint, file.path() + " lacks the description of the training it belongs to");
  }
  return metadata;
}

}  // namespace

NamedTensors modelTensors(const Backbone& model) {
  NamedTensors tensors;
  for (const auto& item : stateDict(model)) tensors.emplace_back(item.key(), item.value());
  return tensors;
}

SavedCheckpoint writeCheckpoint(const std::string& checkpointsDir, const std::string& configHash,
                                const TrainingState& state, const LambdaSchedule& lambda, const Metadata& metadata) {
  const at::NoGradGuard noGrad;
  state.model.setCounters({lambda.warmBuffer(state.step), lambda.iterBuffer(state.step), lambda.totalStepBuffer()});
  const NamedTensors model = modelTensors(state.model);
  requireFinite(model, "the model's");
  requireFinite(state.optimizer.state(), "the optimizer's");

  Metadata described = metadata;
  described["step"] = state.step;
  CheckpointWriter writer(checkpointsDir, state.step, configHash);
  writeTensors(writer, kModelFile, model, nullptr);
  writeTensors(writer, kStateFile, stateTensors(state), &described);
  return writer.commit();
}

Metadata readCheckpoint(const std::string& directory, TrainingState& state) {
  const at::NoGradGuard noGrad;
  requireWhole(directory);
  const std::string modelPath = directory + "/" + kModelFile;
  requireMatch(loadStateDict(state.model, readTensors(modelPath)), modelPath, state.model.config().name);

  const SafetensorsFile file = SafetensorsFile::open(directory + "/" + kStateFile);
  const auto find = [&](const std::string& name) {
    const TensorView* view = file.find(name);
    return view == nullptr ? at::Tensor() : toTensor(*view);
  };
  state.optimizer.loadState([&](const std::string& name) { return find("optim/" + name); });
  const at::Tensor generator = find("rng/cpu"), position = find("loader/position");
  if (!generator.defined() || !position.defined()) {
    throw Error(ErrorKind::Checkpoint, file.path() + " lacks rng/cpu or loader/position; resume from another one");
  }
  at::Generator cpu = at::detail::getDefaultCPUGenerator();
  cpu.set_state(generator);
  Metadata metadata = metadataOf(file);
  state.step = metadata.value("step", std::int64_t{-1});
  state.position = position.item<std::int64_t>();
  if (state.step < 0 || state.position < 0) {
    throw Error(ErrorKind::Checkpoint, file.path() + " names no valid step; resume from another checkpoint");
  }
  return metadata;
}

Metadata readCheckpointMetadata(const std::string& directory) {
  return metadataOf(SafetensorsFile::open(directory + "/" + kStateFile));
}

}  // namespace slab::train
