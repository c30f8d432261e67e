// Reads the golden numbers of tests/data/golden and fills tensors by their rule (see the README there).
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/ordered_dict.h>

#include <cstdint>
#include <map>
#include <ostream>
#include <string>
#include <vector>

namespace slab::golden {

using Row = std::vector<std::string>;

/// All lines of a file below tests/data/golden, split at tabs; throws where it cannot be read.
std::vector<Row> readTable(const std::string& file);
bool hasTable(const std::string& file);

struct Key {
  std::string name;
  std::vector<std::int64_t> shape;
  std::string dtype;
};

/// The state dict of a model, in order.
std::vector<Key> stateDictKeys(const std::string& model);

/// Every filled tensor of a model; counters, indices and masks are left out.
torch::OrderedDict<std::string, at::Tensor> weights(const std::string& model);

/// 1 x channels x size x size, element e = 2 hash(seed, e) / 2^32 - 1.
at::Tensor image(std::uint32_t seed, std::int64_t channels, std::int64_t size);
at::Tensor image(std::uint32_t seed, std::int64_t channels, std::int64_t height, std::int64_t width);
inline constexpr std::uint32_t kLogitsImage = 999983;

/// Expected logits of one row of logits.tsv, logits_baselines.tsv or an `eval` row of a trajectory.
struct Logits {
  std::string model;
  double sum = 0.0;
  double l2 = 0.0;
  std::int64_t argmax = -1;  // -1 where the row has none
  std::vector<double> first;
};

/// Names a row in a test's messages.
inline void PrintTo(const Logits& logits, std::ostream* out) {
  *out << logits.model;
}

std::vector<Logits> logitsRows();
/// The four maps of each detection backbone, finest first; for image(kLogitsImage, 3, 256, 320).
std::vector<Logits> detectionRows();
/// Disagreement relative to l2: the largest of l2, the first eight and sum / sqrt(n).
double logitsError(const at::Tensor& logits, const Logits& expected);

/// The named tensors of one group of units.tsv; undefined where the file says there is none.
std::map<std::string, at::Tensor> unit(const std::string& group);
/// max |a - b| <= 2e-5 max |b| + 1e-7, or both undefined.
bool unitAgrees(const at::Tensor& actual, const at::Tensor& expected);

}  // namespace slab::golden
