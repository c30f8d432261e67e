#include "core/inspect/model_source.h"

#include <torch/torch.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "core/base/error.h"
#include "core/config/load.h"
#include "core/formats/checkpoint.h"
#include "core/models/build_model.h"
#include "core/store/run_reader.h"
#include "core/train/tensor_files.h"
#include "core/train/training_state.h"

namespace slab::inspect {
namespace {

namespace fs = std::filesystem;

// What run.db says is the newest, since after a rewind a superseded checkpoint may have the higher step; "" where it
// says nothing.
std::string newestRecorded(const fs::path& run) {
  if (!fs::exists(RunDirectory(run).database())) return "";
  const auto records = RunReader(RunDirectory(run)).checkpoints();
  for (auto record = records.rbegin(); record != records.rend(); ++record) {
    if (record->good && fs::exists(run / record->path / train::kModelFile)) return (run / record->path).string();
  }
  return "";
}

std::string newestCheckpoint(const fs::path& run) {
  if (std::string recorded = newestRecorded(run); !recorded.empty()) return recorded;
  const auto entries = listCheckpoints((run / "checkpoints").string());
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    if (fs::exists(fs::path(entry->path) / train::kModelFile)) return entry->path;
  }
  throw Error(ErrorKind::Checkpoint, "the run " + run.string() + " has no checkpoint yet; `slab runs checkpoint " +
                                         run.string() + "` asks a running one for it");
}

// A zip archive or a bare pickle is a file of torch.save: what it holds is imported, never loaded in passing.
// A safetensors file may begin with the same bytes (they are the length of its header), but then '{' follows.
void refusePickle(const std::string& path) {
  std::array<char, 9> start{};
  std::ifstream(path, std::ios::binary).read(start.data(), start.size());
  if (start[8] == '{') return;
  const std::string_view begin(start.data(), 4);
  const bool isZip = begin == "PK\x03\x04";
  const bool isPickle = begin[0] == '\x80' && begin[1] >= 2 && begin[1] <= 5;
  if (!isZip && !isPickle) return;
  throw Error(ErrorKind::Checkpoint, path + " is a PyTorch pickle, not safetensors: `slab import " + path +
                                         "` makes a safetensors file of it first");
}

// Averaged weights lie in the state file of the checkpoint that the weights belong to.
std::string averagesBeside(const std::string& weights) {
  const fs::path state = fs::path(weights).parent_path() / train::kStateFile;
  if (!weights.empty() && fs::is_regular_file(state)) return state.string();
  throw Error(ErrorKind::Checkpoint, (weights.empty() ? "random weights have" : weights + " lies beside") +
                                         std::string(" no state.safetensors, which holds averaged weights: name a "
                                                     "checkpoint of a training with ema.decay"));
}

void requireAverages(const StateDict& values, const std::string& file) {
  if (!values.is_empty()) return;
  throw Error(ErrorKind::Checkpoint, file + " holds no averaged weights: the training ran with ema.decay 0");
}

// One sentence of the problems that keep the model from being built. A data set that is gone or a schedule
// must not keep it from being seen.
void throwOnModelProblems(const std::vector<ConfigIssue>& issues) {
  std::string text;
  for (const auto& issue : issues) {
    const bool relevant = issue.key.empty() || issue.key.starts_with("model.") || findField(issue.key) == nullptr;
    if (!issue.isError() || !relevant) continue;
    text += (text.empty() ? "" : "; ") + (issue.key.empty() ? "" : issue.key + ": ") + issue.message;
    if (issue.mend) text += " (" + issue.mend->label + ")";
  }
  if (!text.empty()) throw Error(ErrorKind::Config, text);
}

RunConfig configOf(const ModelSource& source, const std::optional<std::string>& run) {
  std::vector<std::string> all, others;
  if (!source.model.empty()) all.push_back("model.name=" + source.model);
  for (const auto& [key, value] : source.settings) {
    all.push_back(key + "=" + value);
    if (!key.starts_with("model.")) others.push_back(all.back());
  }
  const LoadedConfig named = loadConfig({.preset = "", .text = "", .fileName = "", .overrides = all});
  if (!run) {
    throwOnModelProblems(named.issues);
    return named.config;
  }
  const std::string file = (fs::path(*run) / "config.json").string();
  // Another model than the run's does not take over the run's dimensions, only its data.
  LoadedConfig loaded = loadConfigFile(file, others);
  if (source.model.empty() || source.model == loaded.config.model.name) {
    loaded = loadConfigFile(file, all);
    throwOnModelProblems(loaded.issues);
  } else {
    throwOnModelProblems(named.issues);
    loaded.config.model = named.config.model;
  }
  return loaded.config;
}

}  // namespace

std::string weightsFileOf(const std::string& path) {
  const fs::path given(path);
  if (fs::is_regular_file(given)) return path;
  if (fs::is_regular_file(given / train::kModelFile)) return (given / train::kModelFile).string();
  if (fs::is_directory(given / "checkpoints")) return (fs::path(newestCheckpoint(given)) / train::kModelFile).string();
  throw Error(ErrorKind::Checkpoint, path + " is neither a safetensors file nor a checkpoint nor a run");
}

std::optional<std::string> runOf(const std::string& path) {
  std::error_code ignored;
  fs::path folder = fs::weakly_canonical(path, ignored);
  if (!fs::is_directory(folder)) folder = folder.parent_path();
  constexpr int kLevels = 3;  // run/checkpoints/step-N
  for (int level = 0; level < kLevels; ++level, folder = folder.parent_path()) {
    if (fs::is_regular_file(folder / "config.json")) return folder.string();
  }
  return std::nullopt;
}

SourcedModel openModel(const ModelSource& source) {
  SourcedModel opened;
  if (!source.checkpoint.empty()) opened.weights = weightsFileOf(source.checkpoint);
  const auto run = opened.weights.empty() ? std::nullopt : runOf(opened.weights);
  opened.inRun = run.has_value();
  if (!run && source.model.empty()) {
    throw Error(ErrorKind::Config, source.checkpoint.empty()
                                       ? std::string("name a model, or a run, or a checkpoint")
                                       : opened.weights + " lies in no run: name its model (--model slab_swin_t, ...)");
  }
  if (source.ema) opened.weights = averagesBeside(opened.weights);
  opened.config = configOf(source, run);
  if (opened.config.isDetector() && opened.inRun) {
    throw Error(ErrorKind::Config, *run + " trains a detector: slab eval evaluates it, and this is for classifiers");
  }
  torch::manual_seed(0);
  opened.model = buildModel(opened.config.model);
  if (!opened.weights.empty()) {
    refusePickle(opened.weights);
    const SafetensorsFile file = SafetensorsFile::open(opened.weights);
    opened.isFolded = file.metadataValue("folded") == "true";
    if (opened.isFolded) foldNorms(*opened.model);
    const StateDict values = source.ema ? train::averagedTensors(file) : train::readTensors(file);
    if (source.ema) requireAverages(values, opened.weights);
    opened.report = loadStateDict(*opened.model, values);
    requireMatch(opened.report, opened.weights, opened.config.model.name);
  }
  opened.model->eval();
  return opened;
}

std::string transitionWarning(const LoadReport& report, const std::string& weights) {
  if (report.warmRemaining == 0 && report.iterRemaining == 0) return "";
  return weights + " was saved " + std::to_string(report.warmRemaining + report.iterRemaining) +
         " steps before lambda reaches 0: RepBN alone is not yet what was trained";
}

}  // namespace slab::inspect
