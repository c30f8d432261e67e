#include <algorithm>

#include "core/base/format.h"
#include "widgets/certificate_table/certificate_table.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

using Column = CertificateModel::Column;

QString error(double value) {
  return value == 0 ? QStringLiteral("0") : QString::number(value, 'e', 1);
}

QString count(std::int64_t value) {
  return QString::fromStdString(formatInteger(value, true));
}

QString ruleOf(const FoldRow& row) {
  if (!row.folded) return CertificateModel::tr("stays: %1").arg(QString::fromStdString(row.reason));
  return QString::fromStdString(row.rule);
}

QString words(const FoldRow& row, int column) {
  switch (column) {
    case Column::Norm: return QString::fromStdString(row.layer);
    case Column::Rule: return ruleOf(row);
    case Column::Single: return row.folded ? error(row.relativeError) : QString();
    case Column::Double: return row.folded ? error(row.relativeErrorDouble) : QString();
    case Column::Parameters:
      return row.folded
                 ? QString("%1 %2 %3").arg(count(row.parametersBefore), QChar(0x2192), count(row.parametersAfter))
                 : QString();
    default: return {};
  }
}

}  // namespace

void CertificateModel::setReport(const FoldReport& report) {
  beginResetModel();
  rows_ = report.rows;
  endResetModel();
}

int CertificateModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int CertificateModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : ColumnCount;
}

QVariant CertificateModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const FoldRow& row = rows_[static_cast<std::size_t>(index.row())];
  const int column = index.column();
  switch (role) {
    case Qt::DisplayRole: return words(row, column);
    case Qt::ToolTipRole:
      if (column == Single) return tr("largest absolute difference %1").arg(error(row.maxError));
      if (column == Double) return tr("largest absolute difference %1").arg(error(row.maxErrorDouble));
      if (column == Rule && row.folded) return QString::fromStdString(row.into);
      return words(row, column);
    case Qt::FontRole: return theme().font(column == Rule ? TextRole::Small : TextRole::NumberSmall);
    case Qt::TextAlignmentRole: return QVariant(Qt::AlignVCenter | (column >= Single ? Qt::AlignRight : Qt::AlignLeft));
    case Qt::ForegroundRole:
      if (!row.folded && column == Rule) return theme().tokens().warning;
      return column == Rule ? theme().tokens().muted : theme().tokens().text;
    default: return {};
  }
}

QVariant CertificateModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  if (role == Qt::TextAlignmentRole) {
    return QVariant(Qt::AlignVCenter | (section >= Single ? Qt::AlignRight : Qt::AlignLeft));
  }
  if (role == Qt::ToolTipRole && (section == Single || section == Double)) {
    return tr("Largest difference of the layer's output, relative to its largest value");
  }
  if (role != Qt::DisplayRole) return {};
  switch (section) {
    case Norm: return tr("norm");
    case Rule: return tr("rule");
    case Single: return tr("error fp32");
    case Double: return tr("fp64");
    default: return tr("parameters");
  }
}

namespace {

QString changeWords(const FoldReport& report) {
  const std::int64_t changed = report.images - report.sameTop1;
  const QString what = report.isDetector ? CertificateModel::tr("detections") : CertificateModel::tr("top-1");
  return changed == 0 ? CertificateModel::tr("%1 unchanged on %2 images").arg(what).arg(report.images)
                      : CertificateModel::tr("%1 changed on %2 of %3 images").arg(what).arg(changed).arg(report.images);
}

}  // namespace

QStringList certificateWords(const FoldReport& report) {
  const auto folded = std::count_if(report.rows.begin(), report.rows.end(), [](const FoldRow& r) { return r.folded; });
  QStringList lines{CertificateModel::tr("%1 of %2 norms folded").arg(folded).arg(report.rows.size())};
  lines += (report.isDetector ? CertificateModel::tr("maps moved by %1 (fp64 %2), relative")
                              : CertificateModel::tr("logits moved by %1 (fp64 %2), relative"))
               .arg(error(report.logitsRelativeError), error(report.logitsRelativeErrorDouble));
  lines += changeWords(report);
  lines += CertificateModel::tr("parameters %1 %2 %3")
               .arg(count(report.parametersBefore), QChar(0x2192), count(report.parametersAfter));
  if (report.macsBefore == 0) return lines;  // a detector's depend on its images
  lines += CertificateModel::tr("multiply-accumulates %1 %2 %3, normalised values %4 %2 %5")
               .arg(count(report.macsBefore), QChar(0x2192), count(report.macsAfter), count(report.normalisedBefore),
                    count(report.normalisedAfter));
  return lines;
}

QString certificateMarkdown(const FoldReport& report, const QString& model) {
  QString text = CertificateModel::tr("# Fold certificate of %1\n\n").arg(model);
  for (const QString& line : certificateWords(report)) text += "- " + line + '\n';
  for (const std::string& warning : report.warnings) text += "- " + QString::fromStdString(warning) + '\n';
  if (!report.sha256.empty()) text += "- SHA-256 " + QString::fromStdString(report.sha256) + '\n';
  text += CertificateModel::tr(
      "\n| norm | rule | relative error fp32 | fp64 | parameters |\n| --- | --- | ---: | ---: | ---: |\n");
  for (const FoldRow& row : report.rows) {
    text += QString("| %1 | %2 | %3 | %4 | %5 |\n")
                .arg(words(row, Column::Norm), words(row, Column::Rule), words(row, Column::Single),
                     words(row, Column::Double), words(row, Column::Parameters));
  }
  return text;
}

}  // namespace slab
