#include <algorithm>

#include "core/base/format.h"
#include "widgets/drift_table/drift_table.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

// A statistic that moved by more than this was far from what the weights now give.
constexpr double kFar = 0.1;

QString percent(double share) {
  return QString::fromStdString(formatNumber(100 * share, 3)) + QStringLiteral(" %");
}

double valueOf(const RecalibrationRow& row, int column) {
  return column == DriftModel::Mean ? row.mean : row.variance;
}

QString score(double top1) {
  return QString::fromStdString(formatNumber(top1, 4)) + QStringLiteral(" %");
}

}  // namespace

void DriftModel::setReport(const RecalibrationReport& report) {
  beginResetModel();
  rows_ = report.rows;
  endResetModel();
}

int DriftModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int DriftModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : ColumnCount;
}

QVariant DriftModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const RecalibrationRow& row = rows_[static_cast<std::size_t>(index.row())];
  const int column = index.column();
  switch (role) {
    case Qt::DisplayRole:
    case Qt::ToolTipRole: return column == Norm ? QString::fromStdString(row.layer) : percent(valueOf(row, column));
    case Qt::FontRole: return theme().font(TextRole::NumberSmall);
    case Qt::TextAlignmentRole: return QVariant(Qt::AlignVCenter | (column == Norm ? Qt::AlignLeft : Qt::AlignRight));
    case Qt::ForegroundRole:
      return column != Norm && valueOf(row, column) > kFar ? theme().tokens().warning : theme().tokens().text;
    default: return {};
  }
}

QVariant DriftModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  if (role == Qt::TextAlignmentRole) {
    return QVariant(Qt::AlignVCenter | (section == Norm ? Qt::AlignLeft : Qt::AlignRight));
  }
  if (role == Qt::ToolTipRole && section == Mean) return tr("Change of the mean, relative to the standard deviation");
  if (role == Qt::ToolTipRole && section == Variance) return tr("Change of the variance, relative to what it was");
  if (role != Qt::DisplayRole) return {};
  return section == Norm ? tr("norm") : section == Mean ? tr("mean moved") : tr("variance moved");
}

void DriftModel::sort(int column, Qt::SortOrder order) {
  emit layoutAboutToBeChanged();
  const bool rises = order == Qt::AscendingOrder;
  std::stable_sort(rows_.begin(), rows_.end(), [&](const RecalibrationRow& a, const RecalibrationRow& b) {
    if (column == Norm) return rises ? a.layer < b.layer : b.layer < a.layer;
    return rises ? valueOf(a, column) < valueOf(b, column) : valueOf(b, column) < valueOf(a, column);
  });
  emit layoutChanged();
}

QStringList recalibrationWords(const RecalibrationReport& report) {
  QStringList lines;
  if (report.top1After >= 0) {
    const double gain = report.top1After - report.top1Before;
    lines += DriftModel::tr("top-1 %1 before, %2 after (%3%4)")
                 .arg(score(report.top1Before), score(report.top1After), gain < 0 ? QString() : QStringLiteral("+"),
                      QString::fromStdString(formatNumber(gain, 3)));
    lines += DriftModel::tr("loss %1 before, %2 after")
                 .arg(QString::fromStdString(formatNumber(report.lossBefore, 4)),
                      QString::fromStdString(formatNumber(report.lossAfter, 4)));
  } else {
    lines += DriftModel::tr("no validation set, so no accuracy");
  }
  lines +=
      report.settled
          ? DriftModel::tr("%1 of %2 batches, then the statistics stood still").arg(report.batches).arg(report.asked)
          : DriftModel::tr("%1 batches").arg(report.batches);
  lines += report.with == "momentum" ? DriftModel::tr("running average, momentum 0.1")
                                     : DriftModel::tr("exact over the whole pass");
  return lines;
}

}  // namespace slab
