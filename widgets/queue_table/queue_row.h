// A job of the queue as the window shows it.
#pragma once

#include <QMetaType>
#include <QString>
#include <limits>

#include "core/store/queue_records.h"

namespace slab {

struct QueueRow {
  qint64 id = 0;
  QString name;  ///< the run's once there is one, else the name it will have
  QString run;   ///< its directory; empty before the first start
  JobState state = JobState::Waiting;
  QString reason;
  qint64 step = 0, steps = 0;
  double secondsLeft = std::numeric_limits<double>::quiet_NaN();  ///< NaN: not known
  double score = std::numeric_limits<double>::quiet_NaN();        ///< last validation, percent
  QString scoreName;                                              ///< what that is: "top-1", "mask AP"
};

/// "waiting", "running" ... and the tone of the word.
QString jobStateText(JobState state);
QString jobStateTone(JobState state);

}  // namespace slab

Q_DECLARE_METATYPE(slab::QueueRow)
