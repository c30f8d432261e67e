// What Detection opens and writes, and the way to Attention.
#include <QFileDialog>
#include <QFileInfo>
#include <QSettings>
#include <algorithm>

#include "app/gui/panels/detection_panel.h"
#include "app/gui/session.h"
#include "core/coco/image_folder.h"

namespace slab {
namespace {

const QString kFolderKey = QStringLiteral("detection/folder");

}  // namespace

void DetectionPanel::openSet(const QString& annotations, const QString& root) {
  QSettings().setValue(kFolderKey, QFileInfo(annotations).path());
  reader_->openSet(annotations, root);
}

void DetectionPanel::openResults(const QString& file) {
  if (reader_->isOpeningSet()) {
    // They belong to the set that is still being read, and to no other.
    connect(
        reader_, &SetReader::ended, this,
        [this, file, before = reader_->set()] {
          if (reader_->set() != before) openResults(file);
        },
        Qt::SingleShotConnection);
  } else if (reader_->set()) {
    reader_->openResults(file);
  } else {
    session().report(tr("Open the annotations that these results belong to first: %1").arg(file), "warning");
  }
}

void DetectionPanel::pickSet() {
  const QString file = QFileDialog::getOpenFileName(
      view_, tr("Open COCO annotations"), QSettings().value(kFolderKey).toString(), tr("Annotations (*.json)"));
  if (!file.isEmpty()) openSet(file);
}

void DetectionPanel::pickResults() {
  const QString file = QFileDialog::getOpenFileName(view_, tr("Open COCO results"),
                                                    QSettings().value(kFolderKey).toString(), tr("Results (*.json)"));
  if (!file.isEmpty()) openResults(file);
}

void DetectionPanel::pickFolder() {
  const SharedSet set = reader_->set();
  if (!set) return;
  const QString folder = QFileDialog::getExistingDirectory(view_, tr("Folder that the file names are relative to"),
                                                           QFileInfo(QString::fromStdString(set->set.path)).path());
  if (!folder.isEmpty()) openSet(QString::fromStdString(set->set.path), folder);
}

void DetectionPanel::trainOnSet() {
  const SharedSet set = reader_->set();
  if (!set) return;
  session().configureCocoSet(QString::fromStdString(set->set.path), set->root,
                             static_cast<qint64>(set->set.categories.size()));
}

void DetectionPanel::pickPicture() {
  const QString file =
      QFileDialog::getSaveFileName(view_, tr("Export the image"), "detections.png", tr("Picture (*.png)"));
  if (!file.isEmpty()) exportPicture(file);
}

bool DetectionPanel::exportPicture(const QString& file) {
  constexpr double kLeastSide = 1024;
  if (current_ < 0) {
    session().report(tr("There is no image to export yet."), "warning");
    return false;
  }
  const coco::CocoImage& record = reader_->set()->set.images[static_cast<std::size_t>(current_)];
  const double scale = std::max(1.0, kLeastSide / std::max(record.width, record.height));
  const bool isWritten = view_->picture(scale).save(file, "PNG");
  session().report(
      isWritten ? tr("Saved %1").arg(file) : tr("%1 could not be written. Choose another folder.").arg(file),
      isWritten ? QString() : QStringLiteral("bad"));
  return isWritten;
}

void DetectionPanel::lookAtCurrent() {
  const int chosen = view_->current();
  if (chosen < 0 || current_ < 0) return;
  const coco::CocoImage& record = reader_->set()->set.images[static_cast<std::size_t>(current_)];
  ImagePlace place;
  place.file = QString::fromStdString(coco::imageFileOf(reader_->set()->root.toStdString(), record));
  place.pixels = {record.width, record.height};
  place.at = view_->objects()[static_cast<std::size_t>(chosen)].box.center();
  if (!defect_.isEmpty()) {
    session().report(tr("The image can't be shown: %1").arg(defect_), "warning");
  } else {
    session().lookAt(place);
  }
}

}  // namespace slab
