#include "app/cli/score_json.h"

#include <cmath>

#include "core/store/run_state.h"

namespace slab::cli {

Json numberOrNull(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

std::string scoreKey(std::string_view score) {
  return score.empty() ? "top1" : std::string(score);
}

Json scoreValue(std::string_view score, double percent) {
  if (!(percent >= 0)) return nullptr;
  return score == kMaskApScore ? percent / 100 : percent;
}

void addScores(Json& json, const RunSummary& run) {
  const std::string key = scoreKey(run.score);
  json[key] = scoreValue(run.score, run.top1);
  json["best_" + key] = scoreValue(run.score, run.bestTop1);
  json["score"] = key;
}

}  // namespace slab::cli
