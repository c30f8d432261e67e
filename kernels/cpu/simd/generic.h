#pragma once

#include "kernels/common/dtype.h"
#include "kernels/cpu/simd/lanes.h"

namespace slab::kernels::simd {

/// Four lanes in GCC's vector extension: what every processor of the architecture has.
struct Generic {
  static constexpr int width = 4;
  using F = float __attribute__((vector_size(16)));

  static F zero() { return F{}; }
  static F broadcast(float value) { return F{value, value, value, value}; }

  template <class T>
  static F load(const T* from, Whole) {
    return F{toFloat(from[0]), toFloat(from[1]), toFloat(from[2]), toFloat(from[3])};
  }
  template <class T>
  static F load(const T* from, Part part) {
    F value{};
    for (int i = 0; i < part.count; ++i) value[i] = toFloat(from[i]);
    return value;
  }
  template <class T>
  static void store(T* to, F value, Whole) {
    for (int i = 0; i < width; ++i) to[i] = fromFloat<T>(value[i]);
  }
  template <class T>
  static void store(T* to, F value, Part part) {
    for (int i = 0; i < part.count; ++i) to[i] = fromFloat<T>(value[i]);
  }
  /// to[i] += value[i]
  static void addTo(double* to, F value, Whole) {
    for (int i = 0; i < width; ++i) to[i] += static_cast<double>(value[i]);
  }
  static void addTo(double* to, F value, Part part) {
    for (int i = 0; i < part.count; ++i) to[i] += static_cast<double>(value[i]);
  }

  static F fma(F a, F b, F c) { return a * b + c; }
  /// c - a b
  static F fnma(F a, F b, F c) { return c - a * b; }
  /// max(value, 0); NaN stays NaN
  static F relu(F value) { return value < zero() ? zero() : value; }
  /// Of numbers: which of the two a NaN gives is not said.
  static F max(F a, F b) { return a > b ? a : b; }
  static F min(F a, F b) { return a < b ? a : b; }
  /// value where sign > 0, else 0
  static F wherePositive(F sign, F value) { return sign > zero() ? value : zero(); }
  /// value in the lanes of the part, 0 elsewhere
  static F keep(F value, Whole) { return value; }
  static F keep(F value, Part part) {
    for (int i = part.count; i < width; ++i) value[i] = 0.0f;
    return value;
  }
  /// value 2^n, with n the low bits of `power`'s pattern; n in [-126, 127]
  static F scaleByLowBits(F value, F power) {
    using Bits = int __attribute__((vector_size(16)));
    return (F)((Bits)value + ((Bits)power << 23));
  }
  static float sum(F value) { return (value[0] + value[1]) + (value[2] + value[3]); }
  static float reciprocalSqrt(float value) { return 1.0f / __builtin_sqrtf(value); }
};

}  // namespace slab::kernels::simd
