#include "gui/coco_files.h"

#include <QDir>
#include <QFile>
#include <QImage>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace slab::test {
namespace {

QJsonArray numbers(std::initializer_list<double> values) {
  QJsonArray array;
  for (const double value : values) array.append(value);
  return array;
}

QJsonArray polygonOf(double x, double y, double width, double height) {
  QJsonArray polygons;
  polygons.append(numbers({x, y, x + width, y, x + width, y + height, x, y + height}));
  return polygons;
}

QJsonObject annotation(int id, int image, int category, double x, double y, double width, double height,
                       bool isCrowd = false) {
  return {{"id", id},
          {"image_id", image},
          {"category_id", category},
          {"bbox", numbers({x, y, width, height})},
          {"area", width * height},
          {"iscrowd", isCrowd ? 1 : 0},
          {"segmentation", polygonOf(x, y, width, height)}};
}

QJsonObject found(int image, int category, double score, double x, double y, double width, double height,
                  bool withMask) {
  QJsonObject result{
      {"image_id", image}, {"category_id", category}, {"score", score}, {"bbox", numbers({x, y, width, height})}};
  if (withMask) result["segmentation"] = polygonOf(x, y, width, height);
  return result;
}

void write(const QString& path, const QJsonDocument& content) {
  QFile file(path);
  if (!file.open(QIODevice::WriteOnly) || file.write(content.toJson()) < 0) qFatal("%s", qPrintable(path));
}

}  // namespace

CocoFiles writeCocoFiles(const QString& folder, bool withMasks) {
  const QDir root(folder);
  root.mkpath("annotations");
  root.mkpath("val");
  QJsonArray images;
  for (int id = 1; id <= 4; ++id) {
    const QString name = QStringLiteral("%1.png").arg(id);
    QImage picture(64, 48, QImage::Format_RGB32);
    picture.fill(QColor::fromHsv(60 * id, 120, 180));
    picture.save(root.filePath("val/" + name));
    images.append(QJsonObject{{"id", id}, {"width", 64}, {"height", 48}, {"file_name", name}});
  }
  const QJsonArray annotations{annotation(1, 1, 1, 4, 4, 20, 20),   annotation(2, 2, 2, 10, 10, 20, 20),
                               annotation(3, 2, 1, 40, 4, 16, 16),  annotation(4, 2, 1, 40, 26, 16, 16),
                               annotation(5, 3, 2, 2, 2, 40, 30),   annotation(6, 4, 2, 30, 20, 30, 24, true),
                               annotation(7, 4, 1, 50, 30, 30, 10),    // reaches out of the image
                               annotation(7, 4, 1, 2, 2, 10, 10),      // an id again
                               annotation(8, 4, 9, 2, 2, 10, 10),      // no such class
                               annotation(9, 4, 1, 20, 2, 10, 0),      // of nothing
                               annotation(10, 1, 2, 60, 40, 10, 10)};  // reaches out of the image
  const QJsonArray categories{QJsonObject{{"id", 1}, {"name", "cat"}}, QJsonObject{{"id", 2}, {"name", "dog"}}};
  CocoFiles files{root.filePath("annotations/instances_val.json"), root.filePath("results.json"), root.filePath("val")};
  write(files.annotations,
        QJsonDocument(QJsonObject{{"images", images}, {"annotations", annotations}, {"categories", categories}}));
  const QJsonArray results{found(1, 1, 0.9, 4, 4, 20, 20, withMasks), found(2, 1, 0.8, 10, 10, 20, 20, withMasks),
                           found(3, 2, 0.7, 2, 2, 40, 28, withMasks), found(4, 2, 0.6, 32, 22, 10, 10, withMasks),
                           found(3, 1, 0.2, 20, 2, 20, 20, withMasks)};
  write(files.results, QJsonDocument(results));
  return files;
}

}  // namespace slab::test
