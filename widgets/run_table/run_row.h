// What the window knows about one run: a row of the table, read off the window thread.
#pragma once

#include <QDateTime>
#include <QMap>
#include <QMetaType>
#include <QString>
#include <cmath>
#include <limits>

namespace slab {

/// Running: a live worker holds the lock. Lost: the run says it runs but its worker is gone; Resume continues it.
enum class RunState { Queued, Running, Paused, Done, Stopped, Failed, Lost, Trashed };

QString toString(RunState state);

struct RunRow {
  QString path;  ///< run directory: the identity of a run
  QString name;
  RunState state = RunState::Queued;
  QString reason;  ///< why it stopped or failed, one sentence
  int colour = 0;  ///< series index, pinned to the run for ever
  bool shown = true;
  double top1 = std::numeric_limits<double>::quiet_NaN();  ///< last validation top-1, 0 to 1; NaN = none yet
  double bestTop1 = std::numeric_limits<double>::quiet_NaN();
  double loss = std::numeric_limits<double>::quiet_NaN();
  qint64 step = 0, totalSteps = 0;
  double epoch = 0, totalEpochs = 0;
  double imagesPerSecond = 0;
  double seconds = 0;  ///< active training time
  QDateTime started;
  QMap<QString, QString> config;  ///< resolved configuration, dotted keys: "model.norm" -> "prep_bn"

  [[nodiscard]] bool isActive() const { return state == RunState::Running || state == RunState::Paused; }
  friend bool operator==(const RunRow&, const RunRow&) = default;
};

}  // namespace slab

Q_DECLARE_METATYPE(slab::RunRow)
