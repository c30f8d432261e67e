#include "kernels/simplified_linear_attention.h"

#include <algorithm>
#include <vector>

#include "kernels/common/checks.h"
#include "kernels/cpu/reference/elements.h"

namespace slab::kernels::reference {
namespace {

constexpr double kEpsilon = 1e-6;

/// One image's head, read into plain double matrices.
struct Head {
  const SlaShape& shape;
  std::int64_t batch, head;

  [[nodiscard]] std::int64_t channel(std::int64_t c) const { return head * shape.headDim + c; }

  template <class T>
  [[nodiscard]] std::int64_t offset(const T& tokens, std::int64_t token, std::int64_t c) const {
    return batch * tokens.batchStride + token * tokens.tokenStride + channel(c);
  }

  [[nodiscard]] double read(const ConstTokens& tokens, std::int64_t token, std::int64_t c) const {
    return get(shape.dtype, tokens.data, offset(tokens, token, c));
  }

  void write(const Tokens& tokens, std::int64_t token, std::int64_t c, double value) const {
    put(shape.dtype, tokens.data, offset(tokens, token, c), value);
  }
};

/// A row-major matrix of doubles.
struct Matrix {
  Matrix(std::int64_t rows, std::int64_t columns)
      : columns(columns), values(static_cast<std::size_t>(rows * columns), 0.0) {}
  double& operator()(std::int64_t row, std::int64_t column) {
    return values[static_cast<std::size_t>(row * columns + column)];
  }
  double operator()(std::int64_t row, std::int64_t column) const {
    return values[static_cast<std::size_t>(row * columns + column)];
  }
  std::int64_t columns;
  std::vector<double> values;
};

/// ReLU(q), ReLU(k + P) and v of one head, with kv = k'^T v and the sum of k'. A NaN passes through the ReLU.
struct Operands {
  Operands(const auto& call, const Head& at)
      : q(at.shape.queries, at.shape.headDim),
        k(at.shape.keys, at.shape.headDim),
        v(at.shape.keys, at.shape.headDim),
        kv(at.shape.headDim, at.shape.headDim),
        kSum(1, at.shape.headDim) {
    const std::int64_t channels = at.shape.heads * at.shape.headDim;
    for (std::int64_t c = 0; c < at.shape.headDim; ++c) {
      for (std::int64_t i = 0; i < at.shape.queries; ++i) {
        const double value = at.read(call.q, i, c);
        q(i, c) = value < 0.0 ? 0.0 : value;
      }
      for (std::int64_t j = 0; j < at.shape.keys; ++j) {
        const double value = at.read(call.k, j, c) + call.position[j * channels + at.channel(c)];
        k(j, c) = value < 0.0 ? 0.0 : value;
        v(j, c) = at.read(call.v, j, c);
        kSum(0, c) += k(j, c);
      }
    }
    for (std::int64_t j = 0; j < at.shape.keys; ++j) {
      for (std::int64_t c = 0; c < at.shape.headDim; ++c) {
        for (std::int64_t e = 0; e < at.shape.headDim; ++e) kv(c, e) += k(j, c) * v(j, e);
      }
    }
  }

  [[nodiscard]] double normalizer(std::int64_t i) const {
    double sum = kEpsilon;
    for (std::int64_t c = 0; c < q.columns; ++c) sum += q(i, c) * kSum(0, c);
    return 1.0 / sum;
  }

  Matrix q, k, v, kv, kSum;
};

/// Calls visit(source token, filter tap) for every tap of the output token that lies inside the map.
template <class Visit>
void forEachTap(const SlaShape& shape, std::int64_t token, Visit visit) {
  const std::int64_t reach = shape.kernel / 2;
  const std::int64_t y = token / shape.width, x = token % shape.width;
  for (std::int64_t ky = 0; ky < shape.kernel; ++ky) {
    for (std::int64_t kx = 0; kx < shape.kernel; ++kx) {
      const std::int64_t sourceY = y + ky - reach, sourceX = x + kx - reach;
      if (sourceY < 0 || sourceY >= shape.height || sourceX < 0 || sourceX >= shape.width) continue;
      visit(sourceY * shape.width + sourceX, ky * shape.kernel + kx);
    }
  }
}

void forwardHead(const SlaForward& call, const Head& at) {
  const SlaShape& shape = call.shape;
  const Operands operands(call, at);
  const std::int64_t taps = shape.kernel * shape.kernel;
  for (std::int64_t i = 0; i < shape.queries; ++i) {
    const double z = operands.normalizer(i);
    for (std::int64_t e = 0; e < shape.headDim; ++e) {
      double sum = 0.0;
      for (std::int64_t c = 0; c < shape.headDim; ++c) sum += operands.q(i, c) * operands.kv(c, e);
      double value = z * sum;
      if (shape.kernel > 0) {
        value += call.convBias[e];
        forEachTap(shape, i, [&](std::int64_t source, std::int64_t tap) {
          value += call.convWeight[e * taps + tap] * operands.v(source, e);
        });
      }
      at.write(call.out, i, e, value);
    }
  }
}

/// Gradients of the attention part: o = z q' kv with z = 1/(q'.kSum + eps).
void attentionBackward(const SlaBackward& call, const Head& at, const Operands& operands, Matrix& dv,
                       std::vector<double>& dPosition) {
  const SlaShape& shape = call.shape;
  const std::int64_t d = shape.headDim;
  Matrix dKv(d, d), dKSum(1, d);
  for (std::int64_t i = 0; i < shape.queries; ++i) {
    const double z = operands.normalizer(i);
    std::vector<double> projected(static_cast<std::size_t>(d), 0.0);  // kv dOut_i
    double along = 0.0;
    for (std::int64_t c = 0; c < d; ++c) {
      for (std::int64_t e = 0; e < d; ++e) {
        projected[static_cast<std::size_t>(c)] += operands.kv(c, e) * at.read(call.dOut, i, e);
        dKv(c, e) += z * operands.q(i, c) * at.read(call.dOut, i, e);
      }
      along += operands.q(i, c) * projected[static_cast<std::size_t>(c)];
    }
    const double dDenominator = -z * z * along;
    for (std::int64_t c = 0; c < d; ++c) {
      const double dq = z * projected[static_cast<std::size_t>(c)] + dDenominator * operands.kSum(0, c);
      at.write(call.dq, i, c, at.read(call.q, i, c) > 0.0 ? dq : 0.0);
      dKSum(0, c) += dDenominator * operands.q(i, c);
    }
  }
  for (std::int64_t j = 0; j < shape.keys; ++j) {
    for (std::int64_t c = 0; c < d; ++c) {
      double dk = dKSum(0, c);
      for (std::int64_t e = 0; e < d; ++e) {
        dk += dKv(c, e) * operands.v(j, e);
        dv(j, e) += operands.k(j, c) * dKv(c, e);
      }
      if (!(operands.k(j, c) > 0.0)) dk = 0.0;
      at.write(call.dk, j, c, dk);
      dPosition[static_cast<std::size_t>(j * shape.heads * d + at.channel(c))] += dk;
    }
  }
}

void convolutionBackward(const SlaBackward& call, const Head& at, const Operands& operands, Matrix& dv,
                         std::vector<double>& dWeight, std::vector<double>& dBias) {
  const SlaShape& shape = call.shape;
  const std::int64_t taps = shape.kernel * shape.kernel;
  for (std::int64_t i = 0; i < shape.queries; ++i) {
    for (std::int64_t c = 0; c < shape.headDim; ++c) {
      const double gradient = at.read(call.dOut, i, c);
      dBias[static_cast<std::size_t>(c)] += gradient;
      forEachTap(shape, i, [&](std::int64_t source, std::int64_t tap) {
        dv(source, c) += call.convWeight[c * taps + tap] * gradient;
        dWeight[static_cast<std::size_t>(c * taps + tap)] += operands.v(source, c) * gradient;
      });
    }
  }
}

void writeIf(float* target, const std::vector<double>& values) {
  if (target == nullptr) return;
  std::transform(values.begin(), values.end(), target, [](double value) { return static_cast<float>(value); });
}

}  // namespace

Status slaForward(const SlaForward& call) {
  if (const Status status = check(call); status != Status::Ok) return status;
  for (std::int64_t b = 0; b < call.shape.batch; ++b) {
    for (std::int64_t h = 0; h < call.shape.heads; ++h) forwardHead(call, {call.shape, b, h});
  }
  return Status::Ok;
}

Status slaBackward(const SlaBackward& call) {
  if (const Status status = check(call); status != Status::Ok) return status;
  const SlaShape& shape = call.shape;
  const auto sized = [](std::int64_t count) { return std::vector<double>(static_cast<std::size_t>(count), 0.0); };
  auto dPosition = sized(shape.keys * shape.heads * shape.headDim);
  auto dWeight = sized(shape.headDim * shape.kernel * shape.kernel);
  auto dBias = sized(shape.headDim);
  for (std::int64_t b = 0; b < shape.batch; ++b) {
    for (std::int64_t h = 0; h < shape.heads; ++h) {
      const Head at{shape, b, h};
      const Operands operands(call, at);
      Matrix dv(shape.keys, shape.headDim);
      attentionBackward(call, at, operands, dv, dPosition);
      if (shape.kernel > 0) convolutionBackward(call, at, operands, dv, dWeight, dBias);
      for (std::int64_t j = 0; j < shape.keys; ++j) {
        for (std::int64_t c = 0; c < shape.headDim; ++c) at.write(call.dv, j, c, dv(j, c));
      }
    }
  }
  writeIf(call.dPosition, dPosition);
  if (shape.kernel > 0) writeIf(call.dConvWeight, dWeight);
  if (shape.kernel > 0) writeIf(call.dConvBias, dBias);
  return Status::Ok;
}

}  // namespace slab::kernels::reference
