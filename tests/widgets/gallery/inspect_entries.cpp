#include <QAction>
#include <QUndoStack>
#include <QVBoxLayout>
#include <cmath>

#include "core/config/arch/registry.h"
#include "widgets/attention_view/attention_view.h"
#include "widgets/attention_view/colour_bar.h"
#include "widgets/attention_view/head_strip.h"
#include "widgets/config_form/config_form.h"
#include "widgets/config_form/config_text_edit.h"
#include "widgets/dataset_grid/dataset_grid.h"
#include "widgets/drift_table/drift_table.h"
#include "widgets/forensic_view/forensic_view.h"
#include "widgets/gallery/entries.h"
#include "widgets/gallery/synthetic.h"
#include "widgets/latency_chart/accuracy_scatter.h"
#include "widgets/latency_chart/latency_table.h"
#include "widgets/latency_chart/time_breakdown.h"
#include "widgets/model_tree/model_tree_view.h"
#include "widgets/queue_table/queue_table.h"

namespace slab::gallery {
namespace {

QWidget* attention(bool isSigned, bool isBilinear, const TokenMap& map, int window) {
  auto* view = new AttentionView;
  view->setImage(scene(448));
  OverlayStyle style;
  style.showDepthwise = isSigned;
  style.showWeights = !isSigned;
  style.bilinear = isBilinear;
  style.windowBorders = window > 0;
  view->setStyle(style);
  view->setMap(map);
  view->setWindowing(window, 0);
  return view;
}

QWidget* heads() {
  auto* card = new QWidget;
  auto* column = new QVBoxLayout(card);
  auto* bar = new ColourBar;
  bar->setScale(ColourMap::Magma, {0, 0.0123});
  column->addWidget(bar, 0, Qt::AlignRight);
  auto* strip = new HeadStrip;
  strip->setImage(scene(448));
  std::vector<TokenMap> maps;
  for (int head = 0; head < 6; ++head) maps.push_back(blobMap(28, 28, 12 + head * 2, 18 - head, {9, 13}));
  strip->setHeads(maps);
  strip->setCurrent(2);
  column->addWidget(strip);
  return card;
}

QWidget* layers() {
  auto* grid = new LayerGrid;
  grid->setLayers(swinLayers());
  grid->setCurrent(2, 3);
  return grid;
}

QWidget* comparison() {
  auto* widget = new LatencyComparison;
  widget->setRows(latencyRows());
  return widget;
}

QWidget* breakdown() {
  auto* widget = new TimeBreakdown;
  widget->setRows(latencyRows());
  return widget;
}

QWidget* scatter() {
  auto* widget = new AccuracyScatter;
  widget->setPoints({{"SLAB-Swin-S, folded", 0, 38.0, 83.6},
                     {"SLAB-Swin-T, folded", 0, 24.1, 81.8},
                     {"SLAB-Swin-T", 3, 31.0, 81.8},
                     {"Swin-T PRepBN, folded", 2, 27.2, 81.4},
                     {"Swin-T LayerNorm", 1, 30.4, 81.3},
                     {"SLAB-DeiT-T, folded", 0, 10.2, 77.4},
                     {"DeiT-T LayerNorm", 1, 12.9, 76.8}});
  return widget;
}

QWidget* dataset() {
  auto* grid = new DatasetGrid;
  QObject::connect(grid, &DatasetGrid::pageWanted, grid, [grid](int generation, qint64 first, qint64 count) {
    std::vector<Thumbnail> page;
    for (qint64 i = first; i < first + count; ++i) {
      Thumbnail item{scene(56).copy(static_cast<int>(i % 28), 0, 28, 28), QStringLiteral("ankle boot"), {}, i};
      if (i % 17 == 5) item = {{}, QStringLiteral("sandal"), QStringLiteral("the file is cut"), i};
      page.push_back(item);
    }
    grid->setThumbnails(generation, first, page);
  });
  grid->reset(60000);
  grid->setCurrent(7);
  return grid;
}

QWidget* tree() {
  auto* view = new ModelTreeView;
  view->setRows(modelTree(modelByName("slab_swin_t")));
  return view;
}

/// A document with one mistyped key and two changes, kept by the widget that shows it.
ConfigDocument& document(QObject& owner) {
  auto* undo = new QUndoStack(&owner);
  auto* edited = new ConfigDocument(*undo, &owner);
  QString text = edited->text();
  edited->setText(text.replace("\"weight_decay\"", "\"weigth_decay\""));
  edited->set("prepbn.lambda_end", Json("70%"));
  edited->set("train.batch", Json(96));
  return *edited;
}

QWidget* form() {
  auto* owner = new QObject;
  auto* widget = new ConfigForm(document(*owner));
  owner->setParent(widget);
  return widget;
}

QWidget* configText() {
  auto* owner = new QObject;
  auto* widget = new ConfigTextEdit(document(*owner));
  owner->setParent(widget);
  return widget;
}

QWidget* forensics() {
  ForensicReport report;
  report.step = 330;
  report.batchNumber = 330;
  report.layer = "layers.1.blocks.0.mlp.fc1";
  report.tensor = "output";
  report.cause = "activation";
  report.channels = {41, 97};
  report.channelCount = 2;
  report.epoch = 0.88;
  report.learningRate = 1.2e-3;
  report.lambda = 0.03;
  for (qint64 i = 0; i < 64; ++i) report.samples.push_back({(i * 7919) % 24000, "train-images-idx3-ubyte.gz"});
  auto* view = new ForensicView;
  view->setReport(report);
  view->setWayBack("Last good checkpoint: step 300, 30 steps before the failure.");
  view->addButton(new QAction("Roll back with half the learning rate", view));
  view->addButton(new QAction("Roll back with a longer transition", view));
  return view;
}

QWidget* drift() {
  RecalibrationReport report;
  double share = 0.31;
  for (const ModuleCost& module : modelTree(modelByName("slab_swin_t"))) {
    if (!QString::fromStdString(module.path).contains("norm")) continue;
    report.rows.push_back({module.path, share / 7, share});
    share *= 0.86;
  }
  auto* table = new DriftTable;
  table->setReport(report);
  return table;
}

QWidget* queue() {
  const auto job = [](qint64 id, const QString& name, JobState state, qint64 step, qint64 steps, double seconds_left) {
    QueueRow row;
    row.id = id;
    row.name = name;
    row.state = state;
    row.step = step;
    row.steps = steps;
    row.secondsLeft = seconds_left;
    return row;
  };
  std::vector<QueueRow> rows{job(4, "demo-lr0.001", JobState::Running, 620, 938, 104),
                             job(5, "demo-lr0.002", JobState::Waiting, 0, 938, 300),
                             job(6, "demo-lr0.004", JobState::Held, 0, 938, 300),
                             job(7, "imagenet_slab_swin_t", JobState::Waiting, 0, 375'300, std::nan("")),
                             job(3, "demo-lr0.1", JobState::Failed, 88, 938, 0)};
  rows[4].reason = "the loss is not a number at step 88";
  auto* model = new QueueModel;
  auto* table = new QueueTable(model);
  model->setParent(table);
  model->setJobs(rows);
  table->choose(5);
  return table;
}

}  // namespace

std::vector<Entry> inspectEntries() {
  const TokenMap blob = blobMap(28, 28, 15, 17, {9, 13});
  return {{"attention", {480, 480}, [blob] { return attention(false, false, blob, 0); }},
          {"attention_bilinear", {480, 480}, [blob] { return attention(false, true, blob, 0); }},
          {"attention_signed", {480, 480}, [blob] { return attention(true, false, blob, 0); }},
          {"attention_window",
           {480, 480},
           [] {
             return attention(false, false, windowMap(28, 28, 7, {9, 13}), 7);
           }},
          {"head_strip", {860, 190}, heads},
          {"layer_grid", {290, 220}, layers},
          {"latency_comparison", {1300, 260}, comparison},
          {"time_breakdown", {640, 420}, breakdown},
          {"accuracy_scatter", {640, 420}, scatter},
          {"dataset_grid", {760, 480}, dataset},
          {"model_tree", {590, 560}, tree},
          {"queue_table", {900, 260}, queue},
          {"config_form", {414, 860}, form},
          {"config_text", {414, 640}, configText},
          {"forensic_view", {760, 560}, forensics},
          {"drift_table", {520, 480}, drift}};
}

}  // namespace slab::gallery
