// A plot of series over steps: raw under smoothed, every spike and NaN visible, legend with values, linked cursor.
#pragma once

#include <QPointer>
#include <QTimer>
#include <QWidget>
#include <memory>
#include <optional>
#include <vector>

#include "core/store/series_store.h"
#include "widgets/curve_plot/curve_items.h"
#include "widgets/curve_plot/curve_legend.h"
#include "widgets/curve_plot/curve_link.h"
#include "widgets/curve_plot/smoothed_series.h"

namespace slab {

/// One line of a plot. `data` is shared with whoever appends to it, on the window thread.
struct Curve {
  QString id;     ///< identity across updates, e.g. run path + "#loss"
  QString label;  ///< in the legend
  std::shared_ptr<const SeriesStore> data;
  int series = 0;                 ///< colour, dash and marker: the run's pinned index
  QColor colour;                  ///< instead of the series' colour, where valid
  Qt::PenStyle dash = Qt::NoPen;  ///< instead of the series' dash, unless NoPen
  bool isSmoothed = false;        ///< draw the moving average over a faint raw curve
  bool hasMarkers = false;        ///< few points (evaluations): a marker at each
  double scale = 1;               ///< drawn = value x scale; the legend shows the value
};

/// A line known beforehand, e.g. a schedule: drawn dashed, as planned; `points` in steps, ascending.
struct PlannedCurve {
  QString label;
  QVector<QPointF> points;
  int series = 0;
  QColor colour;
  bool isSolid = false;
  bool inLegend = false;
};

/// A ring to drag along x, e.g. a schedule's end. Words stand beside it.
struct PlotHandle {
  QPointF at;
  QString words;
  bool isCurrent = false;  ///< filled: the keyboard moves it
};

/// Lives on the window thread. Repaints at most 30 times a second and only while visible; a hidden plot catches up
/// when it is shown. Keys: arrows pan and zoom y, + and - zoom, Home shows everything, L log y, X log x, S smoothing,
/// Alt+arrows move the cursor by a point.
class CurvePlot : public QWidget {
  Q_OBJECT
 public:
  explicit CurvePlot(const QString& title, QWidget* parent = nullptr);
  ~CurvePlot() override;

  /// Shares range and cursor with other plots; without a call the plot has a link of its own.
  void setLink(CurveLink* link);
  void setCurves(std::vector<Curve> curves);
  void setPlanned(std::vector<PlannedCurve> planned);
  void setPhases(std::vector<Phase> phases);
  /// Replaces the handles; where two meet, the last one is taken by the mouse.
  void setHandles(const std::vector<PlotHandle>& handles);
  /// Title of exports and accessible name; `unit` after the numbers of the y axis.
  void setTitle(const QString& title, const QString& unit = {});
  void setXLabel(const QString& label) { xLabelText_ = label; }
  /// Fixes the y range, e.g. 0 to 1 for lambda.
  void setYRange(double lower, double upper);
  /// x range shown while following, e.g. 0 to the planned number of steps.
  void setXExtent(double lower, double upper);
  void setLegendNote(const QString& note) { legend_->setNote(note); }
  void setEmptyText(const QString& words);
  /// Steps of an epoch for the words beside steps; 0 = unknown.
  void setStepsPerEpoch(double steps) { stepsPerEpoch_ = steps; }

  [[nodiscard]] bool isLogY() const { return logY_; }
  [[nodiscard]] bool isLogX() const { return logX_; }
  /// Weight of the moving average in [0, 1); 0 = raw only.
  [[nodiscard]] double smoothing() const { return smoothing_; }
  [[nodiscard]] QString title() const { return title_; }
  /// What is drawn, exactly: "3 412 points, minimum and maximum of each pixel column; line: average, weight 0.95".
  [[nodiscard]] QString badge() const { return badgeText_; }
  /// The same in words for a screen reader: each curve's last, lowest and highest value, where it is not finite.
  [[nodiscard]] QString summary() const;
  [[nodiscard]] const std::vector<Curve>& curves() const { return curves_; }
  [[nodiscard]] const std::vector<RailMark>& railMarks() const;
  [[nodiscard]] const CurveLegend& legend() const { return *legend_; }
  [[nodiscard]] QCustomPlot* canvas() const { return canvas_; }
  [[nodiscard]] CurveLink* link() const { return link_; }

  /// The plot with title and legend, `size` in pixels at 100 %, painted in the colours of `tokens`.
  void paintFigure(QCPPainter& painter, const QSize& size, const Tokens& tokens);

 public slots:
  void setLogY(bool on);
  void setLogX(bool on);
  void setSmoothing(double weight);
  /// Call when data grew; cheap, repaints come later.
  void refresh();
  /// Repaints now (tests, export).
  void refreshNow();
  void showAll();
  void zoomX(double factor, double centre);
  void moveCursor(int points);

 signals:
  /// The number of the handle, and where it was dragged to.
  void handleMoved(int handle, double x);
  void handleReleased(int handle, double x);
  void viewChanged();

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void showEvent(QShowEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void contextMenuEvent(QContextMenuEvent* event) override;

 private:
  /// The graphs of one curve; without an average, `smooth` draws the raw points.
  struct Drawn {
    QCPGraph *superseded, *raw, *smooth, *dots;
    std::shared_ptr<SmoothedSeries> average;  ///< shared with the thread that averages a long series
  };
  void setUpCanvas();
  void applyTheme(const Tokens& tokens);
  void rebuildGraphs();
  void drawCurve(Drawn& drawn, int columns, std::vector<RailMark>& marks);
  void drawAverage(Drawn& drawn, const Curve& curve, int columns);
  void advanceAverage(Drawn& drawn, const SeriesStore& data);
  void finishAverages();
  void drawPlanned();
  void applyXRange();
  void applyYRange();
  [[nodiscard]] std::optional<std::pair<double, double>> valueExtent() const;
  void placeLabels();
  void updateBadge(std::int64_t points, bool decimated);
  void updateCursor();
  void updateLegend();
  [[nodiscard]] const Tokens& tokens() const { return styled_; }
  /// The number of the handle under a point of the canvas, -1 for none.
  [[nodiscard]] int handleUnder(QPointF point) const;
  void onMouseMove(QMouseEvent* event);
  void onWheel(QWheelEvent* event);

  QString title_, unit_, xLabelText_, badgeText_;
  CurveLegend* legend_;
  QCustomPlot* canvas_;
  QLabel* empty_;
  CurveLink ownLink_;
  QPointer<CurveLink> link_;
  QTimer refreshTimer_;

  std::vector<Curve> curves_;
  std::vector<std::unique_ptr<Drawn>> drawn_;
  std::vector<PlannedCurve> planned_;
  std::vector<QCPGraph*> plannedGraphs_;
  PhaseItem* phases_;
  RailItem* rail_;
  CursorItem* cursor_;
  std::vector<HandleItem*> handles_;
  QCPItemText *xName_, *badge_;

  Tokens styled_;
  std::optional<std::pair<double, double>> yFixed_, xExtent_;
  bool logX_ = false, logY_ = false, isDirty_ = true;
  int dragged_ = -1;  ///< handle under the pressed mouse button
  std::optional<std::pair<double, double>> yZoom_;
  double smoothing_ = 0.95, stepsPerEpoch_ = 0;
};

/// Makes screen readers see a CurvePlot as a chart with its summary. Call once per process.
void installCurvePlotAccessibility();

}  // namespace slab
