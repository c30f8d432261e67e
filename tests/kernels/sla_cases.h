#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "kernels/simplified_linear_attention.h"
#include "tests/kernels/buffers.h"

namespace slab::kernels::test {

/// One row of the table that the CPU and the CUDA implementation are both tested with.
struct SlaCase {
  std::int64_t batch, height, width, heads, headDim;
  std::int64_t kernel = 5;
  DType dtype = DType::F32;
  bool packed = true;        ///< q, k, v as slices of (B, N, 3C); else three tensors with gaps between tokens
  std::int64_t queries = 0;  ///< without a convolution: queries that differ from the height * width keys
  bool large = false;        ///< sampled in slow runs
};

inline std::string nameOf(const SlaCase& c) {
  return std::string(toString(c.dtype)) + "_b" + std::to_string(c.batch) + "_" + std::to_string(c.height) + "x" +
         std::to_string(c.width) + "_h" + std::to_string(c.heads) + "_d" + std::to_string(c.headDim) + "_k" +
         std::to_string(c.kernel) + (c.packed ? "_packed" : "_apart") +
         (c.queries > 0 ? "_q" + std::to_string(c.queries) : "");
}

inline void PrintTo(const SlaCase& c, std::ostream* out) {
  *out << nameOf(c);
}

inline SlaShape shapeOf(const SlaCase& c) {
  const std::int64_t keys = c.height * c.width;
  return {c.dtype, c.batch, c.queries > 0 ? c.queries : keys, keys, c.heads, c.headDim, c.height, c.width, c.kernel};
}

inline std::vector<SlaCase> slaCases() {
  std::vector<SlaCase> cases;
  // Head widths around the vector widths; maps smaller and larger than the filter and the tiles; both orders.
  for (const DType dtype : {DType::F32, DType::BF16, DType::F16}) {
    for (const std::int64_t headDim : {1, 5, 16, 31, 32, 64}) {
      cases.push_back({1, 7, 7, 2, headDim, 5, dtype});
      cases.push_back({2, 3, 4, 1, headDim, 5, dtype, false});
    }
    cases.push_back({2, 1, 1, 3, 8, 5, dtype});  // one token
    cases.push_back({1, 9, 31, 2, 32, 5, dtype});
  }
  for (const std::int64_t kernel : {0, 1, 3, 7, 9}) cases.push_back({2, 6, 10, 2, 20, kernel});
  cases.push_back({0, 7, 7, 2, 16});                                   // no image
  cases.push_back({1, 14, 14, 3, 64});                                 // SLAB-DeiT-T
  cases.push_back({3, 14, 14, 1, 24, 5, DType::F32, false});           // gaps between tokens
  cases.push_back({5, 7, 7, 3, 32});                                   // windows of two images and more
  cases.push_back({2, 7, 7, 8, 64});                                   // PVT stage 4: q k^T first
  cases.push_back({1, 5, 13, 2, 16, 0, DType::F32, false, 37});        // cross attention, kv first
  cases.push_back({2, 3, 3, 2, 48, 0, DType::BF16, false, 50});        // cross attention, q k^T first
  cases.push_back({1, 10, 8, 1, 72, 0, DType::F32, false, 3});         // few queries, many keys
  cases.push_back({1, 28, 28, 6, 32});                                 // SLAB-Swin-T stage 2
  cases.push_back({1, 28, 28, 2, 32, 5, DType::BF16});                 //
  cases.push_back({1, 56, 56, 3, 32, 5, DType::F32, true, 0, true});   // SLAB-Swin-T stage 1
  cases.push_back({2, 56, 56, 1, 64, 5, DType::BF16, true, 0, true});  // SLAB-PVT stage 1
  cases.push_back({1, 14, 14, 1, 256, 3, DType::F32, true, 0, true});
  return cases;
}

/// Inputs of a case, and outputs of one implementation.
struct SlaProblem {
  explicit SlaProblem(const SlaCase& c);

  [[nodiscard]] SlaForward forwardCall();
  [[nodiscard]] SlaBackward backwardCall();

  /// The array's tokens as seen by the kernels; `part` chooses q, k or v in a packed array.
  template <class T>
  [[nodiscard]] T tokens(Strided& array, std::int64_t part, std::int64_t count) const {
    auto* first = static_cast<unsigned char*>(array.data());
    if (first != nullptr) first += part * channels * sizeOf(with.dtype);
    return {first, count * array.stride(), array.stride()};
  }

  SlaCase with;
  SlaShape shape;
  std::int64_t channels;
  Strided q, k, v, packed, out, dOut, dq, dk, dv, dPacked;
  std::vector<float> position, weight, bias, state, dPosition, dWeight, dBias;
};

inline SlaProblem::SlaProblem(const SlaCase& c)
    : with(c),
      shape(shapeOf(c)),
      channels(c.heads * c.headDim),
      q(c.dtype, c.batch * shape.queries, channels, channels + 3),
      k(c.dtype, c.batch * shape.keys, channels, channels + 1),
      v(c.dtype, c.batch * shape.keys, channels, channels),
      packed(c.dtype, c.batch * shape.keys, 3 * channels, 3 * channels),
      out(c.dtype, c.batch * shape.queries, channels, channels + (c.packed ? 0 : 2)),
      dOut(c.dtype, c.batch * shape.queries, channels, channels + (c.packed ? 0 : 5)),
      dq(c.dtype, c.batch * shape.queries, channels, channels + 7),
      dk(c.dtype, c.batch * shape.keys, channels, channels + 1),
      dv(c.dtype, c.batch * shape.keys, channels, channels + 2),
      dPacked(c.dtype, c.batch * shape.keys, 3 * channels, 3 * channels) {
  std::mt19937 generator(static_cast<unsigned>(shape.keys * 1000 + channels));
  std::normal_distribution<double> normal;
  const auto random = [&](std::int64_t, std::int64_t) { return normal(generator); };
  for (Strided* array : {&q, &k, &v, &packed, &dOut}) array->fill(random);
  position = randomFloats(generator, shape.keys * channels, 0.0f, 0.5f);
  weight = randomFloats(generator, c.headDim * c.kernel * c.kernel, 0.0f, 0.2f);
  bias = randomFloats(generator, c.headDim, 0.0f, 0.2f);
  state.assign(static_cast<std::size_t>(slaStateFloats(shape)), NAN);
  dPosition.assign(position.size(), NAN);
  dWeight.assign(weight.size(), NAN);
  dBias.assign(bias.size(), NAN);
}

inline SlaForward SlaProblem::forwardCall() {
  SlaForward call;
  call.shape = shape;
  call.q = tokens<ConstTokens>(with.packed ? packed : q, 0, shape.queries);
  call.k = tokens<ConstTokens>(with.packed ? packed : k, with.packed ? 1 : 0, shape.keys);
  call.v = tokens<ConstTokens>(with.packed ? packed : v, with.packed ? 2 : 0, shape.keys);
  call.position = position.data();
  call.convWeight = weight.data();
  call.convBias = bias.data();
  call.out = tokens<Tokens>(out, 0, shape.queries);
  call.state = state.empty() ? nullptr : state.data();
  return call;
}

inline SlaBackward SlaProblem::backwardCall() {
  const SlaForward forward = forwardCall();
  SlaBackward call;
  call.shape = shape;
  call.q = forward.q;
  call.k = forward.k;
  call.v = forward.v;
  call.position = forward.position;
  call.convWeight = forward.convWeight;
  call.state = forward.state;
  call.dOut = tokens<ConstTokens>(dOut, 0, shape.queries);
  call.dq = tokens<Tokens>(with.packed ? dPacked : dq, 0, shape.queries);
  call.dk = tokens<Tokens>(with.packed ? dPacked : dk, with.packed ? 1 : 0, shape.keys);
  call.dv = tokens<Tokens>(with.packed ? dPacked : dv, with.packed ? 2 : 0, shape.keys);
  call.dPosition = dPosition.data();
  call.dConvWeight = dWeight.data();
  call.dConvBias = dBias.data();
  return call;
}

}  // namespace slab::kernels::test
