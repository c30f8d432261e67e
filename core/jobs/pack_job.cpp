#include "core/jobs/pack_job.h"

#include "core/data/pack.h"

namespace slab::jobs {

PackOutcome packData(const PackRequest& request, std::stop_token stop,
                     const std::function<void(std::int64_t done, std::int64_t total)>& onProgress) {
  const data::PackReport report = data::packImageFolder(request.root, request.out,
                                                        {.shortSide = request.shortSide,
                                                         .quality = request.quality,
                                                         .raw = request.raw,
                                                         .workers = request.workers,
                                                         .stop = std::move(stop),
                                                         .onProgress = onProgress});
  PackOutcome outcome{.train = report.train,
                      .validation = report.validation,
                      .resized = report.resized,
                      .bytes = report.bytes,
                      .complete = report.complete,
                      .leftOut = {},
                      .seconds = report.seconds};
  for (const auto& [name, cause] : report.leftOut) outcome.leftOut.emplace_back(name, cause);
  return outcome;
}

}  // namespace slab::jobs
