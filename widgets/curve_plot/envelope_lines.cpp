#include "widgets/curve_plot/envelope_lines.h"

#include <QCoreApplication>
#include <array>
#include <cmath>
#include <limits>

#include "core/base/format.h"

namespace slab {
namespace {

QString words(const char* text) {
  return QCoreApplication::translate("CurvePlot", text);
}

QString kindName(NonFiniteKind kind) {
  switch (kind) {
    case NonFiniteKind::NaN: return QStringLiteral("NaN");
    case NonFiniteKind::PlusInf: return QStringLiteral("+Inf");
    case NonFiniteKind::MinusInf: return QStringLiteral("-Inf");
  }
  return {};
}

void append(PolyLine& line, const std::vector<CurvePoint>& points, double scale) {
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (points[i].gapBefore && i > 0) {
      line.x.push_back(0.5 * (points[i - 1].x + points[i].x));
      line.y.push_back(std::numeric_limits<double>::quiet_NaN());
    }
    line.x.push_back(points[i].x);
    line.y.push_back(points[i].y * scale);
  }
}

void join(Envelope& whole, Envelope part) {
  // Neighbours outside a part lie inside the part beside it; keep x ascending.
  const double last = whole.points.empty() ? -std::numeric_limits<double>::infinity() : whole.points.back().x;
  for (const CurvePoint& p : part.points) {
    if (p.x > last) whole.points.push_back(p);
  }
  for (auto& line : part.superseded) whole.superseded.push_back(std::move(line));
  whole.nonFinite.insert(whole.nonFinite.end(), part.nonFinite.begin(), part.nonFinite.end());
  whole.pointsInRange += part.pointsInRange;
  whole.isDecimated = whole.isDecimated || part.isDecimated;
}

}  // namespace

PolyLine toPolyLine(const std::vector<CurvePoint>& points, double scale) {
  PolyLine line;
  append(line, points, scale);
  return line;
}

PolyLine toPolyLine(const std::vector<std::vector<CurvePoint>>& lines, double scale) {
  PolyLine all;
  for (const auto& points : lines) {
    if (!all.x.isEmpty()) {
      all.x.push_back(all.x.back());
      all.y.push_back(std::numeric_limits<double>::quiet_NaN());
    }
    append(all, points, scale);
  }
  return all;
}

PolyLine isolatedPoints(const std::vector<CurvePoint>& points, double scale) {
  PolyLine dots;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const bool endsHere = i + 1 == points.size() || points[i + 1].gapBefore;
    const bool beginsHere = i == 0 || points[i].gapBefore;
    if (beginsHere && endsHere) {
      dots.x.push_back(points[i].x);
      dots.y.push_back(points[i].y * scale);
    }
  }
  return dots;
}

Envelope logEnvelope(const SeriesStore& store, double x0, double x1, int columns, CurveAxis axis) {
  Envelope whole;
  const double low = std::max(x0, std::max(x1, 1.0) * 1e-12);
  const double octaves = std::max(1.0, std::log2(x1 / low));
  const int share = std::max(1, static_cast<int>(std::ceil(columns / octaves)));
  for (double from = low; from < x1; from *= 2) {
    join(whole, store.envelope(from, std::nextafter(std::min(from * 2, x1), from < x1 / 2 ? from : x1), share, axis));
  }
  return whole;
}

void addRailMarks(std::vector<RailMark>& marks, const Envelope& envelope, const QString& label, bool log_y,
                  const QColor& colour, const QColor& bad) {
  std::array<std::size_t, 3> last{};  // 1-based index into `marks` of the newest mark of a kind
  std::array<std::int64_t, 3> counts{};
  for (const NonFiniteMark& mark : envelope.nonFinite) {
    const auto kind = static_cast<std::size_t>(mark.kind);
    const QString at = QString::fromStdString(formatInteger(mark.firstStep, true));
    counts[kind] += mark.count;
    marks.push_back({mark.x, last[kind] == 0 ? words("%1 at %2").arg(kindName(mark.kind), at) : QString(), bad});
    if (last[kind] == 0) last[kind] = marks.size();
  }
  for (std::size_t kind = 0; kind < last.size(); ++kind) {
    if (last[kind] == 0) continue;
    QString& text = marks[last[kind] - 1].words;
    if (counts[kind] > 1) text += words(", %1 points").arg(QString::fromStdString(formatInteger(counts[kind], true)));
    if (!label.isEmpty()) text = label + ": " + text;
  }
  if (!log_y) return;
  for (const CurvePoint& p : envelope.points) {
    if (p.y > 0) continue;
    marks.push_back({p.x, words("%1: %2 is not above 0").arg(label, QString::number(p.y, 'g', 3)), colour});
    return;
  }
}

}  // namespace slab
