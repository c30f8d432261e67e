// A fold's certificate as JSON, for `slab fold --json` and for the file beside folded weights.
#pragma once

#include <string>

#include "core/wire/messages.h"

namespace slab {

/// One JSON object, indented: layers (rule, errors in both precisions, parameters), logits, images with
/// another first class, totals before and after.
std::string certificateJson(const FoldReport& report);

}  // namespace slab
