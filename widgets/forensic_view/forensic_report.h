// What a failed training reported about the first value that was not finite, in words for people.
#pragma once

#include <QString>
#include <QStringList>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace slab {

/// The event "non_finite" of a run.
struct ForensicReport {
  qint64 step = 0, batchNumber = 0;
  QString layer, tensor;
  QString cause;  ///< "image", "weight", "statistic", "activation", "gradient"
  std::vector<qint64> channels;
  qint64 channelCount = 0;  ///< may be more than are listed
  std::optional<qint64> finiteUntil;
  std::optional<qint64> process;  ///< which found it, of a training in several
  double epoch = 0, learningRate = 0, lambda = 0;
  std::optional<double> loss, gradNorm;  ///< nothing: not finite
  struct Sample {
    qint64 index = 0;
    QString name;
  };
  std::vector<Sample> samples;
};

/// Nothing where `json` is no such report.
std::optional<ForensicReport> forensicReport(const std::string& json);

/// "The weight of layers.0.mlp.fc1 is not finite in channel 5"
QString forensicHeadline(const ForensicReport& report);

/// What that means and what mends it, one paragraph.
QString forensicAdvice(const ForensicReport& report);

/// Facts for a two-column list: name and value.
std::vector<std::pair<QString, QString>> forensicFacts(const ForensicReport& report);

}  // namespace slab
