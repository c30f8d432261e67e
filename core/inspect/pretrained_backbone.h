// A classification checkpoint as the beginning of a detector.
#pragma once

#include "core/config/run_config.h"
#include "core/inspect/fit_weights.h"
#include "core/models/detection/pyramid_backbone.h"

namespace slab::inspect {

/// Copies what fits of a classifier's weights (fitWeights: the other norm layout, relative tables and position tables
/// of another resolution bicubically) into the backbone of a detector, and says what became of each key. What the file
/// lacks keeps its values: the LayerNorms of the outputs always, for no classifier has them; what the backbone lacks
/// (the head, the last norm) is Unexpected and left out.
///
/// The counters `warm` and `iter` are the file's; a file without them leaves the reference's 300,000 steps, unless its
/// norms are RepBN alone, whose transition is over (iter = 0). largestCounters(backbone) tells, and lambdaAt what
/// lambda the training begins with.
///
/// Throws Error(Checkpoint), changing nothing, where a key has another shape than the backbone's or where none is the
/// backbone's: a file of another model.
FittedWeights loadPretrained(PyramidBackbone& backbone, const ForeignWeights& weights);

/// The same from the file, checkpoint or run that `detector.pretrained` names. The log has what the backbone lacks and,
/// where the classifier's lambda has not reached 0 and the configuration plans no transition, a warning.
void beginBackbone(PyramidBackbone& backbone, const RunConfig& config);

}  // namespace slab::inspect
