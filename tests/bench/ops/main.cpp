// bench_ops [--threads N] [--seconds S] [--filter TEXT]: the operators on our kernels and oneDNN against the
// ATen composites that eager PyTorch runs, in the same process and at the same thread count. A regression
// figure: it says how the two backends of this program compare, not how we compare with another program.
#include <torch/torch.h>

#include <cstdio>
#include <string>

#include "core/device/device.h"
#include "core/ops/attention.h"
#include "core/ops/linear.h"
#include "core/ops/norm.h"
#include "core/ops/options.h"
#include "core/ops/simplified_linear_attention.h"
#include "tests/bench/paired_timing.h"
#include "tests/bench/timing_settings.h"

namespace {

using slab::ops::Backend;
using slab::ops::LinearBackend;
using slab::ops::Options;

const Options kOurs{Backend::Auto, LinearBackend::Auto};
const Options kRival{Backend::Reference, LinearBackend::Torch};

class Bench {
 public:
  explicit Bench(slab::bench::TimingSettings settings) : settings_(std::move(settings)) {}

  /// Times `work` under both backends and prints one line.
  void compare(const std::string& name, const std::function<void()>& work) const {
    if (name.find(settings_.filter) == std::string::npos) return;
    const auto under = [&](Options options) {
      return [&work, options] {
        slab::ops::setOptions(options);
        work();
      };
    };
    const auto timing = slab::bench::timePaired(under(kOurs), under(kRival), settings_.seconds);
    std::printf("%-46s %10.3f %10.3f %8.2f  [%.2f, %.2f]  %d\n", name.c_str(), timing.oursMs, timing.rivalMs,
                timing.ratio, timing.low, timing.high, timing.turns);
    std::fflush(stdout);
  }

 private:
  slab::bench::TimingSettings settings_;
};

torch::Tensor leaf(const torch::Tensor& value) {
  return value.clone().set_requires_grad(true);
}

std::string shapeName(std::initializer_list<std::int64_t> sizes) {
  std::string text;
  for (const auto size : sizes) text += (text.empty() ? "" : "x") + std::to_string(size);
  return text;
}

void benchNorms(const Bench& bench, std::int64_t batch, std::int64_t tokens, std::int64_t channels) {
  const auto x = leaf(torch::randn({batch, tokens, channels}));
  const auto dy = torch::randn({batch, tokens, channels});
  std::vector<torch::Tensor> p;
  for (int i = 0; i < 4; ++i) p.push_back(leaf(torch::rand({channels})));
  p.push_back(leaf(torch::ones({1})));
  const auto mean = torch::zeros({channels}), var = torch::ones({channels});
  const auto shape = shapeName({batch, tokens, channels});
  const auto train = [&](double lambda) {
    return slab::ops::prepBnTrain(x, p[0], p[1], 1e-5, p[2], p[3], p[4], mean, var, 0.1, 1e-5, lambda);
  };
  const auto clear = [&] {
    x.mutable_grad().reset();
    for (auto& parameter : p) parameter.mutable_grad().reset();
  };
  bench.compare("prep_bn train fwd+bwd " + shape, [&] {
    clear();
    train(0.5).backward(dy);
  });
  bench.compare("prep_bn train fwd " + shape, [&] {
    const torch::NoGradGuard noGrad;
    train(0.5);
  });
  bench.compare("rep_bn eval " + shape, [&] {
    const torch::NoGradGuard noGrad;
    slab::ops::repBnEval(x, p[2], p[3], p[4], mean, var, 1e-5);
  });
}

void benchAttention(const Bench& bench, std::int64_t batch, std::int64_t side, std::int64_t channels,
                    std::int64_t heads) {
  const auto tokens = side * side, width = channels / heads;
  const auto qkv = leaf(torch::randn({batch, tokens, 3 * channels}));
  const auto position = leaf(torch::randn({1, tokens, channels}));
  const auto weight = leaf(torch::randn({width, 1, 5, 5})), bias = leaf(torch::randn({width}));
  const auto dy = torch::randn({batch, tokens, channels});
  const auto attend = [&] {
    return slab::ops::simplifiedLinearAttention(qkv, position, weight, bias, {heads, side, side});
  };
  const auto shape = shapeName({batch, tokens, channels}) + " h" + std::to_string(heads);
  bench.compare("sla fwd " + shape, [&] {
    const torch::NoGradGuard noGrad;
    attend();
  });
  bench.compare("sla fwd+bwd " + shape, [&] {
    for (const auto& tensor : {qkv, position, weight, bias}) tensor.mutable_grad().reset();
    attend().backward(dy);
  });
}

void benchLinear(const Bench& bench, std::int64_t tokens, std::int64_t in, std::int64_t out) {
  const auto x = leaf(torch::randn({tokens, in})), weight = leaf(torch::randn({out, in}));
  const auto bias = leaf(torch::randn({out}));
  const auto dy = torch::randn({tokens, out});
  const auto shape = shapeName({tokens, in, out});
  bench.compare("linear fwd " + shape, [&] {
    const torch::NoGradGuard noGrad;
    slab::ops::linear(x, weight, bias);
  });
  bench.compare("linear+gelu fwd " + shape, [&] {
    const torch::NoGradGuard noGrad;
    slab::ops::linearGelu(x, weight, bias);
  });
  bench.compare("linear fwd+bwd " + shape, [&] {
    for (const auto& tensor : {x, weight, bias}) tensor.mutable_grad().reset();
    slab::ops::linear(x, weight, bias).backward(dy);
  });
}

/// Swin's window attention: `windows` windows of 49 tokens, a bias that needs a gradient.
void benchWindowAttention(const Bench& bench, std::int64_t windows, std::int64_t heads, std::int64_t tokens) {
  const auto make = [&] { return leaf(torch::randn({windows, tokens, 3, heads, 32})); };
  const auto qkv = make();
  const auto bias = leaf(torch::randn({1, heads, tokens, tokens}));
  const auto dy = torch::randn({windows, heads, tokens, 32});
  const auto attend = [&] {
    const auto parts = qkv.permute({2, 0, 3, 1, 4});
    return slab::ops::softmaxAttention(parts[0], parts[1], parts[2], bias, 0.1767767);
  };
  const auto shape = shapeName({windows, heads, tokens, 32});
  bench.compare("softmax attention fwd " + shape, [&] {
    const torch::NoGradGuard noGrad;
    attend();
  });
  bench.compare("softmax attention fwd+bwd " + shape, [&] {
    qkv.mutable_grad().reset();
    bias.mutable_grad().reset();
    attend().backward(dy);
  });
}

void printChoices() {
  std::printf("\nops.linear=auto chose (rows rounded up to a power of two):\n");
  for (const auto& choice : slab::ops::linearChoices()) {
    std::printf("  %-16s %6ld x %4ld x %4ld %s: %s\n", slab::ops::toString(choice.pass).c_str(),
                static_cast<long>(choice.rows), static_cast<long>(choice.in), static_cast<long>(choice.out),
                choice.type.c_str(), choice.oneDnn ? "onednn" : "torch");
  }
}

}  // namespace

int main(int argc, char** argv) {
  slab::bench::TimingSettings settings{.seconds = 0.6};
  if (!parse(argc, argv, settings)) {
    std::fprintf(stderr, "usage: bench_ops [--threads N] [--seconds S] [--filter TEXT]\n");
    return 2;
  }
  slab::device::setThreads(settings.threads);
  slab::device::seedAll(0);
  std::printf("%s\n", slab::device::describe(slab::device::machineCard()).c_str());
  std::printf("rival: ops.backend=reference ops.linear=torch, the ATen composites of eager PyTorch, in turns\n\n");
  std::printf("%-46s %10s %10s %8s  95 %% interval, turns\n", "operator", "ours ms", "rival ms", "ratio");
  const Bench bench(settings);
  benchNorms(bench, 8, 3136, 96);
  benchNorms(bench, 8, 784, 192);
  benchNorms(bench, 8, 196, 384);
  benchNorms(bench, 8, 49, 768);
  for (const std::int64_t batch : {1, 8}) {
    benchAttention(bench, batch, 56, 96, 3);
    benchAttention(bench, batch, 28, 192, 6);
  }
  benchLinear(bench, 3136, 96, 288);
  benchLinear(bench, 784, 192, 576);
  benchLinear(bench, 196, 384, 1152);
  benchLinear(bench, 49, 768, 2304);
  benchLinear(bench, 25088, 96, 288);
  benchLinear(bench, 25088, 384, 96);
  benchLinear(bench, 6272, 192, 768);
  benchWindowAttention(bench, 8 * 4, 12, 49);
  benchWindowAttention(bench, 8, 24, 49);
  benchWindowAttention(bench, 1, 3, 196);
  printChoices();
  return 0;
}
