// What an evaluation came to, in the answers for scripts: under the name of what was measured.
#pragma once

#include <string>
#include <string_view>

#include "core/config/fields.h"
#include "core/store/run_summary.h"

namespace slab::cli {

/// JSON has no NaN.
Json numberOrNull(double value);

/// "top1" of a classifier, "mask_ap" of a detector; `score` as the run says it.
std::string scoreKey(std::string_view score);

/// Of a percentage in a run's records, in the unit of its key: top1 in per cent, mask_ap as COCO gives it, from 0 to 1;
/// null where there is none (NaN or negative).
Json scoreValue(std::string_view score, double percent);

/// Adds the newest score, the best ("best_top1", "best_mask_ap"), and under "score" the key of the first.
void addScores(Json& json, const RunSummary& run);

}  // namespace slab::cli
