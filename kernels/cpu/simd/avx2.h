#pragma once

#include <immintrin.h>

#include "kernels/common/dtype.h"
#include "kernels/cpu/simd/lanes.h"

namespace slab::kernels::simd {

/// Eight lanes: AVX2, FMA, F16C. Include only from files compiled for these.
struct Avx2 {
  static constexpr int width = 8;
  using F = __m256;

  static F zero() { return _mm256_setzero_ps(); }
  static F broadcast(float value) { return _mm256_set1_ps(value); }

  static F load(const float* from, Whole) { return _mm256_loadu_ps(from); }
  static F load(const float* from, Part part) { return _mm256_maskload_ps(from, mask(part)); }
  static F load(const BFloat16* from, Whole) { return widen(bits(from), BFloat16{}); }
  static F load(const Half* from, Whole) { return widen(bits(from), Half{}); }
  template <class T>
  static F load(const T* from, Part part) {
    alignas(16) T copy[width] = {};
    for (int i = 0; i < part.count; ++i) copy[i] = from[i];
    return load(copy, Whole{});
  }

  static void store(float* to, F value, Whole) { _mm256_storeu_ps(to, value); }
  static void store(float* to, F value, Part part) { _mm256_maskstore_ps(to, mask(part), value); }
  static void store(BFloat16* to, F value, Whole) { setBits(to, narrow(value, BFloat16{})); }
  static void store(Half* to, F value, Whole) { setBits(to, narrow(value, Half{})); }
  template <class T>
  static void store(T* to, F value, Part part) {
    alignas(16) T copy[width];
    store(copy, value, Whole{});
    for (int i = 0; i < part.count; ++i) to[i] = copy[i];
  }
  static void addTo(double* to, F value, Whole) {
    _mm256_storeu_pd(to, _mm256_add_pd(_mm256_loadu_pd(to), _mm256_cvtps_pd(_mm256_castps256_ps128(value))));
    _mm256_storeu_pd(to + 4, _mm256_add_pd(_mm256_loadu_pd(to + 4), _mm256_cvtps_pd(_mm256_extractf128_ps(value, 1))));
  }
  static void addTo(double* to, F value, Part part) {
    for (int i = 0; i < part.count; ++i) to[i] += static_cast<double>(value[i]);
  }

  static F fma(F a, F b, F c) { return _mm256_fmadd_ps(a, b, c); }
  static F fnma(F a, F b, F c) { return _mm256_fnmadd_ps(a, b, c); }
  static F relu(F value) { return _mm256_max_ps(zero(), value); }
  static F max(F a, F b) { return _mm256_max_ps(a, b); }
  static F min(F a, F b) { return _mm256_min_ps(a, b); }
  static F wherePositive(F sign, F value) { return _mm256_and_ps(_mm256_cmp_ps(sign, zero(), _CMP_GT_OQ), value); }
  static F keep(F value, Whole) { return value; }
  static F keep(F value, Part part) { return _mm256_and_ps(value, _mm256_castsi256_ps(mask(part))); }
  static F scaleByLowBits(F value, F power) {
    const __m256i exponent = _mm256_slli_epi32(_mm256_castps_si256(power), 23);
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(value), exponent));
  }
  static float sum(F value) {
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(value), _mm256_extractf128_ps(value, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
  }
  static float reciprocalSqrt(float value) { return 1.0f / __builtin_sqrtf(value); }

 private:
  static __m256i mask(Part part) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(part.count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
  template <class T>
  static __m128i bits(const T* from) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  }
  template <class T>
  static void setBits(T* to, __m128i value) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), value);
  }
  static F widen(__m128i value, BFloat16) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(value), 16));
  }
  static F widen(__m128i value, Half) { return _mm256_cvtph_ps(value); }
  static __m128i narrow(F value, Half) { return _mm256_cvtps_ph(value, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
  static __m128i narrow(F value, BFloat16) {
    const __m256i raw = _mm256_castps_si256(value);
    const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(raw, 16), _mm256_set1_epi32(1));
    const __m256i rounded = _mm256_add_epi32(raw, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff)));
    const __m256i quiet = _mm256_or_si256(raw, _mm256_set1_epi32(0x400000));
    const __m256i isNan = _mm256_castps_si256(_mm256_cmp_ps(value, value, _CMP_UNORD_Q));
    const __m256i upper = _mm256_srli_epi32(_mm256_blendv_epi8(rounded, quiet, isNan), 16);
    return _mm_packus_epi32(_mm256_castsi256_si128(upper), _mm256_extracti128_si256(upper, 1));
  }
};

}  // namespace slab::kernels::simd
