#include "core/store/index_cache.h"

#include <sys/stat.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/base/rng.h"

namespace slab {
namespace {

using Json = nlohmann::json;

constexpr int kCacheVersion = 3;

std::uint64_t fileStamp(const std::string& file, bool empty_counts) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0 || (info.st_size == 0 && !empty_counts)) return 0;
  return hashKeys(static_cast<std::uint64_t>(info.st_mtim.tv_sec), static_cast<std::uint64_t>(info.st_mtim.tv_nsec),
                  static_cast<std::uint64_t>(info.st_size), static_cast<std::uint64_t>(info.st_ino));
}

// NaN has no JSON; null stands for it.
Json number(double value) {
  return value == value ? Json(value) : Json(nullptr);
}

double number(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number() ? found->get<double>() : RunSummary::kUnknown;
}

Json toJson(const RunSummary& s) {
  return {{"path", s.path.string()},
          {"state", toString(s.state)},
          {"message", s.message},
          {"model", s.model},
          {"dataset", s.dataset},
          {"device", s.device},
          {"started", number(s.started)},
          {"ended", number(s.ended)},
          {"active", number(s.activeSeconds)},
          {"step", s.step},
          {"steps", s.steps},
          {"epoch", s.epoch},
          {"loss", number(s.loss)},
          {"lambda", number(s.lambda)},
          {"top1", number(s.top1)},
          {"best_top1", number(s.bestTop1)},
          {"score", s.score},
          {"parameters", number(s.parameters)},
          {"alarm", s.alarm},
          {"alarm_step", s.alarmStep},
          {"checkpoint", s.lastCheckpoint},
          {"parent", s.parent},
          {"parent_step", s.parentStep},
          {"notes", s.notes.notes},
          {"tags", s.notes.tags},
          {"colour", s.notes.colour},
          {"starred", s.notes.starred},
          {"problem", s.problem}};
}

RunSummary fromJson(const std::string& name, const Json& json) {
  RunSummary s;
  s.name = name;
  s.path = json.at("path").get<std::string>();
  s.state = runStateFromString(json.at("state").get<std::string>()).value_or(RunState::Created);
  s.message = json.at("message").get<std::string>();
  s.model = json.at("model").get<std::string>();
  s.dataset = json.at("dataset").get<std::string>();
  s.device = json.at("device").get<std::string>();
  s.started = number(json, "started");
  s.ended = number(json, "ended");
  s.activeSeconds = number(json, "active");
  s.step = json.at("step").get<std::int64_t>();
  s.steps = json.at("steps").get<std::int64_t>();
  s.epoch = json.at("epoch").get<double>();
  s.loss = number(json, "loss");
  s.lambda = number(json, "lambda");
  s.top1 = number(json, "top1");
  s.bestTop1 = number(json, "best_top1");
  s.score = json.value("score", "");
  s.parameters = number(json, "parameters");
  s.alarm = json.value("alarm", "");
  s.alarmStep = json.value("alarm_step", std::int64_t{0});
  s.lastCheckpoint = json.at("checkpoint").get<std::string>();
  s.parent = json.at("parent").get<std::string>();
  s.parentStep = json.at("parent_step").get<std::int64_t>();
  s.notes.notes = json.at("notes").get<std::string>();
  s.notes.tags = json.at("tags").get<std::vector<std::string>>();
  s.notes.colour = json.at("colour").get<int>();
  s.notes.starred = json.at("starred").get<bool>();
  s.problem = json.at("problem").get<std::string>();
  return s;
}

}  // namespace

RunStamp runStamp(const RunDirectory& run) {
  const std::string path = run.path().string();
  // An empty WAL is what a reader leaves behind; it says nothing new.
  return {hashKeys(fileStamp(path + "/run.db", true), fileStamp(path + "/run.db-wal", false)),
          fileStamp(path + "/notes.json", true)};
}

IndexCache::IndexCache(std::filesystem::path file) : file_(std::move(file)) {
  load();
}

void IndexCache::load() {
  std::error_code ignored;
  if (!std::filesystem::exists(file_, ignored)) return;
  try {
    const Json json = Json::parse(readTextFile(file_, std::uint64_t{1} << 30));
    if (json.value("version", 0) != kCacheVersion) return;
    for (const auto& [name, entry] : json.at("runs").items()) {
      const RunStamp stamp{entry.at("data").get<std::uint64_t>(), entry.at("notes").get<std::uint64_t>()};
      entries_[name] = {stamp, fromJson(name, entry.at("summary"))};
    }
  } catch (const std::exception& error) {
    logWarning("the run table's cache is read anew: " + std::string(error.what()));
    entries_.clear();
  }
}

const RunSummary* IndexCache::find(const std::string& name, const RunStamp& stamp) const {
  const auto found = entries_.find(name);
  return found != entries_.end() && found->second.stamp == stamp ? &found->second.summary : nullptr;
}

void IndexCache::put(const RunSummary& summary, const RunStamp& stamp) {
  entries_[summary.name] = {stamp, summary};
  changed_ = true;
}

void IndexCache::erase(const std::string& name) {
  changed_ |= entries_.erase(name) > 0;
}

void IndexCache::save() {
  if (!changed_) return;
  Json runs = Json::object();
  for (const auto& [name, entry] : entries_) {
    runs[name] = {{"data", entry.stamp.data}, {"notes", entry.stamp.notes}, {"summary", toJson(entry.summary)}};
  }
  const Json json = {{"version", kCacheVersion}, {"runs", std::move(runs)}};
  try {
    std::filesystem::create_directories(file_.parent_path());
    replaceFile(file_, json.dump(-1, ' ', false, Json::error_handler_t::replace), false);
    changed_ = false;
  } catch (const std::exception& error) {
    logWarning("the run table's cache was not written: " + std::string(error.what()));
  }
}

}  // namespace slab
