// Pictures of a COCO set's images, decoded by the inspection worker's sandbox.
#pragma once

#include <QCache>
#include <QImage>
#include <QObject>
#include <deque>
#include <functional>
#include <vector>

#include "app/gui/coco/opened_set.h"
#include "widgets/dataset_grid/dataset_grid.h"

namespace slab {

class Session;
struct WorkerReply;

/// One image in full and pages of thumbnails. The image goes first; few requests are under way at a time, so that a
/// newer one does not wait for a whole page.
class PictureLoader : public QObject {
  Q_OBJECT

 public:
  PictureLoader(Session& session, QObject* parent);

  /// Forgets what was asked for.
  void setSet(SharedSet set);
  /// An image by its place in the set; `pictureReady` follows for the newest one alone.
  void loadPicture(std::size_t image);
  /// `images`: of the grid's positions from `first` on. Each arrives by itself.
  void loadThumbnails(int generation, qint64 first, const std::vector<std::size_t>& images);
  /// Drops thumbnails that wait.
  void forgetThumbnails();
  [[nodiscard]] bool isBusy() const { return picture_ != 0 || open_ > 0 || !waiting_.empty(); }

 signals:
  /// `image` is null with `defect` set where the file can't be shown.
  void pictureReady(qint64 image, const QImage& picture, const QString& defect);
  void thumbnailReady(int generation, qint64 position, const Thumbnail& thumbnail);

 private:
  struct Wanted {
    int generation = 0;
    qint64 position = 0;
    std::size_t image = 0;
  };
  [[nodiscard]] QString fileOf(std::size_t image) const;
  quint64 ask(std::size_t image, int side, std::function<void(const QImage&, const QString&)> done);
  void askNext();

  Session& session_;
  SharedSet set_;
  quint64 picture_ = 0;  // request of the image in full
  qint64 wantedPicture_ = -1;
  int open_ = 0;
  std::deque<Wanted> waiting_;
  QCache<qint64, Thumbnail> known_;
};

}  // namespace slab
