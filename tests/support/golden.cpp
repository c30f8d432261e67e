#include "support/golden.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <stdexcept>

namespace slab::golden {
namespace {

std::string pathOf(const std::string& file) {
  return std::string(SLAB_TEST_DATA) + "/golden/" + file;
}

Row split(const std::string& line, char separator) {
  Row fields;
  std::istringstream stream(line);
  for (std::string field; std::getline(stream, field, separator);) fields.push_back(field);
  return fields;
}

std::vector<double> numbers(const std::string& text) {
  std::vector<double> values;
  std::istringstream stream(text);
  for (double value = 0; stream >> value;) values.push_back(value);
  return values;
}

std::vector<std::int64_t> shapeFrom(const std::string& text) {
  std::vector<std::int64_t> shape;
  if (text == "scalar") return shape;
  for (const auto& field : split(text, 'x')) shape.push_back(std::stoll(field));
  return shape;
}

// u in [0, 1)
double uniform(std::uint32_t seed, std::uint32_t element) {
  std::uint32_t h = 2654435761U * element + 40503U * seed + 12345U;
  h ^= h >> 16;
  h *= 0x45D9F3BU;
  h ^= h >> 16;
  return static_cast<double>(h) / 4294967296.0;
}

at::Tensor generate(at::IntArrayRef shape, std::uint32_t seed, const std::function<double(double)>& value) {
  at::Tensor tensor = at::empty(shape, at::kFloat);
  auto* data = tensor.mutable_data_ptr<float>();
  for (std::int64_t e = 0; e < tensor.numel(); ++e) {
    data[e] = static_cast<float>(value(uniform(seed, static_cast<std::uint32_t>(e))));
  }
  return tensor;
}

bool isKept(const std::string& last) {
  static const std::vector<std::string> kept{"relative_position_index",
                                             "attn_mask",
                                             "num_batches_tracked",
                                             "warm",
                                             "iter",
                                             "total_step",
                                             "num_step",
                                             "inv_freq"};
  return std::find(kept.begin(), kept.end(), last) != kept.end();
}

at::Tensor filled(const Key& key, const std::string& last, std::uint32_t line) {
  static const std::vector<std::string> embeddings{"positional_encoding", "cls_token", "relative_position_bias_table",
                                                   "scale"};
  const auto make = [&](double offset, double onU) {
    return generate(key.shape, line, [=](double u) { return offset + onU * u; });
  };
  const auto symmetric = [&](double reach) {
    return generate(key.shape, line, [=](double u) { return reach * (2.0 * u - 1.0); });
  };
  if (last == "running_var") return make(0.5, 1.0);
  if (last == "running_mean") return symmetric(0.2);
  if (last == "alpha") return make(0.3, 0.2);
  if (last.starts_with("pos_embed") || std::find(embeddings.begin(), embeddings.end(), last) != embeddings.end()) {
    return symmetric(0.2);
  }
  if (key.shape.size() == 1) return last == "weight" ? make(0.5, 0.5) : symmetric(0.1);
  double fanIn = 1.0;
  for (std::size_t d = 1; d < key.shape.size(); ++d) fanIn *= static_cast<double>(key.shape[d]);
  const double root = std::sqrt(3.0 / fanIn);
  return generate(key.shape, line, [=](double u) { return 0.5 * (2.0 * u - 1.0) * root; });
}

void appendLogits(const std::string& file, std::vector<Logits>& rows) {
  const auto table = readTable(file);
  for (std::size_t i = 1; i < table.size(); ++i) {
    const Row& row = table[i];
    rows.push_back({row.at(0), std::stod(row.at(1)), std::stod(row.at(2)), std::stoll(row.at(5)), numbers(row.at(6))});
  }
}

}  // namespace

bool hasTable(const std::string& file) {
  return std::filesystem::exists(pathOf(file));
}

std::vector<Row> readTable(const std::string& file) {
  std::ifstream stream(pathOf(file));
  if (!stream) throw std::runtime_error("cannot read " + pathOf(file));
  std::vector<Row> rows;
  for (std::string line; std::getline(stream, line);) rows.push_back(split(line, '\t'));
  return rows;
}

std::vector<Key> stateDictKeys(const std::string& model) {
  std::vector<Key> keys;
  for (const auto& row : readTable("state-dict/" + model + ".tsv")) {
    keys.push_back({row.at(0), shapeFrom(row.at(1)), row.at(2)});
  }
  return keys;
}

torch::OrderedDict<std::string, at::Tensor> weights(const std::string& model) {
  torch::OrderedDict<std::string, at::Tensor> values;
  const auto keys = stateDictKeys(model);
  for (std::size_t line = 0; line < keys.size(); ++line) {
    const std::string& name = keys[line].name;
    const std::string last = name.substr(name.rfind('.') + 1);
    if (!isKept(last)) values.insert(name, filled(keys[line], last, static_cast<std::uint32_t>(line)));
  }
  return values;
}

at::Tensor image(std::uint32_t seed, std::int64_t channels, std::int64_t size) {
  return image(seed, channels, size, size);
}

at::Tensor image(std::uint32_t seed, std::int64_t channels, std::int64_t height, std::int64_t width) {
  return generate({1, channels, height, width}, seed, [](double u) { return 2.0 * u - 1.0; });
}

std::vector<Logits> logitsRows() {
  std::vector<Logits> rows;
  appendLogits("logits.tsv", rows);
  appendLogits("logits_baselines.tsv", rows);
  return rows;
}

std::vector<Logits> detectionRows() {
  std::vector<Logits> rows;
  const auto table = readTable("det_backbones.tsv");
  for (std::size_t i = 1; i < table.size(); ++i) {
    const Row& row = table[i];
    rows.push_back({row.at(0), std::stod(row.at(3)), std::stod(row.at(4)), -1, numbers(row.at(5))});
  }
  return rows;
}

double logitsError(const at::Tensor& logits, const Logits& expected) {
  const at::Tensor values = logits.flatten().to(at::kDouble).contiguous();
  const double l2 = values.norm().item<double>();
  double error = std::abs(l2 - expected.l2) / expected.l2;
  for (std::size_t i = 0; i < expected.first.size(); ++i) {
    const auto value = values[static_cast<std::int64_t>(i)].item<double>();
    error = std::max(error, std::abs(value - expected.first[i]) / expected.l2);
  }
  const double sumScale = expected.l2 * std::sqrt(static_cast<double>(values.numel()));
  error = std::max(error, std::abs(values.sum().item<double>() - expected.sum) / sumScale);
  return std::isfinite(error) ? error : HUGE_VAL;
}

std::map<std::string, at::Tensor> unit(const std::string& group) {
  std::map<std::string, at::Tensor> tensors;
  for (const auto& row : readTable("units.tsv")) {
    if (row.at(0) != group) continue;
    at::Tensor& tensor = tensors[row.at(1)];
    if (row.at(2) == "-") continue;
    const auto values = numbers(row.at(3));
    tensor = at::tensor(values, at::kDouble).reshape(shapeFrom(row.at(2))).to(at::kFloat);
  }
  return tensors;
}

bool unitAgrees(const at::Tensor& actual, const at::Tensor& expected) {
  if (!expected.defined() || !actual.defined()) return expected.defined() == actual.defined();
  if (actual.sizes() != expected.sizes()) return false;
  const at::Tensor a = actual.detach().to(at::kDouble), b = expected.to(at::kDouble);
  const double reach = b.abs().max().item<double>();
  return (a - b).abs().max().item<double>() <= 2e-5 * reach + 1e-7;
}

}  // namespace slab::golden
