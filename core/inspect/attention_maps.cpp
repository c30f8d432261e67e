#include "core/inspect/attention_maps.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"

namespace slab::inspect {
namespace {

constexpr double kLinearEpsilon = 1e-6;  // of the normaliser, as in the module

// (N, C) of one window -> (heads, N, d) in float64.
at::Tensor byHead(const at::Tensor& tokens, std::int64_t heads) {
  return tokens.to(at::kDouble).reshape({tokens.size(0), heads, -1}).permute({1, 0, 2}).contiguous();
}

struct WindowGeometry {
  std::int64_t height, width, windowHeight, windowWidth, shift, prefix, reduction, keyHeight, keyWidth;

  explicit WindowGeometry(const nn::AttentionPlace& place)
      : height(place.height),
        width(place.width),
        windowHeight(place.windowHeight()),
        windowWidth(place.windowWidth()),
        shift(place.shift),
        prefix(place.prefixTokens),
        reduction(place.reduction),
        keyHeight(place.keyHeight()),
        keyWidth(place.keyWidth()) {
    TORCH_CHECK(reduction == 1 || (windows() == 1 && prefix == 0), "reduced keys in windows or beside class tokens");
  }

  [[nodiscard]] std::int64_t windowsPerRow() const { return width / windowWidth; }
  [[nodiscard]] std::int64_t windows() const { return (height / windowHeight) * windowsPerRow(); }

  // Grid position of a window's token: the map was shifted up and left before it was cut.
  [[nodiscard]] std::int64_t gridIndex(std::int64_t window, std::int64_t token) const {
    const std::int64_t row = (window / windowsPerRow()) * windowHeight + token / windowWidth;
    const std::int64_t column = (window % windowsPerRow()) * windowWidth + token % windowWidth;
    return (row + shift) % height * width + (column + shift) % width;
  }

  struct Position {
    std::int64_t window, token;
  };
  [[nodiscard]] Position positionOf(std::int64_t gridPosition) const {
    const std::int64_t row = (gridPosition / width - shift + height) % height;
    const std::int64_t column = (gridPosition % width - shift + width) % width;
    return {row / windowHeight * windowsPerRow() + column / windowWidth,
            row % windowHeight * windowWidth + column % windowWidth};
  }

  // Grid positions of all tokens of a window, int64 (N without the prefix).
  [[nodiscard]] at::Tensor gridIndices(std::int64_t window) const {
    std::vector<std::int64_t> indices;
    for (std::int64_t token = 0; token < windowHeight * windowWidth; ++token)
      indices.push_back(gridIndex(window, token));
    return at::tensor(indices, at::kLong);
  }
};

at::Tensor softmaxRows(const nn::AttentionRecord& record, std::int64_t window, const at::Tensor& q, const at::Tensor& k,
                       const at::Tensor& queries) {
  at::Tensor logits = at::matmul(q, k.transpose(1, 2)) * record.scale;
  if (record.bias.defined()) {
    at::Tensor bias = record.bias.to(at::kDouble);
    if (bias.dim() == 4) bias = bias.select(0, window % bias.size(0));
    logits = logits + bias.index_select(1, queries);
  }
  return at::softmax(logits, -1);
}

double entropyOf(const at::Tensor& row, double sum) {
  if (sum <= 0.0) return 0.0;
  const at::Tensor p = row / sum;
  return -at::xlogy(p, p).sum().item<double>();
}

// The filter that each channel of v goes through, (C, k, k): those that the heads share, those of its own (CSWin's
// LePE, smaller and so padded), or both added up. Undefined where the attention has no depthwise term.
at::Tensor localFilters(const nn::AttentionRecord& record) {
  at::Tensor filters;
  if (record.dwcWeight.defined()) filters = record.dwcWeight.to(at::kDouble).squeeze(1).repeat({record.heads, 1, 1});
  if (!record.lepeWeight.defined()) return filters;
  const at::Tensor own = record.lepeWeight.to(at::kDouble).squeeze(1);
  if (!filters.defined()) return own;
  const std::int64_t pad = (filters.size(2) - own.size(2)) / 2;
  return filters + at::constant_pad_nd(own, {pad, pad, pad, pad});
}

// (C); call where localFilters() is defined.
at::Tensor localBias(const nn::AttentionRecord& record) {
  at::Tensor bias = at::zeros({record.v.size(2)}, at::kDouble);
  if (record.dwcBias.defined()) bias += record.dwcBias.to(at::kDouble).repeat({record.heads});
  if (record.lepeBias.defined()) bias += record.lepeBias.to(at::kDouble);
  return bias;
}

// Filters (n, k, k) -> their weights at each token's offset from the query token, (n, tokens of a window).
at::Tensor depthwiseRows(const at::Tensor& filters, const WindowGeometry& geometry, std::int64_t token) {
  const auto weights = filters.accessor<double, 3>();
  const std::int64_t reach = filters.size(1) / 2;
  const std::int64_t row = token / geometry.windowWidth, column = token % geometry.windowWidth;
  at::Tensor map = at::zeros({filters.size(0), geometry.windowHeight * geometry.windowWidth}, at::kDouble);
  auto values = map.accessor<double, 2>();
  for (std::int64_t dy = -reach; dy <= reach; ++dy) {
    for (std::int64_t dx = -reach; dx <= reach; ++dx) {
      const std::int64_t y = row + dy, x = column + dx;
      if (y < 0 || x < 0 || y >= geometry.windowHeight || x >= geometry.windowWidth) continue;
      for (std::int64_t n = 0; n < filters.size(0); ++n) {
        values[n][y * geometry.windowWidth + x] = weights[n][dy + reach][dx + reach];
      }
    }
  }
  return map;
}

// (heads, M): the sum of the rows of `queries` of one window.
at::Tensor summedRows(const nn::AttentionRecord& record, std::int64_t window, const at::Tensor& queries) {
  constexpr std::int64_t kRowsAtOnce = 256;
  at::Tensor total = at::zeros({record.heads, record.k.size(1)}, at::kDouble);
  for (std::int64_t i = 0; i < queries.size(0); i += kRowsAtOnce) {
    total += attentionRows(record, window, queries.slice(0, i, std::min(i + kRowsAtOnce, queries.size(0)))).sum(1);
  }
  return total;
}

// Weights of keys (heads, M) on the grid (heads, N): a key that stands for several tokens spreads its weight evenly
// over them, so that the sum stays.
at::Tensor overTokens(const at::Tensor& keys, const WindowGeometry& geometry) {
  if (geometry.reduction == 1) return keys;
  const std::int64_t r = geometry.reduction, rows = geometry.keyHeight, columns = geometry.keyWidth;
  const at::Tensor spread = (keys / static_cast<double>(r * r))
                                .reshape({-1, rows, 1, columns, 1})
                                .expand({-1, rows, r, columns, r})
                                .reshape({-1, rows * r, columns * r});
  return at::constant_pad_nd(spread, {0, geometry.width - columns * r, 0, geometry.height - rows * r}).flatten(1);
}

class GridAccumulator {
 public:
  GridAccumulator(const nn::AttentionRecord& record, const WindowGeometry& geometry)
      : record_(record),
        geometry_(geometry),
        attention_(at::zeros({record.heads, geometry.reduction > 1 ? geometry.keyHeight * geometry.keyWidth
                                                                   : geometry.height * geometry.width},
                             at::kDouble)),
        leading_(at::zeros({record.heads}, at::kDouble)) {
    if (const at::Tensor filters = localFilters(record); filters.defined()) {
      headFilters_ = filters.unflatten(0, {record.heads, -1}).mean(1).contiguous();
      depthwise_ = at::zeros({record.heads, geometry.height * geometry.width}, at::kDouble);
    }
  }

  // rows (heads, M) of a window, already weighted.
  void add(std::int64_t window, const at::Tensor& rows) {
    if (geometry_.reduction > 1) {
      attention_ += rows;
      return;
    }
    attention_.index_add_(1, geometry_.gridIndices(window), rows.slice(1, geometry_.prefix));
    if (geometry_.prefix > 0) leading_ += rows.slice(1, 0, geometry_.prefix).sum(1);
  }

  void addDepthwise(std::int64_t window, std::int64_t token, double weight) {
    if (!depthwise_.defined()) return;
    depthwise_.index_add_(1, geometry_.gridIndices(window), depthwiseRows(headFilters_, geometry_, token) * weight);
  }

  [[nodiscard]] GridMap result() const {
    const std::vector<std::int64_t> shape{record_.heads, geometry_.height, geometry_.width};
    GridMap map;
    for (std::int64_t head = 0; head < record_.heads; ++head) {
      const double leading = leading_[head].item<double>();
      const double sum = attention_[head].sum().item<double>() + leading;
      map.leading.push_back(leading);
      map.rowSums.push_back(sum);
      const double cls = leading > 0.0 && sum > 0.0 ? -(leading / sum) * std::log(leading / sum) : 0.0;
      map.entropies.push_back(entropyOf(attention_[head], sum) + cls);
    }
    map.attention = overTokens(attention_, geometry_).to(at::kFloat).reshape(shape).contiguous();
    if (depthwise_.defined()) map.depthwise = depthwise_.to(at::kFloat).reshape(shape).contiguous();
    return map;
  }

 private:
  const nn::AttentionRecord& record_;
  const WindowGeometry& geometry_;
  at::Tensor attention_, headFilters_, depthwise_, leading_;
};

}  // namespace

void AttentionCapture::record(const nn::AttentionRecord& record) {
  const auto copy = [](const at::Tensor& tensor) {
    return tensor.defined() ? tensor.detach().to(at::kCPU).clone() : tensor;
  };
  nn::AttentionRecord kept = record;
  for (at::Tensor* tensor : {&kept.q, &kept.k, &kept.v, &kept.output, &kept.bias, &kept.dwcWeight, &kept.dwcBias,
                             &kept.lepeWeight, &kept.lepeBias, &kept.stretchedV}) {
    *tensor = copy(*tensor);
  }
  records_.push_back(std::move(kept));
}

namespace {

// Calls `forward` with a probe in the model, in evaluation mode.
template <typename Model, typename Forward>
std::vector<nn::AttentionRecord> recordsOf(Model& model, const std::string& layer, const Forward& forward) {
  struct ProbeScope {
    Model& model;
    bool wasTraining;
    ~ProbeScope() {
      model.setProbe(nullptr);
      model.train(wasTraining);
    }
  };
  at::NoGradGuard noGradient;
  AttentionCapture capture(layer);
  ProbeScope scope{model, model.is_training()};
  model.eval();
  model.setProbe(&capture);
  forward();
  if (capture.records().empty()) {
    throw Error(ErrorKind::Config, "the model has no attention layer named '" + layer + "'");
  }
  return capture.records();
}

}  // namespace

std::vector<nn::AttentionRecord> captureAttention(Backbone& model, const at::Tensor& images, const std::string& layer,
                                                  at::Tensor* logits) {
  return recordsOf(model, layer, [&] {
    const at::Tensor result = model.forward(images);
    if (logits != nullptr) *logits = result;
  });
}

std::vector<nn::AttentionRecord> captureAttention(PyramidBackbone& model, const at::Tensor& images,
                                                  const std::string& layer) {
  return recordsOf(model, layer, [&] { model.forward(images); });
}

at::Tensor attentionRows(const nn::AttentionRecord& record, std::int64_t window, const at::Tensor& queries) {
  const at::Tensor q = byHead(record.q.select(0, window).index_select(0, queries), record.heads);
  const at::Tensor k = byHead(record.k.select(0, window), record.heads);
  if (record.kind == nn::AttentionKind::Softmax) return softmaxRows(record, window, q, k, queries);
  const bool focused = record.kind == nn::AttentionKind::FocusedLinear;
  const at::Tensor kernelQ = focused ? q : at::relu(q), kernelK = focused ? k : at::relu(k);
  // Focused attention adds epsilon to the mean over the keys, simplified attention to the sum.
  const double epsilon = focused ? kLinearEpsilon * static_cast<double>(k.size(1)) : kLinearEpsilon;
  const at::Tensor normaliser = at::matmul(kernelQ, kernelK.sum(1).unsqueeze(-1)) + epsilon;
  return at::matmul(kernelQ, kernelK.transpose(1, 2)) / normaliser;
}

at::Tensor depthwiseMatrix(const nn::AttentionRecord& record, std::int64_t channel) {
  const WindowGeometry geometry(record.place);
  const at::Tensor filter = localFilters(record).slice(0, channel, channel + 1).contiguous();
  std::vector<at::Tensor> rows;
  for (std::int64_t token = 0; token < geometry.windowHeight * geometry.windowWidth; ++token) {
    rows.push_back(depthwiseRows(filter, geometry, token).squeeze(0));
  }
  return at::stack(rows);
}

double reconstructionError(const nn::AttentionRecord& record, std::int64_t window) {
  const std::int64_t tokens = record.q.size(1);
  const at::Tensor rows = attentionRows(record, window, at::arange(tokens));
  const at::Tensor v = byHead(record.v.select(0, window), record.heads);
  at::Tensor rebuilt = at::matmul(rows, v);
  if (record.dwcWeight.defined() || record.lepeWeight.defined()) {
    const at::Tensor seen = record.stretchedV.defined() ? byHead(record.stretchedV.select(0, window), record.heads) : v;
    const at::Tensor bias = localBias(record);
    for (std::int64_t channel = 0; channel < bias.size(0); ++channel) {
      const std::int64_t head = channel / v.size(2), inside = channel % v.size(2);
      rebuilt[head].select(1, inside) +=
          at::matmul(depthwiseMatrix(record, channel), seen[head].select(1, inside)) + bias[channel];
    }
  }
  const at::Tensor output = byHead(record.output.select(0, window), record.heads);
  return (rebuilt - output).abs().max().item<double>() / std::max(output.abs().max().item<double>(), 1e-30);
}

GridMap gridMap(const nn::AttentionRecord& record, std::int64_t batch, std::optional<std::int64_t> query) {
  const WindowGeometry geometry(record.place);
  const std::int64_t cells = geometry.height * geometry.width, first = batch * geometry.windows();
  if (query && (*query < 0 || *query >= cells)) {
    throw Error(ErrorKind::Config, "query " + std::to_string(*query) + " is outside the layer's grid of " +
                                       std::to_string(geometry.height) + " x " + std::to_string(geometry.width));
  }
  GridAccumulator accumulator(record, geometry);
  if (query) {
    const auto position = geometry.positionOf(*query);
    const at::Tensor token = at::tensor({position.token + geometry.prefix}, at::kLong);
    accumulator.add(position.window, attentionRows(record, first + position.window, token).select(1, 0));
    accumulator.addDepthwise(position.window, position.token, 1.0);
    return accumulator.result();
  }
  const at::Tensor queries = at::arange(geometry.prefix, record.q.size(1));
  for (std::int64_t window = 0; window < geometry.windows(); ++window) {
    accumulator.add(window, summedRows(record, first + window, queries) / static_cast<double>(cells));
    for (std::int64_t token = 0; token < geometry.windowHeight * geometry.windowWidth; ++token) {
      accumulator.addDepthwise(window, token, 1.0 / static_cast<double>(cells));
    }
  }
  return accumulator.result();
}

}  // namespace slab::inspect
