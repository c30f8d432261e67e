#include <cmath>

#include "widgets/alarm_list/alarm_list.h"
#include "widgets/gallery/entries.h"
#include "widgets/heat_map/heat_map.h"
#include "widgets/schedule_editor/schedule_editor.h"

namespace slab::gallery {
namespace {

/// RepBN's share of a layer, a watch every fortieth step.
std::shared_ptr<SeriesStore> share(double speed) {
  Chunk chunk;
  chunk.segment = 1;
  for (std::int64_t step = 0; step < 3000; step += 40) {
    chunk.steps.push_back(step);
    chunk.wall.push_back(static_cast<double>(step));
    chunk.values.push_back(1 - std::exp(-speed * static_cast<double>(step) / 3000));
  }
  auto store = std::make_shared<SeriesStore>();
  store->append(chunk);
  return store;
}

QWidget* heatMap() {
  auto* map = new HeatMap("Norm layers");
  std::vector<HeatRow> rows;
  for (int i = 0; i < 11; ++i) {
    rows.push_back({QString("layers.%1.blocks.%2.norm1").arg(i / 6).arg(i % 6), share(1 + 0.4 * i),
                    QString("alpha %1").arg(1 + 0.05 * i, 0, 'f', 2), i == 4});
  }
  map->setXExtent(0, 3752);
  map->setScale("RepBN's share", {ColourMap::Viridis, 0, 1, false});
  map->setRows(std::move(rows));
  map->setCurrentRow(2);
  return map;
}

QWidget* schedule(std::int64_t end, const QString& problem) {
  auto* editor = new ScheduleEditor;
  Plan plan;
  plan.totalSteps = 4690;
  plan.stepsPerEpoch = 469;
  plan.lambda = {235, end};
  plan.lr = {LrScheduleKind::WarmupCosine, 2e-3, 0, 0, 300, 4690};
  editor->setPlan(plan, true);
  if (!problem.isEmpty()) {
    editor->setIssues({{ConfigIssue::Severity::Warning, "prepbn.lambda_end", problem.toStdString(),
                        Mend{"Set prepbn.lambda_end to 80%", "prepbn.lambda_end", "80%", ""}}});
  }
  return editor;
}

QWidget* alarms() {
  auto* list = new AlarmList;
  list->setAlarms({{1204, "layers.1.blocks.0.norm1", "batches stay 1.3 from its running statistics"},
                   {2600, "norm", "alpha is 6.2, far from the 1 it began with"}});
  return list;
}

}  // namespace

std::vector<Entry> trainingEntries() {
  return {{"heat_map", {680, 360}, heatMap},
          {"schedule_editor", {700, 280}, [] { return schedule(3752, {}); }},
          {"schedule_short",
           {700, 280},
           [] { return schedule(400, "lambda falls within 165 of 4 690 steps; too short a hand-over"); }},
          {"alarm_list", {300, 260}, alarms}};
}

}  // namespace slab::gallery
