#include "core/ops/onednn.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "core/device/parallel_for.h"

namespace slab::ops::onednn {
namespace {

using OptionalScalars = torch::List<std::optional<at::Scalar>>;
using LinearSignature = at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&,
                                   std::string_view, OptionalScalars, std::optional<std::string_view>);
using PackSignature = at::Tensor(const at::Tensor&, std::optional<std::int64_t>);

/// Below this many rows one product beats several: each piece copies its slice of dY transposed.
constexpr std::int64_t kPieceRows = 1024;

at::Tensor call(const at::Tensor& x, const at::Tensor& weight, const std::optional<at::Tensor>& bias,
                Epilogue epilogue) {
  static const auto op =
      c10::Dispatcher::singleton().findSchemaOrThrow("mkldnn::_linear_pointwise", "").typed<LinearSignature>();
  const bool gelu = epilogue == Epilogue::Gelu;
  // The operator's algorithm "none" is the erf form of GELU.
  return op.call(x, weight, bias, gelu ? "gelu" : "none", OptionalScalars(), std::string_view(gelu ? "none" : ""));
}

bool hasBFloat16Instructions() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}

bool hasNativeType(at::ScalarType type) {
  static const bool bfloat16 = hasBFloat16Instructions();
  return type == at::kFloat || (type == at::kBFloat16 && bfloat16);
}

}  // namespace

bool supports(const at::Tensor& x, const at::Tensor& weight) {
  return x.device().is_cpu() && weight.device().is_cpu() && x.layout() == at::kStrided &&
         weight.layout() == at::kStrided && x.scalar_type() == weight.scalar_type() && hasNativeType(x.scalar_type()) &&
         x.dim() >= 2 && weight.dim() == 2 && x.numel() > 0 && weight.numel() > 0 &&
         weight.is_non_overlapping_and_dense() && at::globalContext().userEnabledMkldnn() && at::hasMKLDNN() &&
         !at::autocast::is_autocast_enabled(at::kCPU);
}

at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, Epilogue epilogue) {
  // The operator reads a bias by its pointer alone, whatever its stride.
  return call(x, weight, bias.defined() ? std::optional(bias.contiguous()) : std::nullopt, epilogue);
}

at::Tensor inputGradient(const at::Tensor& dy, const at::Tensor& weight) {
  return call(dy, weight.t(), std::nullopt, Epilogue::None);
}

at::Tensor weightGradient(const at::Tensor& dy, const at::Tensor& x) {
  const auto rows = x.size(0);
  if (rows < 2 * kPieceRows) return call(dy.t(), x.t(), std::nullopt, Epilogue::None);
  std::vector<at::Tensor> pieces((rows + kPieceRows - 1) / kPieceRows);
  device::parallelFor(0, static_cast<std::int64_t>(pieces.size()), 1, [&](std::int64_t begin, std::int64_t end) {
    const at::NoGradGuard noGrad;  // thread-local: the pool's threads do not inherit the caller's
    for (auto piece = begin; piece < end; ++piece) {
      const auto first = piece * kPieceRows;
      const auto last = std::min(first + kPieceRows, rows);
      pieces[piece] = call(dy.slice(0, first, last).t(), x.slice(0, first, last).t(), std::nullopt, Epilogue::None);
    }
  });
  auto sum = pieces.front();
  for (std::size_t piece = 1; piece < pieces.size(); ++piece) sum.add_(pieces[piece]);
  return sum;
}

at::Tensor pack(const at::Tensor& weight, std::int64_t rows) {
  static const auto op =
      c10::Dispatcher::singleton().findSchemaOrThrow("mkldnn::_reorder_linear_weight", "").typed<PackSignature>();
  return op.call(weight, rows);
}

}  // namespace slab::ops::onednn
