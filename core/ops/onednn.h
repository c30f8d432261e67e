// The oneDNN matrix products that LibTorch registers as operators (mkldnn::_linear_pointwise and
// mkldnn::_reorder_linear_weight), without gradients. All matrices are (rows, columns) on the CPU.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace slab::ops::onednn {

enum class Epilogue { None, Gelu };

/// True for dense CPU tensors of one type that oneDNN multiplies natively here: float32, and bfloat16 where
/// the processor has it. Empty products and autocast regions are left to ATen.
[[nodiscard]] bool supports(const at::Tensor& x, const at::Tensor& weight);

/// epilogue(x W^T + bias): x (..., in), weight (out, in) plain or packed, bias (out) or undefined.
at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, Epilogue epilogue);

/// dY W: dY (rows, out), weight (out, in) -> (rows, in).
at::Tensor inputGradient(const at::Tensor& dy, const at::Tensor& weight);

/// dY^T X: dY (rows, out), x (rows, in) -> (out, in). Many rows are cut into pieces that run side by side and
/// are added in order: the result depends on the sizes alone, not on the threads.
at::Tensor weightGradient(const at::Tensor& dy, const at::Tensor& x);

/// The weight in the layout oneDNN likes best for about `rows` tokens; opaque, only for `linear`.
at::Tensor pack(const at::Tensor& weight, std::int64_t rows);

}  // namespace slab::ops::onednn
