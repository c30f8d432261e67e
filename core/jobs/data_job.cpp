#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/config/load.h"
#include "core/data/scan.h"
#include "core/formats/resize.h"
#include "core/inspect/dataset_cache.h"
#include "core/jobs/inspection.h"

namespace slab::jobs {
namespace {

constexpr std::int64_t kMostItems = 1000;
constexpr std::uint8_t kDefectGrey = 128;

RunConfig configFrom(const std::string& text) {
  auto loaded = loadConfig({.preset = "", .text = text, .fileName = "", .overrides = {}});
  for (const auto& issue : loaded.issues) {
    if (issue.isError() && (issue.key.starts_with("data.") || issue.key.empty())) {
      throw Error(ErrorKind::Config, issue.key + ": " + issue.message);
    }
  }
  return loaded.config;
}

// The samples of one class, or all.
std::vector<std::int64_t> matching(const data::Dataset& dataset, std::int64_t label) {
  std::vector<std::int64_t> indices;
  for (std::int64_t i = 0; i < dataset.size(); ++i) {
    if (label < 0 || dataset.label(i) == label) indices.push_back(i);
  }
  return indices;
}

// Fitted into side x side, centred on black, always three channels.
void drawThumbnail(const Image& image, int side, std::uint8_t* target) {
  const int longer = std::max(image.width, image.height);
  const int width = std::max(1, image.width * side / longer), height = std::max(1, image.height * side / longer);
  const Image small = resize(image, width, height, ResizeFilter::Bilinear);
  const int left = (side - width) / 2, top = (side - height) / 2;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const std::uint8_t* from = small.row(y) + static_cast<std::ptrdiff_t>(x) * small.channels;
      std::uint8_t* to = target + (static_cast<std::ptrdiff_t>(y + top) * side + x + left) * 3;
      for (int c = 0; c < 3; ++c) to[c] = from[small.channels >= 3 ? c : 0];
    }
  }
}

}  // namespace

Message datasetPage(const DatasetRequest& request, std::uint64_t id) {
  const RunConfig config = configFrom(request.config);
  const auto dataset = inspect::cachedDataset(config, inspect::splitFromName(request.split));
  const int side = std::clamp(request.thumbnail, 8, 512);
  const auto indices = matching(*dataset, request.label);
  DatasetPage page;
  page.total = dataset->size();
  page.matching = static_cast<std::int64_t>(indices.size());
  page.classNames = dataset->classNames();
  page.classCounts = data::classCounts(*dataset);
  page.mean = config.data.mean;
  page.deviation = config.data.std;

  const std::int64_t first = std::clamp<std::int64_t>(request.first, 0, page.matching);
  const std::int64_t count = std::clamp<std::int64_t>(request.count, 0, std::min(kMostItems, page.matching - first));
  const std::size_t bytes = static_cast<std::size_t>(side) * static_cast<std::size_t>(side) * 3;
  std::vector<std::uint8_t> thumbnails(bytes * static_cast<std::size_t>(count), 0);
  for (std::int64_t i = 0; i < count; ++i) {
    DatasetItem item;
    item.index = indices[static_cast<std::size_t>(first + i)];
    item.label = dataset->label(item.index);
    item.path = dataset->nameOf(item.index);
    std::uint8_t* target = thumbnails.data() + bytes * static_cast<std::size_t>(i);
    try {
      const Image image = dataset->image(item.index);
      item.width = image.width;
      item.height = image.height;
      drawThumbnail(image, side, target);
    } catch (const Error& error) {
      item.defect = error.what();
      std::fill_n(target, bytes, kDefectGrey);
    }
    page.items.push_back(std::move(item));
  }
  Message reply = makeReply(id, page);
  reply.arrays.push_back(makeArray("thumbnails", {count, side, side, 3}, std::span<const std::uint8_t>(thumbnails)));
  return reply;
}

ScanReport scanData(const ScanRequest& request, std::stop_token stop, const OnProgress& onProgress) {
  const RunConfig config = configFrom(request.config);
  ScanReport report;
  for (const auto split : {data::Split::Train, data::Split::Validation}) {
    const auto dataset = data::openDataset(config.data, config.model, split);
    if (!dataset || stop.stop_requested()) continue;
    const std::string part = split == data::Split::Train ? "train" : "val";
    const auto scanned = data::scanDataset(*dataset, static_cast<int>(config.data.workers), request.limit, stop,
                                           [&](std::int64_t done, std::int64_t total) {
                                             if (onProgress) onProgress({done, total, part});
                                           });
    report.images += scanned.samples;
    report.bad += static_cast<std::int64_t>(scanned.bad.size());
    for (const auto& bad : scanned.bad) report.defects.push_back({bad.name, bad.cause, -1});
    for (const auto& notice : scanned.notices) report.defects.push_back({notice.path, notice.message, -1});
    for (std::size_t c = 0; c < scanned.classCounts.size(); ++c) {
      if (scanned.classCounts[c] > 0) continue;
      const std::string name = c < scanned.classNames.size() ? scanned.classNames[c] : std::to_string(c);
      report.emptyClasses.push_back(part + "/" + name);
    }
    if (split == data::Split::Train) {
      report.classNames = scanned.classNames;
      report.classCounts = scanned.classCounts;
    }
    report.seconds += scanned.seconds;
  }
  return report;
}

}  // namespace slab::jobs
