// Workspace Latency: the architecture of a run with LayerNorm, PRepBN and SLAB, unfolded and folded, measured together.
#pragma once

#include <QProgressBar>
#include <QStackedWidget>
#include <map>

#include "app/gui/panel.h"
#include "core/wire/messages.h"
#include "widgets/latency_chart/accuracy_scatter.h"
#include "widgets/latency_chart/latency_table.h"
#include "widgets/latency_chart/time_breakdown.h"

namespace slab {

class QuietMachine;
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
  bool isSettled() const override { return request_ == 0; }
  void prepareForPicture() override;

 private:
  enum class What { Architecture, Runs };

  void measure();
  void ask();
  void take(const WorkerReply& reply);
  void showProgress(const BenchProgress& progress);
  void showReport(const BenchReport& report);
  void cancel();
  void finish();
  void refresh();
  void updateScatter();
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
  /// Milliseconds and top-1 of runs measured in this session, by path.
  std::map<QString, AccuracyPoint> accuracy_;
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
