#include "core/train/norm_reading.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <span>

namespace slab::train {
namespace {

/// Over all tokens, a channel each. `variance` is the biased one, with which BatchNorm normalises in training.
struct ChannelMoments {
  std::vector<double> mean, variance;
};

ChannelMoments momentsOf(const NormSample& sample, std::size_t channels) {
  const std::size_t count = sample.tokens.size() / channels;
  ChannelMoments moments{std::vector<double>(channels), std::vector<double>(channels)};
  for (std::size_t i = 0; i < sample.tokens.size(); i += channels) {
    for (std::size_t c = 0; c < channels; ++c) moments.mean[c] += sample.tokens[i + c];
  }
  for (double& mean : moments.mean) mean /= static_cast<double>(count);
  for (std::size_t i = 0; i < sample.tokens.size(); i += channels) {
    for (std::size_t c = 0; c < channels; ++c) {
      const double off = sample.tokens[i + c] - moments.mean[c];
      moments.variance[c] += off * off;
    }
  }
  for (double& variance : moments.variance) variance /= static_cast<double>(count);
  return moments;
}

// Squares are added up a channel each, so that the compiler may use vectors; their sum is all that is wanted.
double lengthOf(const std::vector<double>& squares) {
  return std::sqrt(std::accumulate(squares.begin(), squares.end(), 0.0));
}

/// The sum of f over the values, in partial sums that do not wait for each other.
template <typename F>
double sumOf(std::span<const double> values, F f) {
  std::array<double, 8> partial{};
  std::size_t i = 0;
  for (; i + partial.size() <= values.size(); i += partial.size()) {
    for (std::size_t lane = 0; lane < partial.size(); ++lane) partial[lane] += f(values[i + lane]);
  }
  for (; i < values.size(); ++i) partial[0] += f(values[i]);
  return std::accumulate(partial.begin(), partial.end(), 0.0);
}

/// ||LN(x)|| over all tokens.
double layerNormLength(const NormSample& sample) {
  const std::size_t channels = sample.layerNormWeight.size();
  std::vector<double> squares(channels);
  for (std::size_t i = 0; i < sample.tokens.size(); i += channels) {
    const std::span token(sample.tokens.data() + i, channels);
    const double mean = sumOf(token, [](double x) { return x; }) / static_cast<double>(channels);
    const double variance =
        sumOf(token, [mean](double x) { return (x - mean) * (x - mean); }) / static_cast<double>(channels);
    const double scale = 1.0 / std::sqrt(variance + sample.layerNormEps);
    for (std::size_t c = 0; c < channels; ++c) {
      const double y = (token[c] - mean) * scale * sample.layerNormWeight[c] + sample.layerNormBias[c];
      squares[c] += y * y;
    }
  }
  return lengthOf(squares);
}

/// ||RepBN(x)|| over all tokens, normalised with the batch's own statistics as in training.
double repBnLength(const NormSample& sample, const ChannelMoments& batch) {
  const std::size_t channels = sample.gamma.size();
  std::vector<double> scale(channels), shift(channels), squares(channels);
  for (std::size_t c = 0; c < channels; ++c) {
    const double gain = sample.gamma[c] / std::sqrt(batch.variance[c] + sample.batchNormEps);
    scale[c] = gain + sample.alpha;
    shift[c] = sample.beta[c] - gain * batch.mean[c];
  }
  for (std::size_t i = 0; i < sample.tokens.size(); i += channels) {
    for (std::size_t c = 0; c < channels; ++c) {
      const double y = scale[c] * sample.tokens[i + c] + shift[c];
      squares[c] += y * y;
    }
  }
  return lengthOf(squares);
}

double shareOfRepBn(const NormSample& sample, const ChannelMoments& batch) {
  if (sample.layerNormWeight.empty()) return 1;
  if (sample.isWarmup) return 0;
  const double layerNorm = sample.lambda * layerNormLength(sample);
  const double repBn = (1 - sample.lambda) * repBnLength(sample, batch);
  return layerNorm + repBn == 0 ? 1 - sample.lambda : repBn / (layerNorm + repBn);
}

// The running variance is an average of unbiased ones, so the batch's is taken unbiased as well.
double distanceOf(const NormSample& sample, const ChannelMoments& batch) {
  const auto channels = static_cast<double>(sample.gamma.size());
  const double count = static_cast<double>(sample.tokens.size()) / channels;
  double sum = 0;
  for (std::size_t c = 0; c < sample.gamma.size(); ++c) {
    const double b = batch.variance[c] * count / (count - 1) + sample.batchNormEps;
    const double r = sample.runningVar[c] + sample.batchNormEps;
    const double off = batch.mean[c] - sample.runningMean[c];
    sum += (b / r + r / b - 2 + off * off * (1 / b + 1 / r)) / 4;
  }
  return sum / channels;
}

}  // namespace

NormReading readNorm(const NormSample& sample) {
  const ChannelMoments batch = momentsOf(sample, sample.gamma.size());
  const auto& variances = sample.runningVar;
  NormReading reading;
  reading.repBnShare = shareOfRepBn(sample, batch);
  reading.alpha = sample.alpha;
  reading.runningVarMean =
      std::accumulate(variances.begin(), variances.end(), 0.0) / static_cast<double>(variances.size());
  reading.runningVarMin = *std::min_element(variances.begin(), variances.end());
  reading.runningVarMax = *std::max_element(variances.begin(), variances.end());
  if (!sample.isWarmup) reading.distance = distanceOf(sample, batch);
  return reading;
}

}  // namespace slab::train
