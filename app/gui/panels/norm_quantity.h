// The quantities a training records of its norms ("norm/<layer>/<quantity>" in run.db), as rows of a heat map.
#pragma once

#include <QStringList>
#include <vector>

#include "app/gui/run_data.h"
#include "widgets/heat_map/heat_map.h"
#include "widgets/run_table/run_row.h"

namespace slab {

/// In the order in which they are offered.
enum class NormQuantity { Share, Alpha, Variance, Distance };

inline constexpr NormQuantity kNormQuantities[] = {NormQuantity::Share, NormQuantity::Alpha, NormQuantity::Variance,
                                                   NormQuantity::Distance};

/// One word for a choice: "share".
QString choiceWord(NormQuantity quantity);
/// Before a value: "RepBN's share".
QString valueWords(NormQuantity quantity);
/// What the colours mean, in a line.
QString explanation(NormQuantity quantity);

/// Layers with recorded norms, in the order of the model.
QStringList normLayers(const RunData& data);

/// A row a layer; `alarmed` layers have a mark.
std::vector<HeatRow> normRows(const RunData& data, NormQuantity quantity, const QStringList& alarmed);

/// Fixed where the quantity has natural ends, else from the smallest to the largest value of `rows`.
HeatScale normScale(NormQuantity quantity, const std::vector<HeatRow>& rows);

/// Why a run has no recorded norms, or not yet; `row` null: there is no run.
QString missingNormWords(const RunRow* row, const RunData* data);

}  // namespace slab
