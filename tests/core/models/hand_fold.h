// Folding written out for the tests, apart from the program's own: the algebra of core/models/fold_site.h.
#pragma once

#include "core/models/backbone.h"

namespace slab::testing {

/// Folds every norm that can be folded and empties its slot; returns how many. The algebra is done in
/// float64 and stored in the model's type.
int foldByHand(Backbone& model);

}  // namespace slab::testing
