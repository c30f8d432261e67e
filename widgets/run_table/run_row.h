// What the window knows about one run: a row of the table, read off the window thread.
#pragma once

#include <QMap>
#include <QMetaType>
#include <QString>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/schedule.h"
#include "core/store/run_state.h"

namespace slab {

/// The words and tone of a state: "running" (accent), "lost" (bad) ...
QString stateText(RunState state);
QString stateTone(RunState state);
/// Behind the state of a run whose norms raised an alarm.
inline const QString kAlarmSign = QStringLiteral(" \u25B2");

/// What a run's evaluation measures: "top-1", or "mask AP" of a detector.
inline QString scoreNameOf(bool isDetector) {
  const std::string_view name = scoreName(isDetector ? kMaskApScore : std::string_view());
  return QString::fromLatin1(name.data(), static_cast<qsizetype>(name.size()));
}

struct RunRow {
  QString path;  ///< run directory: the identity of a run
  QString name;
  RunState state = RunState::Created;
  QString message;  ///< why it stopped or failed, one sentence
  int colour = 0;   ///< series index, pinned to the run for ever
  bool shown = true;
  QString model, dataset, device, lastCheckpoint;
  double top1 = std::numeric_limits<double>::quiet_NaN();  ///< last validation, percent; NaN = none yet
  double bestTop1 = std::numeric_limits<double>::quiet_NaN();
  double loss = std::numeric_limits<double>::quiet_NaN();
  double lambda = std::numeric_limits<double>::quiet_NaN();
  double parameters = std::numeric_limits<double>::quiet_NaN();
  qint64 step = 0, steps = 0;
  QString alarm;          ///< of a norm, the newest, one sentence; empty without any
  qint64 alarmStep = 0;   ///< where that began
  QString parent;         ///< run directory that this one is a branch of; empty else
  qint64 parentStep = 0;  ///< completed steps where it left its parent
  int processes = 1;      ///< that train together
  double activeSeconds = 0;
  double started = 0, ended = 0;  ///< wall seconds, 0 = not yet
  QString socket;                 ///< of the live worker, else empty
  qint64 pid = 0;                 ///< of the live worker, else 0
  QString notes;
  bool starred = false;
  qint64 workerBytes = 0;           ///< resident memory of the live worker
  Plan plan;                        ///< the durations in steps; totalSteps = 0 where they are not known
  bool usesLambda = false;          ///< the norm is prep_bn
  std::vector<std::string> layers;  ///< modules of the model, forward order
  QMap<QString, QString> config;    ///< resolved configuration, dotted keys: "model.norm" -> "prep_bn"

  [[nodiscard]] bool isActive() const { return slab::isActive(state); }
  [[nodiscard]] bool isDetector() const { return config.value("data.type") == "coco"; }
  /// "alarm at step 2,060: ..."; empty without any.
  [[nodiscard]] QString alarmText() const;
  /// What top1 and bestTop1 are.
  [[nodiscard]] QString scoreName() const { return scoreNameOf(isDetector()); }
};

/// Epochs of the whole run, from its plan or else its configuration; 0 where only its steps are known.
inline double totalEpochs(const RunRow& row) {
  if (row.plan.totalSteps > 0) return row.plan.epochOf(row.plan.totalSteps);
  return row.config.value("train.steps").toLongLong() > 0 ? 0 : row.config.value("train.epochs").toDouble();
}

}  // namespace slab

Q_DECLARE_METATYPE(slab::RunRow)
