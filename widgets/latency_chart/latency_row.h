// What a measured model says of itself: the row of the table, the bar, the parts. Plain values.
#pragma once

#include <QString>
#include <optional>
#include <vector>

namespace slab {

/// One model of a comparison, times in milliseconds a batch.
struct LatencyRow {
  QString label;
  int series = 0;  ///< theme series: the model's colour everywhere
  bool measured = false;
  double mean = 0, p50 = 0, p90 = 0, p99 = 0;
  double meanLow = 0, meanHigh = 0;  ///< 95 % interval of the mean

  /// Paired difference against the first row, in percent of it, with its 95 % interval; none for the first.
  struct Difference {
    double percent = 0, low = 0, high = 0;
    bool isReal = false;  ///< the interval excludes zero
  };
  std::optional<Difference> difference;

  /// Largest relative error of the folded logits; none for an unfolded model.
  std::optional<double> certificate;

  /// Where the time goes; `part` indexes partNames().
  struct Part {
    int part = 0;
    double milliseconds = 0;
  };
  std::vector<Part> parts;
};

/// Kinds of modules that the breakdown adds up, in forward order.
const std::vector<QString>& partNames();

/// The part a module belongs to, from its path and kind in the bench report; the last for the rest.
int partOf(const QString& name);

/// Three significant digits and at most three decimals, so that a column lines up: 134, 30.4, 2.19, 0.412.
QString formatMilliseconds(double value);

/// "+11.2 %", "−0.4 %", "0".
QString formatPercent(double value);

/// "+10.6 to +11.8", or an em dash without a difference.
QString formatInterval(const std::optional<LatencyRow::Difference>& difference);

/// The certificate in words, e.g. "certificate 2.1e−6"; empty for none.
QString formatCertificate(const LatencyRow& row);

/// Comma-separated, a header line first; numbers with full digits and a point.
QString toCsv(const std::vector<LatencyRow>& rows);

/// A Markdown table with the digits of the screen.
QString toMarkdown(const std::vector<LatencyRow>& rows);

}  // namespace slab
