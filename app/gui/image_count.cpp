#include "app/gui/image_count.h"

#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <utility>

namespace slab {

ImageCount::ImageCount(QString program, QObject* parent) : QObject(parent), program_(std::move(program)) {}

ImageCount::~ImageCount() {
  if (process_ == nullptr) return;
  process_->disconnect(this);
  process_->kill();
  process_->waitForFinished();
}

std::optional<qint64> ImageCount::of(const QString& root) {
  if (const auto known = counts_.find(root); known != counts_.end()) return known->second;
  // A path that is being typed names no such folder yet.
  if (program_.isEmpty() || root == running_ || !QFileInfo(root + "/train").isDir()) return std::nullopt;
  waiting_ = root;
  if (process_ == nullptr) begin(std::exchange(waiting_, QString()));
  return std::nullopt;
}

void ImageCount::begin(const QString& root) {
  running_ = root;
  process_ = new QProcess(this);
  connect(process_, &QProcess::finished, this, &ImageCount::end);
  connect(process_, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
    if (error == QProcess::FailedToStart) end();
  });
  process_->start(program_,
                  {"config", "check", "--json", "--set", "data.type=image_folder", "--set", "data.root=" + root});
}

void ImageCount::end() {
  const QJsonObject answer = QJsonDocument::fromJson(process_->readAllStandardOutput()).object();
  std::optional<qint64>& count = counts_[std::exchange(running_, QString())];
  if (answer.contains("images")) count = answer["images"].toInteger();
  process_->deleteLater();
  process_ = nullptr;
  if (!waiting_.isEmpty() && !counts_.contains(waiting_)) begin(std::exchange(waiting_, QString()));
  emit counted();
}

}  // namespace slab
