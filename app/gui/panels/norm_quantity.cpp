#include "app/gui/panels/norm_quantity.h"

#include <algorithm>
#include <cmath>

#include "core/base/format.h"

namespace slab {
namespace {

constexpr std::string_view kPrefix = "norm/";

// A distance of 1 is where the training raises its alarm; healthy norms stay orders of magnitude below.
constexpr double kAlarmDistance = 1.0, kSmallDistance = 1e-3;

const char* seriesName(NormQuantity quantity) {
  switch (quantity) {
    case NormQuantity::Share: return "repbn_share";
    case NormQuantity::Alpha: return "alpha";
    case NormQuantity::Variance: return "running_var_mean";
    case NormQuantity::Distance: return "distance";
  }
  return "";
}

std::shared_ptr<const SeriesStore> seriesOf(const RunData& data, const QString& layer, NormQuantity quantity) {
  return data.find(std::string(kPrefix) + layer.toStdString() + '/' + seriesName(quantity));
}

QString alphaNote(const RunData& data, const QString& layer) {
  const auto alpha = seriesOf(data, layer, NormQuantity::Alpha);
  const auto range = alpha ? alpha->range() : std::nullopt;
  const auto last = range ? alpha->nearest(range->x1) : std::nullopt;
  return last ? QObject::tr("alpha %1").arg(last->value, 0, 'f', 2) : QString();
}

/// Of the finite values; positive ones only for a logarithmic scale.
std::optional<std::pair<double, double>> extentOf(const std::vector<HeatRow>& rows, bool isLog) {
  std::optional<std::pair<double, double>> all;
  for (const HeatRow& row : rows) {
    const auto range = row.data ? row.data->range() : std::nullopt;
    if (!range || (isLog && !(range->y1 > 0))) continue;
    const double low = isLog && !(range->y0 > 0) ? range->y1 : range->y0;
    all = all ? std::pair(std::min(all->first, low), std::max(all->second, range->y1)) : std::pair(low, range->y1);
  }
  return all;
}

}  // namespace

QString choiceWord(NormQuantity quantity) {
  switch (quantity) {
    case NormQuantity::Share: return QObject::tr("share");
    case NormQuantity::Alpha: return QObject::tr("alpha");
    case NormQuantity::Variance: return QObject::tr("variance");
    case NormQuantity::Distance: return QObject::tr("distance");
  }
  return {};
}

QString valueWords(NormQuantity quantity) {
  switch (quantity) {
    case NormQuantity::Share: return QObject::tr("RepBN's share");
    case NormQuantity::Alpha: return QObject::tr("alpha");
    case NormQuantity::Variance: return QObject::tr("mean running variance");
    case NormQuantity::Distance: return QObject::tr("distance");
  }
  return {};
}

QString explanation(NormQuantity quantity) {
  switch (quantity) {
    case NormQuantity::Share: return QObject::tr("share of the output from RepBN: 0 LayerNorm, 1 RepBN");
    case NormQuantity::Alpha: return QObject::tr("alpha, the weight of RepBN's skip; it begins at 1");
    case NormQuantity::Variance: return QObject::tr("mean running variance, logarithmic");
    case NormQuantity::Distance:
      return QObject::tr("distance of the batch from the running statistics, logarithmic; alarm from 1");
  }
  return {};
}

QStringList normLayers(const RunData& data) {
  QStringList layers;
  for (const std::string& name : data.seriesInOrder()) {
    if (!name.starts_with(kPrefix) || !name.ends_with("/alpha")) continue;
    layers += QString::fromStdString(name.substr(kPrefix.size(), name.rfind('/') - kPrefix.size()));
  }
  return layers;
}

std::vector<HeatRow> normRows(const RunData& data, NormQuantity quantity, const QStringList& alarmed) {
  std::vector<HeatRow> rows;
  for (const QString& layer : normLayers(data)) {
    rows.push_back({layer, seriesOf(data, layer, quantity), alphaNote(data, layer), alarmed.contains(layer)});
  }
  return rows;
}

HeatScale normScale(NormQuantity quantity, const std::vector<HeatRow>& rows) {
  switch (quantity) {
    case NormQuantity::Share: return {ColourMap::Viridis, 0, 1, false};
    case NormQuantity::Distance: return {ColourMap::Magma, kSmallDistance, kAlarmDistance, true};
    case NormQuantity::Alpha: {
      const auto [low, high] = extentOf(rows, false).value_or(std::pair(0.0, 1.0));
      return {ColourMap::Cividis, low, high, false};
    }
    case NormQuantity::Variance: {
      const auto [low, high] = extentOf(rows, true).value_or(std::pair(0.1, 1.0));
      return {ColourMap::Viridis, low, high, true};
    }
  }
  return {};
}

QString missingNormWords(const RunRow* row, const RunData* data) {
  if (row == nullptr) return QObject::tr("No run yet. Start one from Configure, or train the demo (Ctrl+Shift+D).");
  if (data != nullptr && !data->problem.isEmpty()) return data->problem;
  if (data == nullptr || !data->isComplete) return QObject::tr("Reading the run...");
  if (row->config.value("model.norm") == "layer_norm") {
    return QObject::tr(
        "The norms of this run are LayerNorms: nothing is handed over, nothing to watch. A run with norm = "
        "PRepBN shows here how each layer goes over to RepBN.");
  }
  if (row->plan.totalSteps > 0 && row->plan.watchEvery == 0) {
    return QObject::tr("This run does not watch its norms: prepbn.watch_every is 0.");
  }
  if (!row->isActive()) return QObject::tr("Nothing was recorded of this run's norms.");
  return QObject::tr("Appears with the first watch of the norms, every %1 steps.")
      .arg(QString::fromStdString(formatInteger(row->plan.watchEvery)));
}

}  // namespace slab
