#include "app/gui/image_count.h"

#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <utility>

namespace slab {

ImageCount::ImageCount(QString program, QObject* parent) : QObject(parent), program_(std::move(program)) {
  connect(&process_, &SlabProcess::wrote, this, [this](const QByteArray& line) { answer_ = line; });
  connect(&process_, &SlabProcess::ended, this, &ImageCount::end);
}

std::optional<qint64> ImageCount::of(const QString& root) {
  if (const auto known = counts_.find(root); known != counts_.end()) return known->second;
  // A path that is being typed names no such folder yet.
  if (program_.isEmpty() || root == running_ || !QFileInfo(root + "/train").isDir()) return std::nullopt;
  waiting_ = root;
  if (!process_.isRunning()) begin(std::exchange(waiting_, QString()));
  return std::nullopt;
}

void ImageCount::begin(const QString& root) {
  running_ = root;
  answer_.clear();
  process_.start(program_,
                 {"config", "check", "--json", "--set", "data.type=image_folder", "--set", "data.root=" + root});
}

void ImageCount::end() {
  const QJsonObject answer = QJsonDocument::fromJson(answer_).object();
  std::optional<qint64>& count = counts_[std::exchange(running_, QString())];
  if (answer.contains("images")) count = answer["images"].toInteger();
  if (!waiting_.isEmpty() && !counts_.contains(waiting_)) begin(std::exchange(waiting_, QString()));
  emit counted();
}

}  // namespace slab
