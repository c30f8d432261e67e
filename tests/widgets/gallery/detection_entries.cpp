// Objects over an image, and what stands around it.
#include <QPainter>
#include <cmath>

#include "widgets/class_filter/class_filter.h"
#include "widgets/gallery/entries.h"
#include "widgets/gallery/synthetic.h"
#include "widgets/image_table/image_table.h"
#include "widgets/latency_chart/accuracy_scatter.h"
#include "widgets/object_view/object_view.h"
#include "widgets/score_table/score_table.h"

namespace slab::gallery {
namespace {

using Kind = ViewObject::Kind;
using Verdict = ViewObject::Verdict;

/// An ellipse that fills a box.
QImage ellipse(const QRectF& box) {
  QImage drawn(box.size().toSize(), QImage::Format_ARGB32_Premultiplied);
  drawn.fill(Qt::transparent);
  QPainter painter(&drawn);
  painter.setPen(Qt::NoPen);
  painter.setBrush(Qt::white);
  painter.drawEllipse(QRectF(QPointF(), box.size()));
  painter.end();
  return drawn.convertToFormat(QImage::Format_Alpha8);
}

ViewObject object(Kind kind, Verdict verdict, const QRectF& box, int category, const QString& name, double score) {
  ViewObject made;
  made.kind = kind;
  made.verdict = verdict;
  made.box = box;
  made.category = category;
  made.name = name;
  made.score = score;
  made.mask = ellipse(box);
  made.maskAt = box.topLeft().toPoint();
  return made;
}

QWidget* objects(bool isCompared) {
  std::vector<ViewObject> list{object(Kind::Truth, Verdict::Right, {60, 150, 150, 110}, 5, "sandal", -1),
                               object(Kind::Truth, Verdict::Missed, {300, 60, 90, 70}, 9, "ankle boot", -1),
                               object(Kind::Truth, Verdict::None, {20, 330, 240, 90}, 0, "t-shirt", -1)};
  list.back().isCrowd = true;
  if (isCompared) {
    list.push_back(object(Kind::Found, Verdict::Right, {64, 146, 150, 118}, 5, "sandal", 0.97));
    list.push_back(object(Kind::Found, Verdict::Wrong, {180, 200, 170, 160}, 8, "bag", 0.71));
    list.push_back(object(Kind::Found, Verdict::Ignored, {40, 345, 90, 60}, 0, "t-shirt", 0.55));
  } else {
    list.push_back(object(Kind::Truth, Verdict::None, {180, 200, 170, 160}, 8, "bag", -1));
    for (ViewObject& one : list) one.verdict = Verdict::None;
  }
  auto* view = new ObjectView;
  ObjectStyle style;
  style.byVerdict = isCompared;
  view->setStyle(style);
  view->setScene(scene(448), {448, 448});
  view->setObjects(std::move(list));
  return view;
}

QWidget* classes() {
  auto* filter = new ClassFilter;
  std::vector<FilterClass> list;
  qint64 count = 262'465;
  for (const char* name : {"person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat",
                           "traffic light", "fire hydrant", "stop sign", "bench", "bird", "cat"}) {
    list.push_back({name, count, count / 90});
    count = count * 5 / 8;
  }
  filter->setClasses(std::move(list));
  std::vector<bool> shown(filter->shown().size(), true);
  shown[2] = shown[4] = false;
  filter->setShown(shown);
  return filter;
}

QWidget* images() {
  auto* table = new ImageTable;
  std::vector<ImageTableRow> rows;
  for (int i = 0; i < 40; ++i) {
    rows.push_back({i, QStringLiteral("%1.jpg").arg(139 + 146 * i, 12, 10, QChar('0')), 2 + i * 7 % 11, 1 + i * 5 % 7,
                    i * 3 % 5, i * 2 % 4});
  }
  table->setRows(std::move(rows), true);
  table->sortByColumn(ImageTableModel::Errors, Qt::DescendingOrder);
  table->setCurrentRow(2);
  return table;
}

QWidget* scores() {
  auto* table = new ScoreTable;
  std::vector<ScoreLine> lines;
  double value = 0.437;
  for (const char* name : {"AP", "AP50", "AP75", "AP small", "AP medium", "AP large", "AR 1", "AR 10", "AR 100",
                           "AR small", "AR medium", "AR large"}) {
    lines.push_back({name, {}, value, value - 0.04});
    value = std::fmod(value * 1.7, 0.7) + 0.05;
  }
  std::vector<ClassScoreLine> all;
  for (const char* name : {"person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck"}) {
    all.push_back({name, 1234, value, std::min(1.0, value + 0.2), value - 0.03, value + 0.17});
    value = std::fmod(value * 1.7, 0.7) + 0.05;
  }
  all.push_back({"hair drier", 0, -1, -1, -1, -1});
  table->setScores(lines, all, true);
  return table;
}

/// The paper's figure 5, with intervals that show how ours are drawn.
QWidget* apAgainstLatency() {
  auto* scatter = new AccuracyScatter;
  scatter->setValueName("box AP, %");
  scatter->setJoined(AccuracyScatter::Joined::Families);
  scatter->setPoints({{"Swin-T", 1, 51.0, 43.1, 50.2, 51.9, "Swin"},
                      {"Swin-S", 1, 63.1, 46.2, 62.0, 64.4, "Swin"},
                      {"Swin-T-PRepBN", 0, 43.0, 42.9, 42.1, 43.7, "Swin-PRepBN"},
                      {"Swin-S-PRepBN", 0, 57.3, 45.9, 56.4, 58.0, "Swin-PRepBN"},
                      {"PVT-T", 3, 46.0, 36.6, 45.1, 47.2, "PVT"},
                      {"PVT-S", 3, 64.0, 40.5, 63.2, 65.1, "PVT"},
                      {"PVT-T-PRepBN", 2, 43.2, 36.5, 42.5, 44.0, "PVT-PRepBN"},
                      {"PVT-S-PRepBN", 2, 59.6, 40.6, 58.8, 60.3, "PVT-PRepBN"}});
  return scatter;
}

}  // namespace

std::vector<Entry> detectionEntries() {
  return {{"object_view", {480, 480}, [] { return objects(false); }},
          {"object_view_verdicts", {480, 480}, [] { return objects(true); }},
          {"class_filter", {320, 420}, classes},
          {"image_table", {460, 360}, images},
          {"score_table", {420, 600}, scores},
          {"ap_latency", {640, 420}, apAgainstLatency}};
}

}  // namespace slab::gallery
