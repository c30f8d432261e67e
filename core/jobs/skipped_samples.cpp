#include "core/jobs/skipped_samples.h"

#include "core/data/batch.h"
#include "core/train/ranks.h"

namespace slab::jobs {
namespace {

std::string textOf(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

const std::string& SkippedSamples::add(const data::SkippedSample& sample) {
  names_.insert(sample.name);
  return events_.emplace_back(textOf(Json{{"index", sample.index}, {"name", sample.name}, {"cause", sample.cause}}));
}

void SkippedSamples::gather(train::Ranks& ranks, const std::function<void(const std::string&)>& onOther) {
  const std::vector<std::string> all = ranks.collect(textOf(Json(events_)));
  for (std::size_t rank = 1; rank < all.size(); ++rank) {
    for (const Json& event : Json::parse(all[rank])) {
      const auto text = event.get<std::string>();
      if (names_.insert(Json::parse(text)["name"].get<std::string>()).second) onOther(text);
    }
  }
}

}  // namespace slab::jobs
