#include "core/ops/synchronized_norm.h"

#include <ATen/ATen.h>
#include <ATen/OpMathType.h>
#include <torch/csrc/autograd/custom_function.h>

#include <atomic>

#include "core/base/error.h"

namespace slab::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Of the whole program: the backward of a GPU runs on a thread of LibTorch's.
std::atomic<RankGather*> currentRanks{nullptr};

at::Tensor gather(const at::Tensor& values) {
  RankGather* ranks = currentRanks.load();
  if (ranks == nullptr) {
    throw Error(ErrorKind::Internal, "synchronised statistics outside their scope; report this with the configuration");
  }
  return ranks->gather(values);
}

/// Of all tokens of all processes: their number (a scalar), mean (C) and sum of squared deviations (C), float64.
struct Moments {
  at::Tensor count, mean, squares;
};

// Means and deviations are exchanged rather than sums of squares, which cancel where the mean is large against the
// deviation: the pairwise rule of Chan, Golub and LeVeque (1979), for all processes at once.
Moments momentsOfAll(const at::Tensor& rows) {
  const auto [variance, mean] = at::var_mean(rows, at::IntArrayRef{0}, /*correction=*/0);
  const at::Tensor own =
      at::stack({at::full_like(mean, rows.size(0), at::kDouble), mean.to(at::kDouble), variance.to(at::kDouble)});
  const at::Tensor all = gather(own);
  const at::Tensor counts = all.select(1, 0), means = all.select(1, 1), variances = all.select(1, 2);
  const at::Tensor total = counts.sum(0);
  const at::Tensor common = (counts * means).sum(0) / total;
  return {total, common, (counts * (variances + (means - common).square())).sum(0)};
}

void updateRunning(const Moments& moments, const at::Tensor& runningMean, const at::Tensor& runningVar,
                   double momentum) {
  const auto type = runningMean.scalar_type();
  runningMean.mul_(1.0 - momentum).add_(moments.mean.to(type), momentum);
  runningVar.mul_(1.0 - momentum).add_((moments.squares / (moments.count - 1)).to(type), momentum);
}

/// BatchNorm of x (rows, C) with the statistics of all processes.
class SynchronizedBatchNorm : public torch::autograd::Function<SynchronizedBatchNorm> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const at::Tensor& bias, const at::Tensor& runningMean, const at::Tensor& runningVar,
                            double momentum, double eps) {
    const Moments moments = momentsOfAll(x);
    updateRunning(moments, runningMean, runningVar, momentum);
    const at::Tensor mean = moments.mean.to(x.scalar_type());
    const at::Tensor rstd = (moments.squares / moments.count + eps).rsqrt().to(x.scalar_type());
    context->save_for_backward({x, weight, mean, rstd, moments.count});
    return at::addcmul(bias, (x - mean) * rstd, weight);
  }

  // With n tokens in all and g = dy: dx = weight rstd (g - sum(g) / n - x^ sum(g x^) / n), sums over all processes.
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1], &mean = saved[2], &rstd = saved[3], &count = saved[4];
    const at::Tensor& dy = gradients[0];
    const at::Tensor normalised = (x - mean) * rstd;
    const at::Tensor own = at::stack({dy.sum(0, false, at::kDouble), (dy * normalised).sum(0, false, at::kDouble)});
    const at::Tensor means = (gather(own).sum(0) / count).to(x.scalar_type());
    const at::Tensor dx = (dy - means[0] - normalised * means[1]) * (weight * rstd);
    return {dx, own[1].to(weight.scalar_type()), own[0].to(weight.scalar_type()), {}, {}, {}, {}};
  }
};

}  // namespace

SynchronizedStatistics::SynchronizedStatistics(RankGather& ranks) {
  currentRanks = &ranks;
}

SynchronizedStatistics::~SynchronizedStatistics() {
  currentRanks = nullptr;
}

bool areStatisticsSynchronized() {
  return currentRanks.load() != nullptr;
}

at::Tensor synchronizedRepBn(const at::Tensor& x, const at::Tensor& bnWeight, const at::Tensor& bnBias,
                             const at::Tensor& alpha, const at::Tensor& runningMean, const at::Tensor& runningVar,
                             double momentum, double eps) {
  const at::Tensor rows = x.reshape({-1, x.size(-1)}).to(at::toOpMathType(x.scalar_type()));
  const at::Tensor normalised =
      SynchronizedBatchNorm::apply(rows, bnWeight, bnBias, runningMean, runningVar, momentum, eps);
  return (normalised + alpha * rows).reshape(x.sizes()).to(x.scalar_type());
}

}  // namespace slab::ops
