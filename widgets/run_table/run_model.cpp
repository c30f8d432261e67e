#include "widgets/run_table/run_model.h"

#include <QDateTime>
#include <algorithm>
#include <cmath>

#include "core/base/format.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

QString percent(double value) {
  return std::isfinite(value) ? QString::number(value, 'f', 1) + " %" : QStringLiteral("\u2013");
}

QString figure(double value) {
  return std::isfinite(value) ? QString::fromStdString(formatNumber(value, 4)) : QStringLiteral("\u2013");
}

QString stepText(const RunRow& row) {
  const QString at = QString::fromStdString(formatInteger(row.step, true));
  return row.steps > 0 ? at + " / " + QString::fromStdString(formatInteger(row.steps, true)) : at;
}

QVariant sortValue(const RunRow& row, int column) {
  switch (column) {
    case RunModel::Top1: return std::isfinite(row.top1) ? row.top1 : -1;
    case RunModel::BestTop1: return std::isfinite(row.bestTop1) ? row.bestTop1 : -1;
    case RunModel::Loss: return std::isfinite(row.loss) ? row.loss : 1e300;
    case RunModel::Step: return row.step;
    case RunModel::Time: return row.activeSeconds;
    case RunModel::Started: return row.started;
    default: return {};
  }
}

QString cell(const RunRow& row, int column) {
  switch (column) {
    case RunModel::Name: return row.name;
    case RunModel::State: return stateText(row.state) + (row.alarm.isEmpty() ? QString() : kAlarmSign);
    case RunModel::Top1: return percent(row.top1);
    case RunModel::BestTop1: return percent(row.bestTop1);
    case RunModel::Loss: return figure(row.loss);
    case RunModel::Step: return stepText(row);
    case RunModel::Norm: return row.config.value("model.norm");
    case RunModel::Attention: return row.config.value("model.attention");
    case RunModel::Model: return row.model.isEmpty() ? row.config.value("model.name") : row.model;
    case RunModel::Time: return QString::fromStdString(formatDuration(row.activeSeconds));
    case RunModel::Started:
      return row.started > 0
                 ? QLocale().toString(QDateTime::fromSecsSinceEpoch(std::llround(row.started)), "yyyy-MM-dd HH:mm")
                 : QString();
    default: return {};
  }
}

bool isNumeric(int column) {
  return column == RunModel::Top1 || column == RunModel::BestTop1 || column == RunModel::Loss ||
         column == RunModel::Step || column == RunModel::Time;
}

/// A failure is worse than the alarm before it.
bool isMarked(const RunRow& run) {
  return !run.alarm.isEmpty() && stateTone(run.state) != "bad";
}

QColor toneColour(const QString& tone) {
  const Tokens& t = theme().tokens();
  if (tone == "accent") return t.accent;
  if (tone == "good") return t.good;
  if (tone == "warning") return t.warning;
  if (tone == "bad") return t.bad;
  return t.muted;
}

}  // namespace

QString stateText(RunState state) {
  const auto name = toString(state);
  return QString::fromLatin1(name.data(), static_cast<qsizetype>(name.size()));
}

QString stateTone(RunState state) {
  switch (state) {
    case RunState::Running: return "accent";
    case RunState::Pausing:
    case RunState::Paused:
    case RunState::Stopping: return "warning";
    case RunState::Failed:
    case RunState::Lost: return "bad";
    case RunState::Done: return "good";
    case RunState::Created:
    case RunState::Stopped: return "muted";
  }
  return "muted";
}

QString RunRow::alarmText() const {
  if (alarm.isEmpty()) return {};
  return RunModel::tr("alarm at step %1: %2").arg(QString::fromStdString(formatInteger(alarmStep, true)), alarm);
}

void RunModel::setRuns(const std::vector<RunRow>& runs) {
  const bool samePaths =
      runs.size() == rows_.size() && std::equal(runs.begin(), runs.end(), rows_.begin(),
                                                [](const auto& a, const auto& b) { return a.path == b.path; });
  if (!samePaths) beginResetModel();
  rows_ = runs;
  if (!samePaths) {
    endResetModel();
  } else if (!rows_.empty()) {
    emit dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
  }
}

int RunModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int RunModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : ColumnCount;
}

QVariant RunModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const RunRow& run = row(index.row());
  const int column = index.column();
  switch (role) {
    case Qt::DisplayRole: return cell(run, column);
    case Qt::EditRole: return run.name;
    case Qt::CheckStateRole: return column == Name ? QVariant(run.shown ? Qt::Checked : Qt::Unchecked) : QVariant();
    case Qt::DecorationRole: return column == Name ? QVariant(theme().series(run.colour).colour) : QVariant();
    case Qt::ForegroundRole:
      if (column == State) return toneColour(isMarked(run) ? "warning" : stateTone(run.state));
      return column > Step ? QVariant(theme().tokens().muted) : QVariant();
    case Qt::FontRole:
      return theme().font(isNumeric(column) ? TextRole::Number : column == Name ? TextRole::Strong : TextRole::Body);
    case Qt::TextAlignmentRole:
      return static_cast<int>(Qt::AlignVCenter | (isNumeric(column) ? Qt::AlignRight : Qt::AlignLeft));
    case Qt::ToolTipRole:
      if (column == Top1 || column == BestTop1) return columnName(run, column);
      if (column == State && !run.alarm.isEmpty()) {
        return QStringList{run.message, run.alarmText()}.join('\n').trimmed();
      }
      return run.message.isEmpty() ? run.path : run.message;
    case Qt::AccessibleTextRole:
      if (column == State && !run.alarm.isEmpty()) {
        return columnName(run, column) + ": " + stateText(run.state) + ", " + run.alarmText();
      }
      return columnName(run, column) + ": " + cell(run, column);
    case RowRole: return QVariant::fromValue(run);
    case SortRole: {
      const QVariant value = sortValue(run, column);
      return value.isValid() ? value : QVariant(cell(run, column));
    }
    default: return {};
  }
}

bool RunModel::setData(const QModelIndex& index, const QVariant& value, int role) {
  const RunRow& run = row(index.row());
  if (role == Qt::CheckStateRole) {
    emit showWanted(run.path, value.toInt() == Qt::Checked);
    return true;
  }
  const QString name = value.toString().trimmed();
  if (role != Qt::EditRole || name.isEmpty() || name == run.name) return false;
  emit renameWanted(run.path, name);
  return true;
}

QString RunModel::columnName(const RunRow& run, int column) const {
  if (column == Top1) return run.scoreName();
  if (column == BestTop1) return tr("best %1").arg(run.scoreName());
  return headerData(column, Qt::Horizontal, Qt::DisplayRole).toString();
}

QVariant RunModel::headerData(int section, Qt::Orientation orientation, int role) const {
  static const QStringList names{tr("run"),  tr("state"),     tr("score"), tr("best"), tr("loss"),   tr("step"),
                                 tr("norm"), tr("attention"), tr("model"), tr("time"), tr("started")};
  if (orientation != Qt::Horizontal) return {};
  if (role == Qt::DisplayRole) return names.value(section);
  if (role == Qt::TextAlignmentRole)
    return static_cast<int>(Qt::AlignVCenter | (isNumeric(section) ? Qt::AlignRight : Qt::AlignLeft));
  return {};
}

Qt::ItemFlags RunModel::flags(const QModelIndex& index) const {
  Qt::ItemFlags flags = Qt::ItemIsEnabled | Qt::ItemIsSelectable;
  if (index.column() == Name) flags |= Qt::ItemIsEditable | Qt::ItemIsUserCheckable;
  return flags;
}

RunProxy::RunProxy(QObject* parent) : QSortFilterProxyModel(parent) {
  setSortRole(RunModel::SortRole);
  setDynamicSortFilter(true);
}

void RunProxy::setFilter(const RunFilter& filter) {
  filter_ = filter;
  invalidateFilter();
}

bool RunProxy::filterAcceptsRow(int source_row, const QModelIndex&) const {
  return filter_.matches(static_cast<RunModel*>(sourceModel())->row(source_row));
}

}  // namespace slab
