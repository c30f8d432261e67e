#include "core/train/engine.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/device/cuda_module.h"
#include "core/device/device.h"
#include "core/formats/sha256.h"
#include "core/ops/linear.h"
#include "core/ops/options.h"
#include "core/store/run_directory.h"

namespace slab::train {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

Json toJson(const ops::LinearChoice& choice) {
  return Json{{"rows", choice.rows},           {"in", choice.in},        {"out", choice.out}, {"type", choice.type},
              {"pass", toString(choice.pass)}, {"onednn", choice.oneDnn}};
}

ops::LinearChoice toChoice(const Json& json) {
  return {json.at("rows").get<std::int64_t>(),
          json.at("in").get<std::int64_t>(),
          json.at("out").get<std::int64_t>(),
          json.at("type").get<std::string>(),
          ops::linearPassFromName(json.at("pass").get<std::string>()),
          json.at("onednn").get<bool>()};
}

bool sameCase(const ops::LinearChoice& a, const ops::LinearChoice& b) {
  return a.rows == b.rows && a.in == b.in && a.out == b.out && a.type == b.type && a.pass == b.pass;
}

// Timings hold for this processor, this library and this many threads.
fs::path machineTablePath(const Engine& engine) {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  fs::path folder;
  if (cache != nullptr && *cache != '\0') {
    folder = cache;
  } else if (home != nullptr && *home != '\0') {
    folder = fs::path(home) / ".cache";
  } else {
    return {};
  }
  const auto card = device::machineCard();
  const std::string key = card.processor + "|" + card.instructions + "|" + card.torch + "|" + card.oneDnn + "|" +
                          std::to_string(engine.threads);
  return folder / "slab-workbench" / ("linear-" + sha256Hex(std::as_bytes(std::span(key))).substr(0, 16) + ".json");
}

}  // namespace

std::string Engine::describe() const {
  return device.str() +
         (device.is_cpu() ? ", " + std::to_string(threads) + (threads == 1 ? " thread" : " threads") : "");
}

Engine prepareEngine(const std::string& device, std::int64_t threads, const OpsConfig& ops,
                     const RankEnvironment& ranks) {
  if (device != "cpu") device::loadCudaModule();
  Engine engine;
  engine.device = device::parseDevice(device);
  if (engine.device.is_cuda() && device == "auto" && ranks.localSize > 1) {
    engine.device = device::parseDevice("cuda:" + std::to_string(ranks.localRank));
  }
  const int share = std::max(1, device::availableProcessors() / ranks.localSize);
  engine.threads = device::setThreads(threads > 0 ? static_cast<int>(threads) : share);
  ops::setOptions({ops::backendFromName(ops.backend), ops::linearBackendFromName(ops.linear)});
  if (ops.linear == "auto") loadMachineTable(engine);
  return engine;
}

Json linearTable() {
  Json table = Json::array();
  for (const auto& choice : ops::linearChoices()) table.push_back(toJson(choice));
  return table;
}

void addLinearTable(const Json& table) {
  std::vector<ops::LinearChoice> merged;
  try {
    for (const auto& entry : table) merged.push_back(toChoice(entry));
  } catch (const Json::exception& error) {
    throw Error(ErrorKind::Config, std::string("the stored table of linear layers can't be read: ") + error.what());
  }
  for (const auto& known : ops::linearChoices()) {
    const bool replaced =
        std::any_of(merged.begin(), merged.end(), [&](const auto& choice) { return sameCase(choice, known); });
    if (!replaced) merged.push_back(known);
  }
  ops::setLinearChoices(merged);
}

void loadMachineTable(const Engine& engine) {
  const fs::path path = machineTablePath(engine);
  std::error_code ignored;
  if (path.empty() || !fs::exists(path, ignored)) return;
  try {
    const Json table = Json::parse(readTextFile(path), nullptr, false);
    if (table.is_array()) addLinearTable(table);
  } catch (const Error& error) {
    logWarning("the table of timed linear layers " + path.string() + " is ignored: " + error.what());
  }
}

void saveMachineTable(const Engine& engine) {
  const fs::path path = machineTablePath(engine);
  const Json table = linearTable();
  if (path.empty() || table.empty()) return;
  std::error_code ignored;
  fs::create_directories(path.parent_path(), ignored);
  try {
    replaceFile(path, table.dump() + "\n", /*durable=*/false);
  } catch (const Error& error) {
    logWarning(std::string("the table of timed linear layers is not kept: ") + error.what());
  }
}

}  // namespace slab::train
