#include "core/jobs/branch.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/base/error.h"
#include "core/config/fields.h"
#include "core/config/load.h"
#include "core/store/run_reader.h"
#include "core/store/run_state.h"

namespace slab::jobs {
namespace {

namespace fs = std::filesystem;

constexpr const char* kBeginning = "parent.json";

// The keys of `data` that decide which images come next; threads and caches do not.
DataConfig withoutSpeed(DataConfig data) {
  const DataConfig defaults;
  data.workers = defaults.workers;
  data.cache = defaults.cache;
  data.valImages = data.valLabels = data.valAnnotations = "";
  return data;
}

// Absolute, without a slash at the end.
fs::path plain(const fs::path& path) {
  const fs::path whole = fs::absolute(path).lexically_normal();
  return whole.has_filename() ? whole : whole.parent_path();
}

const char* kindOf(const RunConfig& config) {
  return config.isDetector() ? "detector" : "classifier";
}

// As the child keeps it: relative where both lie in one folder.
fs::path parentAsSeenFrom(const RunDirectory& child, const fs::path& parent) {
  const bool areSiblings = plain(child.path()).parent_path() == parent.parent_path();
  return areSiblings ? fs::path("..") / parent.filename() : parent;
}

// By its hash: a recalibration may have made another one of that step.
CheckpointRecord recordOf(const fs::path& parent, const std::string& sha256) {
  for (auto& record : RunReader(RunDirectory::open(parent)).checkpoints()) {
    if (record.good && record.sha256 == sha256) return record;
  }
  throw Error(ErrorKind::Checkpoint, "the run no longer has that checkpoint");
}

bool shapesWeights(std::string_view key, bool isDetector) {
  constexpr std::array<std::string_view, 8> kHeads{
      "detector.classes",   "detector.channels", "detector.anchor_ratios", "detector.box_bins",
      "detector.mask_bins", "detector.hidden",   "detector.mask_channels", "detector.mask_convolutions"};
  // Its own heads tell the classes.
  if (isDetector && key == "model.classes") return false;
  if (key.starts_with("model.")) return key != "model.drop_path";
  return isDetector && std::find(kHeads.begin(), kHeads.end(), key) != kHeads.end();
}

}  // namespace

BranchPoint openBranchPoint(const CheckpointName& name) {
  const RunDirectory run = RunDirectory::open(name.run);
  BranchPoint point;
  point.parent = plain(run.path());
  point.config = loadConfigFile(run.config().string()).config;
  point.checkpoint = chooseCheckpoint(RunReader(run).checkpoints(), name.step, run.path());
  return point;
}

void requireSameModel(const BranchPoint& point, const RunConfig& child) {
  if (child.isDetector() != point.config.isDetector()) {
    throw Error(ErrorKind::Config, point.parent.string() + " trains a " + kindOf(point.config) +
                                       ", and a branch of it " + "can't be a " + kindOf(child) +
                                       ": detector.pretrained starts a detector from a classifier");
  }
  for (const auto& field : fields()) {
    if (!shapesWeights(field.key, child.isDetector())) continue;
    const Json mine = getField(child, field.key), parents = getField(point.config, field.key);
    if (mine == parents) continue;
    throw Error(ErrorKind::Config, field.key + " is " + mine.dump() + " here and " + parents.dump() + " in " +
                                       point.parent.string() +
                                       ": a branch keeps the model of its checkpoint (train.init starts a new run "
                                       "from weights alone)");
  }
}

bool continuesBatches(const RunConfig& parent, const RunConfig& child) {
  return withoutSpeed(parent.data) == withoutSpeed(child.data) && parent.train.batch == child.train.batch &&
         parent.train.accumulate == child.train.accumulate && parent.train.seed == child.train.seed;
}

void recordParent(RunWriter& writer, const BranchPoint& point) {
  const fs::path path = parentAsSeenFrom(writer.run(), point.parent);
  writer.setState(state_key::kParent, path.string());
  writer.setState(state_key::kParentStep, std::to_string(point.checkpoint.step));
  const Json event{{"event", "branch"},
                   {"step", point.checkpoint.step},
                   {"parent", point.parent.filename().string()},
                   {"checkpoint", (path / point.checkpoint.path).string()},
                   {"sha256", point.checkpoint.sha256}};
  writer.event("branch", point.checkpoint.step, event.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void writeBeginning(const RunDirectory& child, const Beginning& beginning) {
  const BranchPoint& point = beginning.point;
  const Json json{{"parent", parentAsSeenFrom(child, point.parent).string()},
                  {"step", point.checkpoint.step},
                  {"sha256", point.checkpoint.sha256},
                  {"processes", beginning.processes}};
  replaceFile(child.path() / kBeginning, json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

void removeBeginning(const RunDirectory& child) {
  std::error_code ignored;
  fs::remove(child.path() / kBeginning, ignored);
}

std::optional<Beginning> readBeginning(const RunDirectory& child) {
  const fs::path file = child.path() / kBeginning;
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return std::nullopt;
  std::string from = "its parent";
  try {
    const Json json = Json::parse(readTextFile(file));
    Beginning beginning;
    beginning.processes = json.at("processes").get<int>();
    beginning.point.parent = plain(child.path() / json.at("parent").get<std::string>());
    from = "step " + std::to_string(json.at("step").get<std::int64_t>()) + " of " + beginning.point.parent.string();
    beginning.point.checkpoint = recordOf(beginning.point.parent, json.at("sha256").get<std::string>());
    beginning.point.config = loadConfigFile((beginning.point.parent / "config.json").string()).config;
    return beginning;
  } catch (const std::exception& error) {
    throw Error(ErrorKind::Checkpoint, "the branch " + child.path().string() +
                                           " has no checkpoint of its own yet and can't begin again from " + from +
                                           " (" + error.what() +
                                           "); start it again with slab train --run NEW --from "
                                           "DIR --config " +
                                           child.config().string());
  }
}

}  // namespace slab::jobs
