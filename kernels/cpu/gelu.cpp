#include "kernels/gelu.h"

#include <cmath>
#include <numbers>

#include "kernels/cpu/gelu_loops.h"
#include "kernels/cpu/isa.h"
#include "kernels/cpu/reference/elements.h"

namespace slab::kernels {
namespace {

/// Elements that are worth handing to another thread; a multiple of every vector's width.
constexpr std::int64_t kGrain = 16384;

const GeluLoops& loopsFor(DType dtype) {
  const auto index = static_cast<std::size_t>(dtype);
  switch (activeIsa()) {
#ifdef SLAB_KERNELS_X86
    case Isa::Avx512: return kGeluLoopsAvx512[index];
    case Isa::Avx2: return kGeluLoopsAvx2[index];
#endif
    default: return kGeluLoopsGeneric[index];
  }
}

template <class... Pointer>
Status checkArrays(std::int64_t count, const Pointer*... arrays) {
  const bool sound = count == 0 || (count > 0 && (... && (arrays != nullptr)));
  return sound ? Status::Ok : Status::BadArgument;
}

double integralOf(double x) {
  return 0.5 * std::erfc(-x / std::numbers::sqrt2);
}

}  // namespace

Status geluForward(const GeluForward& call, const ParallelFor& parallelFor) {
  if (const Status status = checkArrays(call.count, call.x, call.y); status != Status::Ok) return status;
  const GeluLoops& loops = loopsFor(call.dtype);
  parallelFor(0, call.count, kGrain, [&](std::int64_t begin, std::int64_t end) { loops.forward(call, begin, end); });
  return Status::Ok;
}

Status geluBackward(const GeluBackward& call, const ParallelFor& parallelFor) {
  if (const Status status = checkArrays(call.count, call.x, call.dy, call.dx); status != Status::Ok) return status;
  const GeluLoops& loops = loopsFor(call.dtype);
  parallelFor(0, call.count, kGrain, [&](std::int64_t begin, std::int64_t end) { loops.backward(call, begin, end); });
  return Status::Ok;
}

namespace reference {

Status geluForward(const GeluForward& call) {
  if (const Status status = checkArrays(call.count, call.x, call.y); status != Status::Ok) return status;
  for (std::int64_t i = 0; i < call.count; ++i) {
    const double x = get(call.dtype, call.x, i);
    put(call.dtype, call.y, i, x * integralOf(x));
  }
  return Status::Ok;
}

Status geluBackward(const GeluBackward& call) {
  if (const Status status = checkArrays(call.count, call.x, call.dy, call.dx); status != Status::Ok) return status;
  const double factor = std::sqrt(0.5 * std::numbers::inv_pi);
  for (std::int64_t i = 0; i < call.count; ++i) {
    const double x = get(call.dtype, call.x, i), slope = integralOf(x) + x * factor * std::exp(-0.5 * x * x);
    put(call.dtype, call.dx, i, get(call.dtype, call.dy, i) * slope);
  }
  return Status::Ok;
}

}  // namespace reference
}  // namespace slab::kernels
