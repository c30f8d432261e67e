#include "app/gui/panels/latency_report.h"

#include <QDir>
#include <algorithm>

#include "app/gui/panels/run_config.h"
#include "core/config/arch/registry.h"
#include "core/wire/bench_lineup.h"

namespace slab {
namespace {

// Colours as in the papers' order of the rows: LayerNorm, PRepBN, folded, SLAB, SLAB folded.
constexpr int kColours[] = {1, 4, 2, 3, 0};

/// `model.*` of a run, or of the demo preset while there is none, as --set values.
std::map<std::string, std::string> modelSettings(const RunRow* run) {
  std::map<std::string, std::string> settings;
  const RunConfig config = configOf(run);
  for (const FieldInfo& field : fields()) {
    if (field.group != "model" || field.key == "model.name") continue;
    const Json value = getField(config, field.key);
    settings[field.key] = value.is_string() ? value.get<std::string>() : value.dump();
  }
  return settings;
}

/// The window of softmax attention in this family: the registry's, or the run's where that is smaller.
std::string softmaxWindow(const std::string& model, const std::string& window) {
  const RegistryEntry* entry = findModel(model);
  if (!entry) return window;
  const auto plain = nameFor(entry->family, entry->size, NormKind::LayerNorm, 'S');
  const RegistryEntry* rival = plain ? findModel(*plain) : nullptr;
  if (!rival) return window;
  return std::to_string(std::min<long long>(rival->config.window, QString::fromStdString(window).toLongLong()));
}

/// The kind of work of a leaf: its own name, or its parent's where it is what a parent left over.
int partOfLeaf(const std::vector<BenchLayer>& layers, std::size_t leaf) {
  const QString name = QString::fromStdString(layers[leaf].name);
  if (name != QLatin1String("other")) return partOf(name);
  for (std::size_t i = leaf; i-- > 0;) {
    if (layers[i].depth < layers[leaf].depth) return partOf(QString::fromStdString(layers[i].name));
  }
  return partOf(name);
}

std::vector<LatencyRow::Part> partsOf(const std::vector<BenchLayer>& layers) {
  std::vector<double> sums(partNames().size(), 0.0);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const bool isLeaf = i + 1 == layers.size() || layers[i + 1].depth <= layers[i].depth;
    if (isLeaf) sums[static_cast<std::size_t>(partOfLeaf(layers, i))] += layers[i].milliseconds;
  }
  std::vector<LatencyRow::Part> parts;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    if (sums[i] > 0) parts.push_back({static_cast<int>(i), sums[i]});
  }
  return parts;
}

}  // namespace

int latencyColour(std::size_t row) {
  return kColours[row % std::size(kColours)];
}

std::vector<BenchEntry> architectureEntries(const RunRow* run) {
  if (run != nullptr && run->isDetector()) {
    if (run->lastCheckpoint.isEmpty()) return {};
    return detectorLineup(run->model.toStdString(), QDir(run->path).filePath(run->lastCheckpoint).toStdString());
  }
  const std::string name = configOf(run).model.name;
  const auto settings = modelSettings(run);
  const std::string letters = settings.at("model.attention");
  const auto stages = std::max<std::size_t>(1, letters.size());
  const bool isSlab = letters.find('L') != std::string::npos && settings.at("model.norm") == "prep_bn";
  const auto variant = [&](const char* label, const char* norm, bool isLinear, bool isFolded) {
    BenchEntry entry{label, {}};
    entry.source.folded = isFolded;
    if (isLinear && isSlab && run && !run->lastCheckpoint.isEmpty()) {
      entry.source.checkpoint = QDir(run->path).filePath(run->lastCheckpoint).toStdString();
      return entry;
    }
    entry.source.model = name;
    entry.source.settings = settings;
    entry.source.settings["model.norm"] = norm;
    if (!isLinear) {
      entry.source.settings["model.attention"] = std::string(stages, 'S');
      entry.source.settings["model.window"] = softmaxWindow(name, settings.at("model.window"));
    } else if (!isSlab) {
      entry.source.settings["model.attention"] = std::string(stages, 'L');
    }
    return entry;
  };
  return {variant("LayerNorm", "layer_norm", false, false), variant("PRepBN", "prep_bn", false, false),
          variant("PRepBN, folded", "prep_bn", false, true), variant("SLAB", "prep_bn", true, false),
          variant("SLAB, folded", "prep_bn", true, true)};
}

std::vector<LatencyRow> rowsOf(const BenchReport& report) {
  std::vector<LatencyRow> rows;
  for (std::size_t i = 0; i < report.rows.size(); ++i) {
    const BenchRow& from = report.rows[i];
    LatencyRow row;
    row.label = QString::fromStdString(from.label);
    row.series = latencyColour(i);
    row.measured = true;
    row.mean = from.mean;
    row.p50 = from.p50;
    row.p90 = from.p90;
    row.p99 = from.p99;
    row.meanLow = from.low;
    row.meanHigh = from.high;
    for (const BenchPair& pair : report.pairs) {
      if (i == 0 || pair.first != from.label) continue;
      const auto percent = [](double ratio) { return 100.0 * (ratio - 1.0); };
      row.difference = LatencyRow::Difference{percent(pair.ratio), percent(pair.ratioLow), percent(pair.ratioHigh),
                                              pair.isDifferent};
    }
    const auto certificate = report.context.find("certificate/" + from.label);
    if (certificate != report.context.end()) row.certificate = QString::fromStdString(certificate->second).toDouble();
    row.parts = partsOf(from.layers);
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace slab
