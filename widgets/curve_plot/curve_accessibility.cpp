#include <QAccessible>
#include <QAccessibleWidget>
#include <cmath>

#include "core/base/format.h"
#include "widgets/curve_plot/curve_plot.h"

namespace slab {
namespace {

/// A chart to screen readers: its name is the title, its description the summary.
class AccessibleCurvePlot : public QAccessibleWidget {
 public:
  explicit AccessibleCurvePlot(CurvePlot* plot) : QAccessibleWidget(plot, QAccessible::Chart), plot_(plot) {}

  QString text(QAccessible::Text which) const override {
    if (which == QAccessible::Description && plot_) return plot_->summary();
    return QAccessibleWidget::text(which);
  }
  /// The canvas inside says nothing of its own.
  int childCount() const override { return 0; }

 private:
  QPointer<CurvePlot> plot_;
};

QAccessibleInterface* makeAccessible(const QString&, QObject* object) {
  auto* plot = qobject_cast<CurvePlot*>(object);
  return plot != nullptr ? new AccessibleCurvePlot(plot) : nullptr;
}

QString text(double value) {
  return QString::fromStdString(formatNumber(value, 4));
}

QString step(double value) {
  return QString::fromStdString(formatInteger(std::llround(value)));
}

}  // namespace

void installCurvePlotAccessibility() {
  QAccessible::installFactory(makeAccessible);
}

QString CurvePlot::summary() const {
  QStringList sentences;
  for (const Curve& curve : curves_) {
    const auto range = curve.data ? curve.data->range() : std::nullopt;
    const QString name = curve.label.isEmpty() ? title_ : curve.label;
    if (!range) {
      sentences += tr("%1: no points yet.").arg(name);
      continue;
    }
    const auto last = curve.data->nearest(range->x1);
    sentences += tr("%1: last %2 at step %3, lowest %4, highest %5.")
                     .arg(name, text(last->value), step(range->x1), text(range->y0), text(range->y1));
  }
  for (const RailMark& mark : railMarks()) {
    if (!mark.words.isEmpty()) sentences += mark.words + '.';
  }
  if (sentences.isEmpty()) sentences += tr("No curves yet.");
  return sentences.join(' ');
}

}  // namespace slab
