// What files and places a person asked to see; the workspaces that show them listen.
#include <QFile>
#include <QFileInfo>

#include "app/gui/session.h"

namespace slab {
namespace {

/// COCO's results are a list, its annotations an object.
bool beginsAsList(const QString& path) {
  constexpr qint64 kFirstBytes = 64;
  QFile file(path);
  return file.open(QIODevice::ReadOnly) && file.read(kFirstBytes).trimmed().startsWith('[');
}

}  // namespace

void Session::openCheckpoint(const QString& file) {
  showWorkspace("models");
  emit checkpointOpened(file);
}

void Session::openImages(const QString& folder) {
  showWorkspace("data");
  emit imagesOpened(folder);
}

void Session::openAnnotations(const QString& file, const QString& root) {
  showWorkspace("detection");
  emit annotationsOpened(file, root);
}

void Session::openResults(const QString& file) {
  showWorkspace("detection");
  emit resultsOpened(file);
}

void Session::openFile(const QString& file) {
  if (QFileInfo(file).suffix().compare("json", Qt::CaseInsensitive) != 0) return openCheckpoint(file);
  if (beginsAsList(file)) {
    openResults(file);
  } else {
    openAnnotations(file);
  }
}

void Session::lookAt(const ImagePlace& place) {
  emit placeWanted(place);
  showWorkspace("attention");
}

}  // namespace slab
