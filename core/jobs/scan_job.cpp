// `slab data scan`: both parts of a data set, with WordNet's names for ImageNet's classes.
#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <thread>
#include <utility>

#include "core/base/error.h"
#include "core/data/scan.h"
#include "core/jobs/class_titles.h"
#include "core/jobs/data_config.h"
#include "core/jobs/inspection.h"

namespace slab::jobs {
namespace {

constexpr std::size_t kMostSizes = 200;

using Sizes = std::map<std::pair<int, int>, std::int64_t>;

std::unique_ptr<data::Dataset> openPart(const RunConfig& config, data::Split split, ScanReport& report) {
  ModelConfig model = config.model;
  // Any number of classes can be looked at, whatever the model is to tell apart.
  model.classes = std::numeric_limits<std::int64_t>::max();
  try {
    return data::openDataset(config.data, model, split);
  } catch (const Error& error) {
    // A validation part that can't be opened is one more finding; the training part is what a scan is about.
    if (split == data::Split::Train || error.kind() != ErrorKind::Data) throw;
    report.notices.push_back({config.data.root, error.what()});
    return nullptr;
  }
}

void nameEmptyClasses(const data::ScanReport& scanned, const std::string& part, ScanReport& report) {
  for (std::size_t c = 0; c < scanned.classCounts.size(); ++c) {
    if (scanned.classCounts[c] > 0) continue;
    const std::string name = c < scanned.classNames.size() ? scanned.classNames[c] : std::to_string(c);
    report.emptyClasses.push_back(part + "/" + name);
  }
}

void add(const data::ScanReport& scanned, data::Split split, ScanReport& report, Sizes& sizes) {
  const bool isTrain = split == data::Split::Train;
  report.images += scanned.samples;
  report.reused += scanned.reused;
  report.complete = report.complete && scanned.complete;
  report.bad += static_cast<std::int64_t>(scanned.bad.size());
  for (const auto& bad : scanned.bad) {
    report.defects.push_back(
        {bad.name, bad.fault ? std::string(toString(*bad.fault)) : std::string(), bad.cause, bad.offset});
  }
  for (const auto& notice : scanned.notices) report.notices.push_back({notice.path, notice.message});
  nameEmptyClasses(scanned, isTrain ? "train" : "val", report);
  if (isTrain) report.classNames = scanned.classNames;
  (isTrain ? report.classCounts : report.valCounts) = scanned.classCounts;
  (isTrain ? report.classFaults : report.valFaults) = scanned.classFaults;
  for (const auto& [size, images] : scanned.sizes) sizes[size] += images;
  if (!scanned.sandbox.empty()) report.sandbox = scanned.sandbox;
  report.lostProcesses += scanned.lostProcesses;
  report.seconds += scanned.seconds;
}

std::vector<ScanSize> commonest(const Sizes& sizes) {
  std::vector<ScanSize> rows;
  for (const auto& [size, images] : sizes) rows.push_back({size.first, size.second, images});
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.images > b.images; });
  rows.resize(std::min(rows.size(), kMostSizes));
  return rows;
}

}  // namespace

ScanReport scanData(const ScanRequest& request, std::stop_token stop, const OnProgress& onProgress) {
  const RunConfig config = dataConfigFrom(request.config);
  ScanReport report;
  const auto train = openPart(config, data::Split::Train, report);
  const auto validation = openPart(config, data::Split::Validation, report);

  std::optional<data::ManifestJournal> journal;
  data::ScanOptions options;
  if (config.data.type == DataType::ImageFolder) {
    journal.emplace(config.data.root);
    report.manifest = journal->path();
    options.journal = &*journal;
    options.root = config.data.root;
  }
  options.workers = request.workers > 0 ? request.workers : static_cast<int>(std::thread::hardware_concurrency());
  options.limit = request.limit;
  options.stop = stop;
  Sizes sizes;
  const bool isWhole = request.limit == 0 && config.data.limit == 0;
  for (const auto split : {data::Split::Train, data::Split::Validation}) {
    const auto& dataset = split == data::Split::Train ? train : validation;
    if (!dataset) continue;
    options.onProgress = [&](std::int64_t done, std::int64_t total) {
      if (onProgress) onProgress({done, total, split == data::Split::Train ? "train" : "val"});
    };
    add(data::scanDataset(*dataset, options), split, report, sizes);
  }
  if (journal) journal->finish(isWhole && report.complete);
  report.sizes = commonest(sizes);
  ClassTitles titles = classTitles(report.classNames);
  report.classTitles = std::move(titles.titles);
  report.titlesHint = std::move(titles.hint);
  return report;
}

}  // namespace slab::jobs
