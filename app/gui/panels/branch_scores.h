// Validation three ways: RepBN alone, the mixture that is trained, LayerNorm alone; the gap, and what it means.
#pragma once

#include <QLabel>
#include <QWidget>

#include "app/gui/run_data.h"
#include "widgets/curve_plot/curve_plot.h"
#include "widgets/run_table/run_row.h"

namespace slab {

/// RepBN minus mixture in points, at each evaluation of both.
std::shared_ptr<SeriesStore> gapOf(const SeriesStore& repbn, const SeriesStore& mixture);

/// What the newest evaluation says of the hand-over, for a person who does not know the paper. `lambda` is the one of
/// that evaluation.
struct BranchFigures {
  qint64 step = 0;
  double lambda = 0, repbn = 0, mixture = 0, layerNorm = 0;  // top-1 in percent
};
QString gapWords(const BranchFigures& figures, const QString& lambda_end);

class BranchScores : public QWidget {
  Q_OBJECT
 public:
  explicit BranchScores(QWidget* parent = nullptr);

  void setLink(CurveLink* link);
  /// `row` null: there is no run.
  void showRun(const RunRow* row, const RunData* data);
  [[nodiscard]] QString words() const { return words_->text(); }
  [[nodiscard]] CurvePlot& scores() { return *scores_; }
  [[nodiscard]] CurvePlot& gap() { return *gap_; }

 private:
  [[nodiscard]] QString wordsOf(const RunRow* row, const RunData* data) const;

  CurvePlot *scores_, *gap_;
  QLabel* words_;
};

}  // namespace slab
