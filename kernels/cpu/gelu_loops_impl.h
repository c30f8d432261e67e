#pragma once

#include "kernels/cpu/gelu_loops.h"
#include "kernels/cpu/simd/lanes.h"
#include "kernels/cpu/simd/normal.h"

/// Bodies of GeluLoops as templates over the vector type V and the storage type T.
namespace slab::kernels::gelu_loops {

template <class V, class T>
void forward(const GeluForward& call, std::int64_t begin, std::int64_t end) {
  const T* x = static_cast<const T*>(call.x) + begin;
  T* y = static_cast<T*>(call.y) + begin;
  simd::forEachVector<V>(end - begin, [&](std::int64_t i, auto lanes) {
    const auto value = V::load(x + i, lanes);
    typename V::F density;
    V::store(y + i, value * simd::normalIntegral<V>(value, density), lanes);
  });
}

template <class V, class T>
void backward(const GeluBackward& call, std::int64_t begin, std::int64_t end) {
  const T* x = static_cast<const T*>(call.x) + begin;
  const T* dy = static_cast<const T*>(call.dy) + begin;
  T* dx = static_cast<T*>(call.dx) + begin;
  simd::forEachVector<V>(end - begin, [&](std::int64_t i, auto lanes) {
    const auto value = V::load(x + i, lanes);
    typename V::F density;
    const auto integral = simd::normalIntegral<V>(value, density);
    V::store(dx + i, V::load(dy + i, lanes) * V::fma(value, density, integral), lanes);
  });
}

template <class V, class T>
constexpr GeluLoops kTable = {forward<V, T>, backward<V, T>};

}  // namespace slab::kernels::gelu_loops
