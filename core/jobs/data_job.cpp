#include <algorithm>

#include "core/data/dataset.h"
#include "core/inspect/dataset_cache.h"
#include "core/jobs/class_titles.h"
#include "core/jobs/data_config.h"
#include "core/jobs/inspection.h"
#include "core/jobs/thumbnails.h"

namespace slab::jobs {
namespace {

constexpr std::int64_t kMostItems = 1000;

// The samples of one class, or all.
std::vector<std::int64_t> matching(const data::Dataset& dataset, std::int64_t label) {
  std::vector<std::int64_t> indices;
  for (std::int64_t i = 0; i < dataset.size(); ++i) {
    if (label < 0 || dataset.label(i) == label) indices.push_back(i);
  }
  return indices;
}

Message replyWith(const DatasetPage& page, const Thumbnails& thumbnails, std::uint64_t id) {
  Message reply = makeReply(id, page);
  reply.arrays.push_back(thumbnails.array());
  return reply;
}

Message filePage(const DatasetRequest& request, std::uint64_t id) {
  DatasetPage page;
  page.total = page.matching = 1;
  Thumbnails thumbnails(request.thumbnail);
  thumbnails.addFile(request.path, page.items.emplace_back());
  return replyWith(page, thumbnails, id);
}

}  // namespace

Message datasetPage(const DatasetRequest& request, std::uint64_t id) {
  if (!request.path.empty()) return filePage(request, id);
  const RunConfig config = dataConfigFrom(request.config);
  const auto dataset = inspect::cachedDataset(config, inspect::splitFromName(request.split));
  const auto indices = matching(*dataset, request.label);
  DatasetPage page;
  page.total = dataset->size();
  page.matching = static_cast<std::int64_t>(indices.size());
  page.classNames = dataset->classNames();
  page.classTitles = classTitles(page.classNames).titles;
  page.classCounts = data::classCounts(*dataset);
  page.mean = config.data.mean;
  page.deviation = config.data.std;

  const std::int64_t first = std::clamp<std::int64_t>(request.first, 0, page.matching);
  const std::int64_t count = std::clamp<std::int64_t>(request.count, 0, std::min(kMostItems, page.matching - first));
  Thumbnails thumbnails(request.thumbnail);
  for (std::int64_t i = first; i < first + count; ++i) {
    thumbnails.addSample(*dataset, indices[static_cast<std::size_t>(i)], page.items.emplace_back());
  }
  return replyWith(page, thumbnails, id);
}

}  // namespace slab::jobs
