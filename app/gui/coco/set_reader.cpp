#include "app/gui/coco/set_reader.h"

#include <exception>
#include <utility>

#include "core/coco/annotation_file.h"
#include "core/coco/image_folder.h"
#include "core/coco/result_file.h"

namespace slab {
namespace {

using Channel = Background::Channel;

/// At most so many steps of one work are shown.
constexpr std::int64_t kMostSteps = 200;

/// Passes progress on, but not more often than anyone can see.
auto reporter(const Channel& channel, SetReader* reader, const QString& what) {
  return [channel, reader, what, last = std::int64_t{-1}](std::int64_t done, std::int64_t total) mutable {
    const std::int64_t step = total > 0 ? done * kMostSteps / total : 0;
    if (step == last) return;
    last = step;
    channel.post([reader, what, done, total] { emit reader->progressed(what, done, total); });
  };
}

/// True when every annotation has a mask, so that masks can be compared.
bool hasMasks(const coco::CocoSet& set) {
  for (const coco::CocoAnnotation& annotation : set.annotations) {
    if (std::holds_alternative<std::monostate>(annotation.shape)) return false;
  }
  return true;
}

}  // namespace

SetReader::SetReader(QObject* parent) : QObject(parent), work_(new Background(this)) {
  connect(work_, &Background::ended, this, &SetReader::ended);
}

void SetReader::openSet(const QString& annotations, const QString& root) {
  const auto work = [this, path = annotations.toStdString(), root](const Channel& channel) {
    try {
      coco::AnnotationOptions options;
      options.watch = {channel.stop, reporter(channel, this, tr("Reading the annotations"))};
      coco::AnnotationReading reading = coco::readAnnotations(path, options);
      const auto opened = std::make_shared<OpenedSet>(std::move(reading.set));
      opened->faults = std::move(reading.faults);
      opened->root = root.isEmpty() ? QString::fromStdString(coco::findImageFolder(opened->set)) : root;
      channel.post([this, opened] {
        isOpeningSet_ = false;
        // A million annotations take a moment to let go of, too.
        QThreadPool::globalInstance()->start([old = std::exchange(set_, opened)] {});
        results_.reset();
        boxes_.reset();
        masks_.reset();
        emit setOpened();
        takeResults({}, {}, {});
      });
    } catch (const std::exception& error) {
      const QString why = QString::fromUtf8(error.what());
      channel.post([this, why] {
        isOpeningSet_ = false;
        emit failed(tr("The annotations were not opened"), why);
      });
    }
  };
  start(work, tr("Reading the annotations"));
  isOpeningSet_ = true;
}

void SetReader::openResults(const QString& file) {
  if (!set_) return;
  const auto work = [this, set = set_, file](const Channel& channel) {
    try {
      const std::string path = file.toStdString();
      auto opened = std::make_shared<OpenedResults>();
      opened->set = set;
      opened->path = file;
      opened->hasMasks = hasMasks(set->set) && coco::resultsHaveMasks(path);
      const auto of = opened->hasMasks ? coco::OverlapOf::Masks : coco::OverlapOf::Boxes;
      coco::ResultReading reading =
          coco::readResults(path, set->set, of, {channel.stop, reporter(channel, this, tr("Reading the results"))});
      opened->note = QString::fromStdString(coco::passedOverText(reading, set->set));
      opened->detections = std::move(reading.detections);
      const auto matchesOf = [&](coco::OverlapOf what, const QString& words) -> SharedMatches {
        const coco::MatchOptions options{what, channel.stop, reporter(channel, this, words)};
        return std::make_shared<const std::vector<coco::ImageMatches>>(
            coco::matchImages(set->set, set->index, opened->detections, options));
      };
      const SharedMatches boxes = matchesOf(coco::OverlapOf::Boxes, tr("Matching boxes"));
      const SharedMatches masks =
          opened->hasMasks ? matchesOf(coco::OverlapOf::Masks, tr("Matching masks")) : SharedMatches();
      channel.post([this, opened, boxes, masks] { takeResults(opened, boxes, masks); });
    } catch (const std::exception& error) {
      const QString why = QString::fromUtf8(error.what());
      channel.post([this, why] { emit failed(tr("The results were not opened"), why); });
    }
  };
  start(work, tr("Reading the results"));
}

void SetReader::start(std::function<void(const Background::Channel&)> work, const QString& what) {
  isOpeningSet_ = false;
  work_->start(std::move(work));
  emit progressed(what, 0, 0);
}

void SetReader::closeResults() {
  work_->abandon();
  isOpeningSet_ = false;
  takeResults({}, {}, {});
  emit ended();
}

void SetReader::takeResults(SharedResults results, SharedMatches boxes, SharedMatches masks) {
  results_ = std::move(results);
  boxes_ = std::move(boxes);
  masks_ = std::move(masks);
  scores_ = {};
  emit resultsChanged();
  emit scoresChanged();
}

void SetReader::evaluate() {
  if (!results_) return;
  const auto work = [this, results = results_](const Channel& channel) {
    const auto scoresOf = [&](coco::OverlapOf what, const QString& words) {
      coco::EvaluationOptions options;
      options.of = what;
      options.stop = channel.stop;
      options.onProgress = reporter(channel, this, words);
      return coco::evaluate(results->set->set, results->detections, options);
    };
    try {
      channel.post([this, scores = scoresOf(coco::OverlapOf::Boxes, tr("Evaluating boxes"))] {
        scores_.boxes = scores;
        emit scoresChanged();
      });
      if (!results->hasMasks || channel.stop.stop_requested()) return;
      channel.post([this, scores = scoresOf(coco::OverlapOf::Masks, tr("Evaluating masks"))] {
        scores_.masks = scores;
        emit scoresChanged();
      });
    } catch (const std::exception& error) {
      const QString why = QString::fromUtf8(error.what());
      channel.post([this, why] { emit failed(tr("The evaluation ended early"), why); });
    }
  };
  start(work, tr("Evaluating boxes"));
}

}  // namespace slab
