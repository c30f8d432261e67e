#include "app/gui/panels/measured_runs.h"

#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSaveFile>
#include <algorithm>
#include <exception>
#include <optional>

#include "core/store/run_reader.h"

namespace slab {
namespace {

QString fileOf(const QString& run) {
  return run + "/exports/latency.json";
}

std::optional<RunLatency> readLatency(const QString& run) {
  QFile file(fileOf(run));
  if (!file.open(QIODevice::ReadOnly)) return std::nullopt;
  const QJsonObject json = QJsonDocument::fromJson(file.readAll()).object();
  RunLatency latency{json["mean_ms"].toDouble(), json["low_ms"].toDouble(), json["high_ms"].toDouble(),
                     json["batch"].toInt(1)};
  if (!(latency.mean > 0)) return std::nullopt;
  return latency;
}

/// NaN where the run has no evaluation, or can't be read.
double lastBoxAp(const QString& run) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  try {
    RunReader reader{RunDirectory(run.toStdString())};
    const auto all = reader.series();
    const auto found = std::find_if(all.begin(), all.end(), [](const auto& one) { return one.name == "val/box_ap"; });
    if (found == all.end()) return kNone;
    const auto chunks = reader.points(found->id, 0, std::numeric_limits<std::int64_t>::max());
    const double value = chunks.empty() || chunks.back().values.empty() ? kNone : chunks.back().values.back();
    return value >= 0 ? value : kNone;
  } catch (const std::exception&) {
    return kNone;
  }
}

}  // namespace

QString saveLatency(const QString& run, const RunLatency& latency) {
  QDir().mkpath(run + "/exports");
  QSaveFile file(fileOf(run));
  const QByteArray text =
      QJsonDocument(
          QJsonObject{
              {"mean_ms", latency.mean}, {"low_ms", latency.low}, {"high_ms", latency.high}, {"batch", latency.batch}})
          .toJson();
  const bool isWritten = file.open(QIODevice::WriteOnly) && file.write(text) == text.size() && file.commit();
  return isWritten ? QString() : QString("%1: %2").arg(file.fileName(), file.errorString());
}

std::map<QString, MeasuredRun> readMeasured(const QStringList& runs) {
  std::map<QString, MeasuredRun> measured;
  for (const QString& run : runs) {
    if (const auto latency = readLatency(run)) measured[run] = {*latency, lastBoxAp(run)};
  }
  return measured;
}

QString detectorFamily(const RunConfig& config) {
  const std::string_view family = toString(config.model.family());
  const bool isLinear = config.model.attention.find('L') != std::string::npos;
  const QString kind = config.model.norm == NormKind::LayerNorm ? QStringLiteral("LayerNorm")
                       : isLinear                               ? QStringLiteral("SLAB")
                                                                : QStringLiteral("PRepBN");
  return QString::fromLatin1(family.data(), static_cast<qsizetype>(family.size())) + ", " + kind;
}

}  // namespace slab
