#include "widgets/latency_chart/latency_row.h"

#include <QCoreApplication>
#include <QStringList>
#include <cmath>

namespace slab {
namespace {

QString tr(const char* text) {
  return QCoreApplication::translate("LatencyRow", text);
}

QString signedNumber(double value, int decimals) {
  const QString digits = QString::number(std::abs(value), 'f', decimals);
  if (digits.toDouble() == 0.0) return digits;
  return (value < 0 ? QString(QChar(0x2212)) : QStringLiteral("+")) + digits;
}

QString quoted(const QString& text) {
  QString escaped = text;
  return QLatin1Char('"') + escaped.replace(QLatin1Char('"'), QLatin1String("\"\"")) + QLatin1Char('"');
}

QString plain(double value) {
  return QString::number(value, 'g', 9);
}

}  // namespace

const std::vector<QString>& partNames() {
  static const std::vector<QString> names{tr("patch embed"), tr("norms"), tr("qkv + proj"),       tr("attention core"),
                                          tr("depthwise"),   tr("MLP"),   tr("merge, head, rest")};
  return names;
}

int partOf(const QString& name) {
  // Most specific first: "layers.0.blocks.0.attn.qkv" is a projection, not the attention's core.
  struct Rule {
    const char* fragment;
    int part;
  };
  static constexpr Rule kRules[] = {{"patch_embed", 0}, {"downsample", 6}, {"merge", 6},     {"head", 6},
                                    {"norm", 1},        {"qkv", 2},        {"reduction", 2}, {"proj", 2},
                                    {"dwc", 4},         {"depthwise", 4},  {"mlp", 5},       {"fc", 5},
                                    {"attn", 3},        {"attention", 3},  {"softmax", 3},   {"linear_attention", 3}};
  for (const Rule& rule : kRules) {
    if (name.contains(QLatin1String(rule.fragment), Qt::CaseInsensitive)) return rule.part;
  }
  return 6;
}

QString formatMilliseconds(double value) {
  if (!std::isfinite(value)) return QString(QChar(0x2014));
  const double magnitude = std::abs(value);
  const int decimals = magnitude >= 99.95 ? 0 : magnitude >= 9.995 ? 1 : magnitude >= 0.9995 ? 2 : 3;
  return QString::number(value, 'f', decimals);
}

QString formatPercent(double value) {
  if (value == 0.0) return QStringLiteral("0");
  return signedNumber(value, std::abs(value) >= 99.95 ? 0 : 1) + QStringLiteral(" %");
}

QString formatInterval(const std::optional<LatencyRow::Difference>& difference) {
  if (!difference) return QString(QChar(0x2014));
  return tr("%1 to %2").arg(signedNumber(difference->low, 1), signedNumber(difference->high, 1));
}

QString formatCertificate(const LatencyRow& row) {
  if (!row.certificate) return {};
  return tr("certificate %1").arg(QString::number(*row.certificate, 'e', 1).replace("e-0", "e-"));
}

QString toCsv(const std::vector<LatencyRow>& rows) {
  QString text =
      "model,mean_ms,p50_ms,p90_ms,p99_ms,mean_low_ms,mean_high_ms,"
      "against_first_percent,low_percent,high_percent,fold_relative_error\n";
  for (const LatencyRow& row : rows) {
    if (!row.measured) continue;
    QStringList cells{quoted(row.label), plain(row.mean),    plain(row.p50),     plain(row.p90),
                      plain(row.p99),    plain(row.meanLow), plain(row.meanHigh)};
    if (row.difference) {
      cells << plain(row.difference->percent) << plain(row.difference->low) << plain(row.difference->high);
    } else {
      cells << QString() << QString() << QString();
    }
    cells << (row.certificate ? plain(*row.certificate) : QString());
    text += cells.join(QLatin1Char(',')) + QLatin1Char('\n');
  }
  return text;
}

QString toMarkdown(const std::vector<LatencyRow>& rows) {
  QString text =
      "| model | mean ms | p50 | p90 | p99 | against row 1 | 95 % interval | fold |\n"
      "|---|--:|--:|--:|--:|--:|--:|---|\n";
  for (const LatencyRow& row : rows) {
    if (!row.measured) continue;
    const QStringList cells{row.label,
                            formatMilliseconds(row.mean),
                            formatMilliseconds(row.p50),
                            formatMilliseconds(row.p90),
                            formatMilliseconds(row.p99),
                            row.difference ? formatPercent(row.difference->percent) : QStringLiteral("0"),
                            formatInterval(row.difference),
                            formatCertificate(row)};
    text += "| " + cells.join(" | ") + " |\n";
  }
  return text;
}

}  // namespace slab
