// What a curve plot paints beside its lines: phases, cursor, handle, the rail of non-finite points, tick labels.
#pragma once

#include <qcustomplot.h>

#include <vector>

#include "core/store/bucket.h"
#include "widgets/theme/tokens.h"

namespace slab {

/// A stretch of the x axis with a name, e.g. "warm", "LayerNorm to RepBN", "RepBN only".
struct Phase {
  enum class Kind { Warm, Transition, Final };
  Kind kind = Kind::Transition;
  double from = 0, to = 0;
  QString label;
};

/// Tinted stretches behind the curves, each with its name at the top.
class PhaseItem : public QCPAbstractItem {
 public:
  PhaseItem(QCustomPlot* plot, const QString& layer);
  void setPhases(std::vector<Phase> phases) { phases_ = std::move(phases); }
  void setTokens(const Tokens& tokens) { tokens_ = tokens; }
  double selectTest(const QPointF&, bool, QVariant*) const override { return -1; }

 protected:
  void draw(QCPPainter* painter) override;

 private:
  std::vector<Phase> phases_;
  Tokens tokens_;
};

/// The vertical line under the pointer.
class CursorItem : public QCPAbstractItem {
 public:
  CursorItem(QCustomPlot* plot, const QString& layer);
  void setX(double x) { x_ = x; }
  void setColour(const QColor& colour) { colour_ = colour; }
  double selectTest(const QPointF&, bool, QVariant*) const override { return -1; }

 protected:
  void draw(QCPPainter* painter) override;

 private:
  double x_ = 0;
  QColor colour_;
};

/// One mark on the rail: where non-finite (or, on a log axis, non-positive) values begin and how many there are.
struct RailMark {
  double x = 0;
  QString words;
  QColor colour;
};

/// Marks along the top edge with their words; words that would overlap are left out, marks never.
class RailItem : public QCPAbstractItem {
 public:
  RailItem(QCustomPlot* plot, const QString& layer);
  void setMarks(std::vector<RailMark> marks) { marks_ = std::move(marks); }
  void setFont(const QFont& font) { font_ = font; }
  [[nodiscard]] const std::vector<RailMark>& marks() const { return marks_; }
  double selectTest(const QPointF&, bool, QVariant*) const override { return -1; }

 protected:
  void draw(QCPPainter* painter) override;

 private:
  std::vector<RailMark> marks_;
  QFont font_;
};

/// The ring that is dragged along the x axis, with words beside it.
class HandleItem : public QCPAbstractItem {
 public:
  HandleItem(QCustomPlot* plot, const QString& layer);
  /// `isCurrent` fills the ring.
  void set(QPointF at, const QString& words, bool isCurrent) { at_ = at, words_ = words, isCurrent_ = isCurrent; }
  void setStyle(const QColor& ring, const Tokens& tokens, const QFont& font);
  [[nodiscard]] QPointF pixel() const;
  double selectTest(const QPointF&, bool, QVariant*) const override { return -1; }

 protected:
  void draw(QCPPainter* painter) override;

 private:
  QPointF at_;
  QString words_;
  bool isCurrent_ = false;
  QColor ring_;
  Tokens tokens_;
  QFont font_;
};

/// "1k", "2.5M", "0.75", "1e-4".
QString tickText(double value);

class CompactTicker : public QCPAxisTicker {
 protected:
  QString getTickLabel(double tick, const QLocale&, QChar, int) override { return tickText(tick); }
};

class CompactLogTicker : public QCPAxisTickerLog {
 protected:
  QString getTickLabel(double tick, const QLocale&, QChar, int) override { return tickText(tick); }
};

/// Seconds as 0:30, 2:00, 1:00:00, at round times.
class DurationTicker : public QCPAxisTicker {
 protected:
  double getTickStep(const QCPRange& range) override;
  QString getTickLabel(double tick, const QLocale&, QChar, int) override;
};

}  // namespace slab
