// The jobs of the queue joined with their runs: how far they are, and how long they will take.
#pragma once

#include <QString>
#include <vector>

#include "widgets/queue_table/queue_row.h"

namespace slab {

class ProjectQueue;
class Session;
class StepTimes;

/// In the queue's order. The time left is what a live worker says, else the run's own speed, else that of runs with
/// the same work a step; NaN where none of these is known.
std::vector<QueueRow> queueRows(Session& session, const StepTimes& times);

/// "1 running, 3 waiting, about 2:10:00 left, until 07:00"; "at least" where a job's time is not known.
QString queueSummary(const std::vector<QueueRow>& rows, const ProjectQueue& queue);

}  // namespace slab
