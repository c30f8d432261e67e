#include "app/gui/coco/picture_loader.h"

#include <algorithm>

#include "app/gui/session.h"
#include "core/coco/image_folder.h"

namespace slab {
namespace {

constexpr int kPictureSide = 1024;  // the most that the worker's sandbox hands out
constexpr int kThumbnailSide = 128;
constexpr int kMostOpen = 4;
constexpr int kMostKnown = 1024;  // thumbnails: 50 MB

/// The worker fits an image into a square with black around it; that is cut off again.
QImage pictureOf(const DatasetItem& item, const Message& message) {
  const WireArray* array = message.find("thumbnails");
  const bool fits = array && array->dtype == "u8" && array->shape.size() == 4 && array->shape[0] == 1 &&
                    array->shape[1] == array->shape[2] && array->shape[3] == 3;
  if (!fits || item.width <= 0 || item.height <= 0) return {};
  const auto side = static_cast<int>(array->shape[1]);
  const auto longer = static_cast<std::int64_t>(std::max(item.width, item.height));
  const auto fitted = [&](int length) {
    return static_cast<int>(std::max<std::int64_t>(1, std::int64_t{length} * side / longer));
  };
  const int width = fitted(item.width), height = fitted(item.height);
  return QImage(array->bytes.data(), side, side, side * 3, QImage::Format_RGB888)
      .copy((side - width) / 2, (side - height) / 2, width, height);
}

}  // namespace

PictureLoader::PictureLoader(Session& session, QObject* parent)
    : QObject(parent), session_(session), known_(kMostKnown) {}

void PictureLoader::setSet(SharedSet set) {
  set_ = std::move(set);
  wantedPicture_ = -1;
  known_.clear();
  forgetThumbnails();
}

void PictureLoader::forgetThumbnails() {
  waiting_.clear();
}

QString PictureLoader::fileOf(std::size_t image) const {
  if (!set_ || set_->root.isEmpty()) return {};
  return QString::fromStdString(coco::imageFileOf(set_->root.toStdString(), set_->set.images[image]));
}

quint64 PictureLoader::ask(std::size_t image, int side, std::function<void(const QImage&, const QString&)> done) {
  DatasetRequest request;
  request.path = fileOf(image).toStdString();
  request.thumbnail = side;
  return session_.ask(request, this, [done = std::move(done)](const WorkerReply& reply) {
    if (!reply.isLast) return;
    if (!reply.error.isEmpty() || !holds<DatasetPage>(reply.message)) return done({}, reply.error);
    const auto page = unpack<DatasetPage>(reply.message);
    if (page.items.empty()) return done({}, tr("the worker sent no picture"));
    const DatasetItem& item = page.items.front();
    if (!item.defect.empty()) return done({}, QString::fromStdString(item.defect));
    done(pictureOf(item, reply.message), {});
  });
}

void PictureLoader::loadPicture(std::size_t image) {
  const auto place = static_cast<qint64>(image);
  wantedPicture_ = place;
  if (fileOf(image).isEmpty()) {
    const bool hasName = set_ && !set_->set.images[image].file.empty();
    emit pictureReady(place, {},
                      hasName ? tr("the folder of the images is not known") : tr("the record names no file"));
    return;
  }
  if (picture_ != 0) return;  // it goes on from there when the answer comes
  picture_ = ask(image, kPictureSide, [this, place, set = set_](const QImage& picture, const QString& defect) {
    picture_ = 0;
    if (wantedPicture_ < 0) return;
    if (set != set_ || wantedPicture_ != place) return loadPicture(static_cast<std::size_t>(wantedPicture_));
    emit pictureReady(place, picture, defect);
  });
}

void PictureLoader::loadThumbnails(int generation, qint64 first, const std::vector<std::size_t>& images) {
  // What came on the screen last is wanted first.
  for (std::size_t i = images.size(); i > 0; --i) {
    waiting_.push_front({generation, first + static_cast<qint64>(i) - 1, images[i - 1]});
  }
  askNext();
}

void PictureLoader::askNext() {
  while (open_ < kMostOpen && !waiting_.empty()) {
    const Wanted wanted = waiting_.front();
    waiting_.pop_front();
    if (const Thumbnail* known = known_.object(static_cast<qint64>(wanted.image))) {
      emit thumbnailReady(wanted.generation, wanted.position, *known);
      continue;
    }
    const QString name = QString::fromStdString(set_->set.images[wanted.image].file);
    Thumbnail thumbnail;
    thumbnail.index = static_cast<qint64>(wanted.image);
    thumbnail.label = name.section('/', -1);
    if (fileOf(wanted.image).isEmpty()) {
      thumbnail.defect = tr("no file");
      emit thumbnailReady(wanted.generation, wanted.position, thumbnail);
      continue;
    }
    ++open_;
    ask(wanted.image, kThumbnailSide,
        [this, wanted, thumbnail, set = set_](const QImage& picture, const QString& defect) mutable {
          --open_;
          thumbnail.image = picture;
          thumbnail.defect = defect;
          if (set == set_) known_.insert(thumbnail.index, new Thumbnail(thumbnail));
          emit thumbnailReady(wanted.generation, wanted.position, thumbnail);
          askNext();
        });
  }
}

}  // namespace slab
