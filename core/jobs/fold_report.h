// A fold's certificate as JSON, for `slab fold --json` and for the file beside folded weights.
#pragma once

#include <string>

#include "core/wire/messages.h"

namespace slab::jobs {

/// One JSON object, indented: layers (rule, errors in both precisions, parameters), logits, images with
/// another first class, totals before and after.
std::string certificateJson(const FoldReport& report);

/// Writes it as "<stem>.certificate.json" beside `report.output`, whole or not at all; returns the path.
/// Throws Error(Data) where the file can't be written.
std::string writeCertificate(const FoldReport& report);

}  // namespace slab::jobs
