// Workspace Latency: the architecture of a run with LayerNorm, PRepBN and SLAB, unfolded and folded, measured together.
#pragma once

#include <QProgressBar>
#include <QStackedWidget>
#include <map>

#include "app/gui/background.h"
#include "app/gui/panel.h"
#include "app/gui/panels/measured_runs.h"
#include "core/wire/messages.h"
#include "widgets/latency_chart/accuracy_scatter.h"
#include "widgets/latency_chart/latency_table.h"
#include "widgets/latency_chart/time_breakdown.h"

namespace slab {

class QuietMachine;
struct RunRow;
struct WorkerReply;

class LatencyPanel : public Panel {
  Q_OBJECT

 public:
  explicit LatencyPanel(Session& session, QObject* parent = nullptr);

  QString id() const override { return QStringLiteral("latency"); }
  std::vector<PanelCard> makeCards() override;
  CardLayout defaultLayout() const override;
  QList<QWidget*> makeContextWidgets() override;
  QList<QAction*> contextActions() const override { return {copy_, export_, cancel_, measure_}; }
  QList<QAction*> menuActions() const override;
  void activate() override { refresh(); }
  bool isSettled() const override { return request_ == 0 && !reading_->isBusy(); }
  void prepareForPicture() override;

  /// Takes a finished measurement of `runs`, run directories by the labels of the report's rows: what they took is kept
  /// with them.
  void showReport(const BenchReport& report, const std::map<std::string, QString>& runs);
  [[nodiscard]] const AccuracyScatter& scatter() const { return *scatter_; }

 private:
  enum class What { Architecture, Runs };

  void measure();
  void ask();
  void take(const WorkerReply& reply);
  void showProgress(const BenchProgress& progress);
  void cancel();
  void finish();
  void refresh();
  void readRuns();
  void updateScatter();
  [[nodiscard]] AccuracyPoint pointOf(const RunRow& run, const MeasuredRun& measured) const;
  void exportFigure(const Figure* figure, const QString& name);
  void exportNumbers();
  [[nodiscard]] std::vector<BenchEntry> entries() const;
  /// Whether the current run is one: AP and top-1 are not compared.
  [[nodiscard]] bool showsDetectors() const;
  [[nodiscard]] QString unit() const;

  QuietMachine* machine_;
  QAction *measure_, *cancel_, *copy_, *export_, *exportParts_, *exportAccuracy_, *exportNumbers_;
  What what_ = What::Architecture;
  int batch_ = 1;
  quint64 request_ = 0;
  std::vector<LatencyRow> rows_;
  int measuredBatch_ = 1;
  Background* reading_;
  QStringList knownRuns_;  // with their scores: what `measured_` was read for
  std::map<QString, MeasuredRun> measured_;
  std::map<std::string, QString> runOfLabel_;
  // Cards and context widgets; owned by the window.
  QStackedWidget* stack_ = nullptr;
  EmptyState* empty_ = nullptr;
  QProgressBar* progress_ = nullptr;
  CardHeader *header_ = nullptr, *partsHeader_ = nullptr;
  LatencyComparison* comparison_ = nullptr;
  TimeBreakdown* parts_ = nullptr;
  AccuracyScatter* scatter_ = nullptr;
  Chip *device_ = nullptr, *quiet_ = nullptr;
};

}  // namespace slab
