#include "core/config/cost_tree.h"

namespace slab::detail {
namespace {

constexpr std::int64_t kDepthwiseArea = 5 * 5;

}  // namespace

std::string text(std::int64_t value) {
  return std::to_string(value);
}

std::string mapShape(std::int64_t grid, std::int64_t width) {
  return text(grid) + "x" + text(grid) + "x" + text(width);
}

std::string linearName(char attention) {
  return attention == 'F' ? "focused linear" : "SLA";
}

std::int64_t linearAttentionMacs(std::int64_t tokens, std::int64_t keys, std::int64_t width, std::int64_t heads) {
  const std::int64_t d = width / heads;
  // i j (c + d) > c d (i + j) with c = d the head's width.
  const bool kvFirst = 2 * tokens * keys > d * (tokens + keys);
  const std::int64_t products = kvFirst ? (tokens + keys) * width * d : 2 * tokens * keys * width;
  return products + tokens * width + tokens * width * kDepthwiseArea;
}

std::int64_t linearAttentionParameters(std::int64_t keys, std::int64_t width, std::int64_t heads) {
  const std::int64_t d = width / heads;
  return keys * width + d * kDepthwiseArea + d;
}

void CostTree::norm(const std::string& path, std::int64_t width, const std::string& output, int depth,
                    const std::string& into) {
  ModuleCost row{path, "", output, depth, 0, 0, 0};
  switch (model_.norm) {
    case NormKind::LayerNorm: layerNorm(path, width, output, depth); return;
    case NormKind::RepBn:
      row.parameters = 2 * width + 1;
      row.what = "RepBN -> " + into;
      break;
    case NormKind::PrepBn:
      row.parameters = 4 * width + 1;
      row.what = "PRepBN -> " + into;
      break;
  }
  rows.push_back(row);
}

void CostTree::layerNorm(const std::string& path, std::int64_t width, const std::string& output, int depth) {
  rows.push_back({path, "LayerNorm", output, depth, 2 * width, 2 * width, 0});
}

void CostTree::linear(const std::string& path, std::int64_t tokens, std::int64_t in, std::int64_t out, bool bias,
                      const std::string& output, int depth, const std::string& what, bool foldCreatesBias) {
  ModuleCost row{path, what, output, depth, in * out + (bias ? out : 0), 0, tokens * in * out};
  row.foldedParameters = row.parameters + (!bias && foldCreatesBias && model_.norm != NormKind::LayerNorm ? out : 0);
  rows.push_back(row);
}

void CostTree::mlp(const std::string& path, std::int64_t tokens, std::int64_t width, double ratio,
                   const std::string& output, int depth) {
  const auto hidden = static_cast<std::int64_t>(static_cast<double>(width) * ratio);
  const std::int64_t parameters = 2 * width * hidden + hidden + width;
  rows.push_back({path, text(hidden) + ", GELU", output, depth, parameters, parameters, 2 * tokens * width * hidden});
}

void CostTree::sumAbove(std::size_t first, std::string path, std::string what, std::string output, int depth) {
  ModuleCost sum{std::move(path), std::move(what), std::move(output), depth, 0, 0, 0};
  for (std::size_t i = first; i < rows.size(); ++i) {
    if (rows[i].depth != depth + 1) continue;
    sum.parameters += rows[i].parameters;
    sum.foldedParameters += rows[i].foldedParameters;
    sum.macs += rows[i].macs;
  }
  rows.insert(rows.begin() + static_cast<std::ptrdiff_t>(first), std::move(sum));
}

}  // namespace slab::detail
