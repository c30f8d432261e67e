#include "widgets/queue_table/queue_model.h"

#include <QMimeData>
#include <algorithm>
#include <cmath>

#include "core/base/format.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

const QString kMime = QStringLiteral("application/x-slab-job");

QString integer(qint64 value) {
  return QString::fromStdString(formatInteger(value, true));
}

QString stepText(const QueueRow& row) {
  if (row.steps <= 0) return row.step > 0 ? integer(row.step) : QString();
  return row.step > 0 ? integer(row.step) + " / " + integer(row.steps) : integer(row.steps);
}

QString leftText(const QueueRow& row) {
  if (row.state != JobState::Running && !isPending(row.state)) return {};
  return std::isfinite(row.secondsLeft) ? QString::fromStdString(formatDuration(row.secondsLeft))
                                        : QStringLiteral("\u2013");
}

QColor toneColour(const QString& tone) {
  const Tokens& t = theme().tokens();
  if (tone == "accent") return t.accent;
  if (tone == "good") return t.good;
  if (tone == "warning") return t.warning;
  if (tone == "bad") return t.bad;
  return tone.isEmpty() ? t.text : t.muted;
}

bool isNumeric(int column) {
  return column == QueueModel::Place || column == QueueModel::Step || column == QueueModel::Left ||
         column == QueueModel::Score;
}

}  // namespace

QString jobStateText(JobState state) {
  const auto word = toString(state);
  return QString::fromLatin1(word.data(), static_cast<qsizetype>(word.size()));
}

QString jobStateTone(JobState state) {
  switch (state) {
    case JobState::Running: return "accent";
    case JobState::Done: return "good";
    case JobState::Failed: return "bad";
    case JobState::Held: return "warning";
    case JobState::Waiting: return {};
    case JobState::Stopped: return "muted";
  }
  return {};
}

void QueueModel::setJobs(const std::vector<QueueRow>& jobs) {
  const bool sameJobs = std::equal(jobs.begin(), jobs.end(), rows_.begin(), rows_.end(),
                                   [](const auto& a, const auto& b) { return a.id == b.id; });
  if (!sameJobs) beginResetModel();
  rows_ = jobs;
  if (!sameJobs) {
    endResetModel();
  } else if (!rows_.empty()) {
    emit dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
  }
}

int QueueModel::firstPending() const {
  return static_cast<int>(
      std::count_if(rows_.begin(), rows_.end(), [](const QueueRow& row) { return row.state == JobState::Running; }));
}

int QueueModel::pendingCount() const {
  return static_cast<int>(
      std::count_if(rows_.begin(), rows_.end(), [](const QueueRow& row) { return isPending(row.state); }));
}

int QueueModel::placeOf(int index) const {
  return isPending(row(index).state) ? index - firstPending() : -1;
}

int QueueModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int QueueModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : ColumnCount;
}

QVariant QueueModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const QueueRow& job = row(index.row());
  const int column = index.column();
  const auto cell = [&]() -> QString {
    switch (column) {
      case Place: return isPending(job.state) ? QString::number(placeOf(index.row()) + 1) : QString();
      case Name: return job.name;
      case State: return jobStateText(job.state);
      case Step: return stepText(job);
      case Left: return leftText(job);
      case Score: return std::isfinite(job.score) ? QString::number(job.score, 'f', 1) + " %" : QString();
      case Reason: return job.reason;
      default: return {};
    }
  };
  switch (role) {
    case Qt::DisplayRole: return cell();
    case Qt::ForegroundRole:
      if (column == State) return toneColour(jobStateTone(job.state));
      return column == Reason || column == Place ? QVariant(theme().tokens().muted) : QVariant();
    case Qt::FontRole:
      return theme().font(isNumeric(column) ? TextRole::Number : column == Name ? TextRole::Strong : TextRole::Body);
    case Qt::TextAlignmentRole:
      return static_cast<int>(Qt::AlignVCenter | (isNumeric(column) ? Qt::AlignRight : Qt::AlignLeft));
    case Qt::ToolTipRole:
      if (column == Score && !cell().isEmpty()) return job.scoreName;
      return job.reason.isEmpty() ? job.name : job.reason;
    case Qt::AccessibleTextRole: {
      const bool hasScore = column == Score && !cell().isEmpty();
      return (hasScore ? job.scoreName : headerData(column, Qt::Horizontal, Qt::DisplayRole).toString()) + ": " +
             cell();
    }
    case RowRole: return QVariant::fromValue(job);
    default: return {};
  }
}

QVariant QueueModel::headerData(int section, Qt::Orientation orientation, int role) const {
  static const QStringList names{tr("place"), tr("job"), tr("state"), tr("step"), tr("left"), tr("score"), tr("why")};
  if (orientation != Qt::Horizontal) return {};
  if (role == Qt::DisplayRole) return names.value(section);
  if (role == Qt::TextAlignmentRole) {
    return static_cast<int>(Qt::AlignVCenter | (isNumeric(section) ? Qt::AlignRight : Qt::AlignLeft));
  }
  return {};
}

Qt::ItemFlags QueueModel::flags(const QModelIndex& index) const {
  if (!index.isValid()) return Qt::ItemIsDropEnabled;  // between two rows, never onto one
  const Qt::ItemFlags flags = Qt::ItemIsEnabled | Qt::ItemIsSelectable;
  return isPending(row(index.row()).state) ? flags | Qt::ItemIsDragEnabled : flags;
}

QStringList QueueModel::mimeTypes() const {
  return {kMime};
}

QMimeData* QueueModel::mimeData(const QModelIndexList& indexes) const {
  if (indexes.isEmpty()) return nullptr;
  auto* data = new QMimeData;
  data->setData(kMime, QByteArray::number(row(indexes.first().row()).id));
  return data;
}

bool QueueModel::dropMimeData(const QMimeData* data, Qt::DropAction action, int row, int, const QModelIndex&) {
  if (action != Qt::MoveAction || !data->hasFormat(kMime)) return false;
  const qint64 id = data->data(kMime).toLongLong();
  const auto from = std::find_if(rows_.begin(), rows_.end(), [&](const QueueRow& job) { return job.id == id; });
  if (from == rows_.end() || !isPending(from->state)) return false;
  const int before = placeOf(static_cast<int>(from - rows_.begin()));
  // A drop names the row it stands before, the dragged one still counted.
  int place = (row < 0 ? rowCount() : row) - firstPending();
  if (place > before) --place;
  place = std::clamp(place, 0, pendingCount() - 1);
  if (place != before) emit moveWanted(id, place);
  return false;  // the view must not take the row away: the queue's new order comes by setJobs
}

}  // namespace slab
