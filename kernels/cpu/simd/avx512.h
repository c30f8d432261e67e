#pragma once

#include <immintrin.h>

#include "kernels/common/dtype.h"
#include "kernels/cpu/simd/lanes.h"

namespace slab::kernels::simd {

/// Sixteen lanes: AVX-512 F, BW, DQ, VL. Include only from files compiled for these.
struct Avx512 {
  static constexpr int width = 16;
  using F = __m512;

  static F zero() { return _mm512_setzero_ps(); }
  static F broadcast(float value) { return _mm512_set1_ps(value); }

  static F load(const float* from, Whole) { return _mm512_loadu_ps(from); }
  static F load(const float* from, Part part) { return _mm512_maskz_loadu_ps(mask(part), from); }
  static F load(const BFloat16* from, Whole) { return widen(_mm256_loadu_epi16(from), BFloat16{}); }
  static F load(const BFloat16* from, Part part) {
    return widen(_mm256_maskz_loadu_epi16(mask(part), from), BFloat16{});
  }
  static F load(const Half* from, Whole) { return widen(_mm256_loadu_epi16(from), Half{}); }
  static F load(const Half* from, Part part) { return widen(_mm256_maskz_loadu_epi16(mask(part), from), Half{}); }

  static void store(float* to, F value, Whole) { _mm512_storeu_ps(to, value); }
  static void store(float* to, F value, Part part) { _mm512_mask_storeu_ps(to, mask(part), value); }
  template <class T>
  static void store(T* to, F value, Whole) {
    _mm256_storeu_epi16(to, narrow(value, T{}));
  }
  template <class T>
  static void store(T* to, F value, Part part) {
    _mm256_mask_storeu_epi16(to, mask(part), narrow(value, T{}));
  }
  static void addTo(double* to, F value, Whole) {
    _mm512_storeu_pd(to, _mm512_add_pd(_mm512_loadu_pd(to), _mm512_cvtps_pd(_mm512_castps512_ps256(value))));
    _mm512_storeu_pd(to + 8, _mm512_add_pd(_mm512_loadu_pd(to + 8), _mm512_cvtps_pd(_mm512_extractf32x8_ps(value, 1))));
  }
  static void addTo(double* to, F value, Part part) {
    for (int i = 0; i < part.count; ++i) to[i] += static_cast<double>(value[i]);
  }

  static F fma(F a, F b, F c) { return _mm512_fmadd_ps(a, b, c); }
  static F fnma(F a, F b, F c) { return _mm512_fnmadd_ps(a, b, c); }
  static F relu(F value) { return _mm512_max_ps(zero(), value); }
  static F max(F a, F b) { return _mm512_max_ps(a, b); }
  static F min(F a, F b) { return _mm512_min_ps(a, b); }
  static F wherePositive(F sign, F value) {
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(sign, zero(), _CMP_GT_OQ), value);
  }
  static F keep(F value, Whole) { return value; }
  static F keep(F value, Part part) { return _mm512_maskz_mov_ps(mask(part), value); }
  static F scaleByLowBits(F value, F power) {
    const __m512i exponent = _mm512_slli_epi32(_mm512_castps_si512(power), 23);
    return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(value), exponent));
  }
  static float sum(F value) {
    const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(value), _mm512_extractf32x8_ps(value, 1));
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
  }
  static float reciprocalSqrt(float value) { return 1.0f / __builtin_sqrtf(value); }

 private:
  static __mmask16 mask(Part part) { return static_cast<__mmask16>((1u << part.count) - 1u); }
  static F widen(__m256i value, BFloat16) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(value), 16));
  }
  static F widen(__m256i value, Half) { return _mm512_cvtph_ps(value); }
  static __m256i narrow(F value, Half) { return _mm512_cvtps_ph(value, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
  static __m256i narrow(F value, BFloat16) {
    const __m512i raw = _mm512_castps_si512(value);
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(raw, 16), _mm512_set1_epi32(1));
    const __m512i rounded = _mm512_add_epi32(raw, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
    const __mmask16 isNan = _mm512_cmp_ps_mask(value, value, _CMP_UNORD_Q);
    const __m512i safe = _mm512_mask_or_epi32(rounded, isNan, raw, _mm512_set1_epi32(0x400000));
    return _mm512_cvtepi32_epi16(_mm512_srli_epi32(safe, 16));
  }
};

}  // namespace slab::kernels::simd
