// A model as an ONNX graph (opset 17) for other engines: ONNX Runtime, OpenVINO, TensorRT.
//
// The graph is taken from forwards of the model, not written a second time: LibTorch's tracer records the ATen
// operations of the reference backends (recording.h), and a table turns each into ONNX (operations.h). So a new
// backbone, attention or norm exports without a line of its own, folded or not, and cannot differ from what is
// trained; what the table lacks is an error that names the operation. An emitter a module would be a second forward
// to keep in step with the first.
//
// Two forwards are recorded, with two and with three images. Their sizes tell which follow the batch, and a number
// that differs otherwise is refused, so that a graph with a free batch is right for every batch. LibTorch's own
// export is Python, and its saved programs are never read.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/formats/onnx_writer.h"
#include "core/models/backbone.h"

namespace slab::onnx {

struct ExportOptions {
  /// Images a run; nothing: whoever runs the model chooses.
  std::optional<std::int64_t> batch;
  std::string producerVersion;
  std::vector<std::pair<std::string, std::string>> metadata;
};

/// A model ready to be written, with the weights its initializers point into.
struct ExportedModel {
  OnnxModel model;
  std::vector<at::Tensor> tensors;
};

/// "images" (batch, channels, size, size), normalised -> "logits" (batch, classes), in the model's own type.
/// Weights keep the names and shapes of the state dict; what the forward does not use is left out. `model` must be
/// on the CPU and in evaluation mode, and is left as it was. Throws Error(Internal) naming an operation that can't
/// be expressed.
ExportedModel toOnnx(Backbone& model, const ExportOptions& options);

}  // namespace slab::onnx
