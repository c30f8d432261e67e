#include "widgets/theme/icons.h"

#include <QPainter>
#include <QPainterPath>

namespace slab {
namespace {

using Line = QLineF;

void drawRuns(QPainter& p) {
  p.drawLines({Line(2, 4, 14, 4), Line(2, 8, 14, 8), Line(2, 12, 10, 12)});
}

void drawConfigure(QPainter& p) {
  p.drawLines({Line(2, 4.5, 8, 4.5), Line(12, 4.5, 14, 4.5), Line(2, 11.5, 4, 11.5), Line(8, 11.5, 14, 11.5)});
  p.drawEllipse(QPointF(10, 4.5), 2, 2);
  p.drawEllipse(QPointF(6, 11.5), 2, 2);
}

void drawTrain(QPainter& p) {
  p.drawPolyline(QPolygonF{{1.5, 13}, {5.5, 8.5}, {9, 10.5}, {14.5, 3}});
}

/// One branch falls, the other rises: the hand-over.
void drawCockpit(QPainter& p) {
  for (const double side : {1.0, -1.0}) {
    QPainterPath branch(QPointF(1.5, 8 - 4.5 * side));
    branch.cubicTo(QPointF(7, 8 - 4.5 * side), QPointF(9, 8 + 4.5 * side), QPointF(14.5, 8 + 4.5 * side));
    p.drawPath(branch);
  }
}

void drawAttention(QPainter& p) {
  p.drawRoundedRect(QRectF(2, 2, 12, 12), 1.5, 1.5);
  p.drawEllipse(QPointF(8, 8), 2.4, 2.4);
}

void drawLatency(QPainter& p) {
  p.drawEllipse(QPointF(8, 9), 5.4, 5.4);
  p.drawLines({Line(8, 9, 8, 5.8), Line(6, 1.4, 10, 1.4)});
}

void drawData(QPainter& p) {
  for (const QPointF& corner : {QPointF(2, 2), QPointF(9, 2), QPointF(2, 9), QPointF(9, 9)}) {
    p.drawRect(QRectF(corner, QSizeF(5, 5)));
  }
}

void drawModels(QPainter& p) {
  p.drawRect(QRectF(5.5, 1.5, 5, 3.5));
  p.drawRect(QRectF(1.5, 11, 5, 3.5));
  p.drawRect(QRectF(9.5, 11, 5, 3.5));
  p.drawLines({Line(8, 5, 8, 8), Line(4, 8, 12, 8), Line(4, 8, 4, 11), Line(12, 8, 12, 11)});
}

void drawDiagnose(QPainter& p) {
  p.drawPolyline(QPolygonF{{1.5, 8.5}, {4.5, 8.5}, {6.5, 3}, {9.5, 13}, {11.5, 8.5}, {14.5, 8.5}});
}

/// An object in its corners.
void drawDetection(QPainter& p) {
  for (const double x : {1.0, -1.0}) {
    for (const double y : {1.0, -1.0}) {
      p.drawPolyline(QPolygonF{{8 - 2.5 * x, 8 - 6 * y}, {8 - 6 * x, 8 - 6 * y}, {8 - 6 * x, 8 - 2.5 * y}});
    }
  }
  p.drawEllipse(QPointF(8, 8), 2.6, 2.6);
}

void drawCheckpoint(QPainter& p) {
  p.drawPolygon(QPolygonF{{8, 2}, {14, 8}, {8, 14}, {2, 8}});
}

}  // namespace

void drawGlyph(QPainter& painter, Glyph glyph, const QRectF& rect, const QColor& colour) {
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  painter.translate(rect.topLeft());
  painter.scale(rect.width() / 16.0, rect.height() / 16.0);
  painter.setPen(QPen(colour, 1.25, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
  painter.setBrush(Qt::NoBrush);
  switch (glyph) {
    case Glyph::Runs: drawRuns(painter); break;
    case Glyph::Configure: drawConfigure(painter); break;
    case Glyph::Train: drawTrain(painter); break;
    case Glyph::Cockpit: drawCockpit(painter); break;
    case Glyph::Attention: drawAttention(painter); break;
    case Glyph::Latency: drawLatency(painter); break;
    case Glyph::Data: drawData(painter); break;
    case Glyph::Models: drawModels(painter); break;
    case Glyph::Diagnose: drawDiagnose(painter); break;
    case Glyph::Detection: drawDetection(painter); break;
    case Glyph::Checkpoint: drawCheckpoint(painter); break;
  }
  painter.restore();
}

QIcon glyphIcon(Glyph glyph, const QColor& colour, int pixels) {
  QPixmap pixmap(pixels, pixels);
  pixmap.fill(Qt::transparent);
  QPainter painter(&pixmap);
  drawGlyph(painter, glyph, QRectF(0, 0, pixels, pixels), colour);
  return QIcon(pixmap);
}

QIcon programIcon() {
  QIcon icon;
  for (const int side : {16, 32, 64, 128, 256}) {
    QPixmap pixmap(side, side);
    pixmap.fill(Qt::transparent);
    QPainter p(&pixmap);
    p.setRenderHint(QPainter::Antialiasing);
    p.scale(side / 64.0, side / 64.0);
    p.setPen(Qt::NoPen);
    p.setBrush(QColor("#0b66c3"));
    p.drawRoundedRect(QRectF(2, 2, 60, 60), 14, 14);
    p.setBrush(Qt::NoBrush);
    p.setPen(QPen(Qt::white, 5, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    p.drawPolyline(QPolygonF{{12, 18}, {22, 18}, {44, 46}, {52, 46}});
    icon.addPixmap(pixmap);
  }
  return icon;
}

}  // namespace slab
