#include "widgets/object_view/object_painter.h"

#include <QCoreApplication>
#include <algorithm>
#include <numeric>
#include <optional>

namespace slab {
namespace {

using Kind = ViewObject::Kind;
using Verdict = ViewObject::Verdict;

constexpr double kSign = 13;  // side of a sign, at 100 %

/// What lies around a line, so that it is seen on any picture.
QColor casing(const Tokens& tokens) {
  return tokens.isDark() ? QColor(0, 0, 0, 170) : QColor(255, 255, 255, 200);
}

QColor inkOn(const QColor& fill) {
  return contrastRatio(fill, Qt::white) >= contrastRatio(fill, Qt::black) ? QColor(Qt::white) : QColor(Qt::black);
}

QString verdictWords(Verdict verdict) {
  const auto tr = [](const char* words) { return QCoreApplication::translate("ObjectView", words); };
  switch (verdict) {
    case Verdict::Right: return tr("right");
    case Verdict::Wrong: return tr("wrong");
    case Verdict::Missed: return tr("missed");
    case Verdict::Ignored: return tr("in a crowd");
    case Verdict::None: break;
  }
  return {};
}

QString labelOf(const ViewObject& object) {
  QString words = object.name;
  if (object.score >= 0) words += QStringLiteral(" %1").arg(object.score, 0, 'f', 2);
  if (object.isCrowd) words += ' ' + QCoreApplication::translate("ObjectView", "crowd");
  return words;
}

/// An annotated object that was found: its detection says all, it is there to be compared with.
bool isQuiet(const ViewObject& object, const ObjectStyle& style) {
  return style.byVerdict && object.kind == Kind::Truth && object.verdict == Verdict::Right;
}

}  // namespace

QString wordsOf(const ViewObject& object) {
  const QString verdict = verdictWords(object.verdict);
  return labelOf(object) + (verdict.isEmpty() ? QString() : ", " + verdict);
}

QColor objectColour(const ViewObject& object, const ObjectStyle& style, const Tokens& tokens) {
  if (style.byVerdict) {
    switch (object.verdict) {
      case Verdict::Right: return tokens.good;
      case Verdict::Wrong: return tokens.bad;
      case Verdict::Missed: return tokens.warning;
      case Verdict::Ignored: return tokens.muted;
      case Verdict::None: return object.isCrowd ? tokens.muted : categoryColour(tokens, object.category);
    }
  }
  return categoryColour(tokens, object.category);
}

ObjectPainter::ObjectPainter(const std::vector<ViewObject>& objects, const ObjectStyle& style, const Tokens& tokens,
                             double unit)
    : objects_(objects), style_(style), tokens_(tokens), unit_(unit), tinted_(objects.size()), order_(objects.size()) {
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
    const auto rank = [&](const ViewObject& o) { return o.kind == Kind::Found ? 2 : o.isCrowd ? 0 : 1; };
    const auto area = [](const ViewObject& o) { return o.box.width() * o.box.height(); };
    if (rank(objects[a]) != rank(objects[b])) return rank(objects[a]) < rank(objects[b]);
    return area(objects[a]) > area(objects[b]);
  });
}

QRectF ObjectPainter::placed(const QRectF& box) const {
  const double x = target_.width() / image_.width(), y = target_.height() / image_.height();
  return {target_.left() + box.left() * x, target_.top() + box.top() * y, box.width() * x, box.height() * y};
}

const QImage& ObjectPainter::tinted(std::size_t i) {
  QImage& image = tinted_[i];
  if (!image.isNull()) return image;
  const ViewObject& object = objects_[i];
  image = QImage(object.mask.size(), QImage::Format_ARGB32_Premultiplied);
  const QRgb colour = qPremultiply(objectColour(object, style_, tokens_).rgba());
  // Lines of a crowd are as far apart in every image, whatever its size.
  const int period = std::max(6, std::max(image_.width(), image_.height()) / 60), line = std::max(2, period / 3);
  for (int y = 0; y < image.height(); ++y) {
    const uchar* in = object.mask.constScanLine(y);
    auto* out = reinterpret_cast<QRgb*>(image.scanLine(y));
    for (int x = 0; x < image.width(); ++x) {
      const int along = (x + object.maskAt.x() + y + object.maskAt.y()) % period;
      out[x] = in[x] != 0 && (!object.isCrowd || along < line) ? colour : 0;
    }
  }
  return image;
}

void ObjectPainter::paintMask(QPainter& painter, std::size_t i, bool isStrong) {
  const ViewObject& object = objects_[i];
  if (isQuiet(object, style_) && !isStrong) return;  // the mask that found it lies there
  const double opacity = std::min(1.0, style_.opacity + (isStrong ? 0.2 : 0));
  if (!object.mask.isNull()) {
    painter.setOpacity(opacity);
    painter.setRenderHint(QPainter::SmoothPixmapTransform, false);
    painter.drawImage(placed(QRectF(object.maskAt, QSizeF(object.mask.size()))), tinted(i));
  } else if (object.isCrowd) {
    painter.setOpacity(opacity);
    painter.fillRect(placed(object.box), QBrush(objectColour(object, style_, tokens_), Qt::BDiagPattern));
  }
  painter.setOpacity(1);
}

void ObjectPainter::paintBox(QPainter& painter, std::size_t i, bool isStrong) const {
  const ViewObject& object = objects_[i];
  const double width = (isStrong ? 3 : isQuiet(object, style_) ? 1 : 2) * unit_;
  const QRectF box = placed(object.box);
  QPen pen(casing(tokens_), width + 2 * unit_, Qt::SolidLine, Qt::FlatCap, Qt::MiterJoin);
  painter.setBrush(Qt::NoBrush);
  painter.setPen(pen);
  painter.drawRect(box);
  pen.setColor(objectColour(object, style_, tokens_));
  pen.setWidthF(width);
  if (object.kind == Kind::Truth) pen.setDashPattern({4 * unit_ / width * 1.5, 4 * unit_ / width});
  painter.setPen(pen);
  painter.drawRect(box);
}

bool ObjectPainter::isFree(const QRectF& place, const QRectF& bounds) const {
  return bounds.contains(place) &&
         std::none_of(taken_.begin(), taken_.end(), [&](const QRectF& other) { return other.intersects(place); });
}

/// Drawn, not written: no font lacks them.
void ObjectPainter::paintSign(QPainter& painter, const ViewObject& object, const QRectF& place,
                              const QColor& ink) const {
  const QRectF inner = place.marginsRemoved(QMarginsF(3, 3, 3, 3) * unit_);
  painter.setPen(QPen(ink, 1.8 * unit_, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
  painter.setBrush(Qt::NoBrush);
  const auto at = [&](double x, double y) {
    return QPointF(inner.left() + x * inner.width(), inner.top() + y * inner.height());
  };
  switch (object.verdict) {
    case Verdict::Right: painter.drawPolyline(QPolygonF{at(0, 0.55), at(0.38, 0.95), at(1, 0.1)}); break;
    case Verdict::Wrong:
      painter.drawLine(at(0, 0), at(1, 1));
      painter.drawLine(at(1, 0), at(0, 1));
      break;
    case Verdict::Missed: painter.drawEllipse(inner); break;
    case Verdict::Ignored: painter.drawLine(at(0, 0.5), at(1, 0.5)); break;
    case Verdict::None: break;
  }
}

void ObjectPainter::paintLabel(QPainter& painter, std::size_t i, bool isStrong) {
  const ViewObject& object = objects_[i];
  if (isQuiet(object, style_) && !isStrong) return;
  const bool hasSign = style_.byVerdict && object.verdict != Verdict::None;
  const QFontMetricsF metrics(painter.font());
  const double height = std::max(metrics.height(), kSign * unit_), sign = hasSign ? height : 0;
  const QString words = style_.labels || isStrong ? labelOf(object) : QString();
  if (words.isEmpty() && !hasSign) return;
  const QRectF box = placed(object.box), bounds = target_.intersected(QRectF(painter.viewport()));
  const double room = words.isEmpty() ? 0 : metrics.horizontalAdvance(words) + 8 * unit_;
  const auto placeFor = [&](double width) -> std::optional<QRectF> {
    const QSizeF size(width, height);
    const double right = std::max(bounds.left(), std::min(box.left(), bounds.right() - width));
    const double top = std::max(box.top(), bounds.top());
    for (const double y : {box.top() - height - unit_, top, box.bottom() + unit_, box.bottom() - height}) {
      const QRectF place(QPointF(right, y), size);
      if (isFree(place, bounds)) return place;
    }
    if (!isStrong) return std::nullopt;
    return QRectF(QPointF(right, std::min(top, bounds.bottom() - height)), size);
  };
  auto place = placeFor(sign + room);
  const bool isWhole = place.has_value();
  if (!isWhole && hasSign) place = placeFor(sign);
  if (!place) return;
  taken_.push_back(*place);
  const QColor fill = objectColour(object, style_, tokens_), ink = inkOn(fill);
  painter.setPen(QPen(casing(tokens_), unit_));
  painter.setBrush(fill);
  painter.drawRoundedRect(*place, 3 * unit_, 3 * unit_);
  if (hasSign) paintSign(painter, object, QRectF(place->topLeft(), QSizeF(sign, height)), ink);
  if (!isWhole || words.isEmpty()) return;
  painter.setPen(ink);
  painter.drawText(place->adjusted(sign, 0, 0, 0), Qt::AlignCenter, words);
}

void ObjectPainter::paint(QPainter& painter, QSize image, const QRectF& target, int current, int hovered) {
  if (image.isEmpty() || target.isEmpty()) return;
  if (image != image_) tinted_.assign(objects_.size(), {});
  image_ = image;
  target_ = target;
  taken_.clear();
  painter.save();
  painter.setClipRect(target.adjusted(-2 * unit_, -2 * unit_, 2 * unit_, 2 * unit_), Qt::IntersectClip);
  painter.setRenderHint(QPainter::Antialiasing);
  const auto isStrong = [&](std::size_t i) { return static_cast<int>(i) == current || static_cast<int>(i) == hovered; };
  std::vector<std::size_t> order = order_;
  std::stable_partition(order.begin(), order.end(), [&](std::size_t i) { return !isStrong(i); });
  if (style_.masks) {
    for (const std::size_t i : order) paintMask(painter, i, isStrong(i));
  }
  for (const std::size_t i : order) {
    if (style_.boxes || isStrong(i)) paintBox(painter, i, isStrong(i));
  }
  // The words of those in front find their place first.
  for (auto i = order.rbegin(); i != order.rend(); ++i) paintLabel(painter, *i, isStrong(*i));
  painter.restore();
}

}  // namespace slab
