// The string `model.attention`: which attention each block of a model uses.
//
// One letter a stage, or one letter for all stages: S softmax, L simplified linear, F focused linear. M with a
// number behind the letters ("MMMM2", "LMSS1") is a mixed stage: its first blocks, as many as the number says,
// are L and the rest S.
#pragma once

#include <cstdint>
#include <string>

#include "core/config/model_config.h"

namespace slab {

/// S, L or F: the letter of one block, with M resolved.
[[nodiscard]] char blockAttention(const ModelConfig& model, std::size_t stage, std::int64_t block);

/// What a window side of blocks with this letter (S, L or F) is before the grid limits it: `model.window` for L
/// and F, and for S where the model has nothing else; beside L or F, S has 7, or 12 where `model.window` > 56.
[[nodiscard]] std::int64_t configuredWindow(const ModelConfig& model, char letter);

/// What is wrong with the letters for the model's family and stages, as a clause after the string itself; empty
/// when nothing is.
[[nodiscard]] std::string attentionProblem(const ModelConfig& model);

}  // namespace slab
