// From a model to what its ONNX file holds.
#pragma once

#include <torch/torch.h>

#include <optional>
#include <string>

#include "core/export/onnx_export.h"
#include "core/export/onnx_interpreter.h"

namespace slab::testing {

class StringSink final : public ByteSink {
 public:
  void write(std::span<const std::byte> bytes) override {
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  std::string text;
};

inline ReadModel exported(Backbone& model, std::optional<std::int64_t> batch = std::nullopt) {
  const auto made = onnx::toOnnx(model, {batch, "0", {{"model", model.config().name}}});
  StringSink sink;
  writeOnnx(made.model, sink);
  return readOnnx(sink.text);
}

inline at::Tensor imagesFor(const Backbone& model, std::int64_t count, at::ScalarType type) {
  const auto& config = model.config();
  return at::randn({count, config.inChannels, config.imageSize, config.imageSize}, type);
}

/// max |onnx - forward| / max |forward| of the model's logits.
inline double errorOf(Backbone& model, const ReadModel& onnx, const at::Tensor& images) {
  const at::NoGradGuard noGradient;
  const at::Tensor expected = model.forward(images), actual = runOnnx(onnx, images);
  if (expected.sizes() != actual.sizes()) return INFINITY;
  return ((expected - actual).abs().max() / expected.abs().max()).item<double>();
}

}  // namespace slab::testing
