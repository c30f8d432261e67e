#include "core/models/detection/sampling.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

#include "core/base/rng.h"
#include "core/models/detection/boxes.h"

namespace slab {
namespace {

// The first `count` of a Fisher-Yates shuffle, in ascending order.
at::Tensor draw(std::vector<std::int64_t> numbers, std::int64_t count, Random& random, const at::Device& device) {
  const auto wanted = static_cast<std::size_t>(std::max<std::int64_t>(count, 0));
  if (wanted < numbers.size()) {
    for (std::size_t i = 0; i < wanted; ++i) std::swap(numbers[i], numbers[i + random.below(numbers.size() - i)]);
    numbers.resize(wanted);
    std::sort(numbers.begin(), numbers.end());
  }
  return at::tensor(numbers, at::kLong).to(device);
}

}  // namespace

at::Tensor matchBoxes(const at::Tensor& boxes, const at::Tensor& truth, const SamplingConfig& config) {
  const auto numbers = boxes.options().dtype(at::kLong);
  if (truth.size(0) == 0) return at::full({boxes.size(0)}, kNegative, numbers);
  if (boxes.size(0) == 0) return at::empty({0}, numbers);
  const auto overlap = boxes::overlaps(truth, boxes);  // (G, N)
  const auto [most, whose] = overlap.max(0);
  auto match = at::full({boxes.size(0)}, kNeither, numbers);
  match.masked_fill_(most < config.negativeOverlap, kNegative);
  match = at::where(most >= config.positiveOverlap, whose, match);
  const auto best = overlap.amax(1, /*keepdim=*/true);
  const auto isBest = (overlap == best).logical_and_(best >= config.bestOverlap);
  const auto number = at::arange(truth.size(0), numbers).unsqueeze(1);
  const auto last = at::where(isBest, number, at::full({}, kNegative, numbers)).amax(0);
  return at::where(last >= 0, last, match);
}

BoxSample sampleBoxes(const at::Tensor& match, const SamplingConfig& config, std::uint64_t key) {
  const auto host = match.to(at::kCPU).contiguous();
  std::vector<std::int64_t> positive, negative;
  for (std::int64_t i = 0; i < host.numel(); ++i) {
    const auto value = host.const_data_ptr<std::int64_t>()[i];
    if (value >= 0) positive.push_back(i);
    if (value == kNegative) negative.push_back(i);
  }
  const auto most = static_cast<std::int64_t>(static_cast<double>(config.samples) * config.positiveShare);
  Random random(key);
  const auto drawn = draw(std::move(positive), most, random, match.device());
  return {drawn, draw(std::move(negative), config.samples - drawn.size(0), random, match.device())};
}

}  // namespace slab
