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
  std::int64_t height, width, windowHeight, windowWidth, shift, prefix;

  explicit WindowGeometry(const nn::AttentionPlace& place)
      : height(place.height),
        width(place.width),
        windowHeight(place.windowHeight()),
        windowWidth(place.windowWidth()),
        shift(place.shift),
        prefix(place.prefixTokens) {}

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

// Mean kernel weight over a head's channels at each token's offset from the query token.
at::Tensor depthwiseRow(const nn::AttentionRecord& record, const WindowGeometry& geometry, std::int64_t token) {
  const at::Tensor kernel = record.dwcWeight.to(at::kDouble).mean(0).squeeze(0).contiguous();
  const auto weights = kernel.accessor<double, 2>();
  const std::int64_t reach = kernel.size(0) / 2;
  const std::int64_t row = token / geometry.windowWidth, column = token % geometry.windowWidth;
  at::Tensor map = at::zeros({geometry.windowHeight * geometry.windowWidth}, at::kDouble);
  auto values = map.accessor<double, 1>();
  for (std::int64_t dy = -reach; dy <= reach; ++dy) {
    for (std::int64_t dx = -reach; dx <= reach; ++dx) {
      const std::int64_t y = row + dy, x = column + dx;
      if (y < 0 || x < 0 || y >= geometry.windowHeight || x >= geometry.windowWidth) continue;
      values[y * geometry.windowWidth + x] = weights[dy + reach][dx + reach];
    }
  }
  return map;
}

// (heads, N): the mean over `queries` rows of one window, summed rows over `divisor`.
at::Tensor summedRows(const nn::AttentionRecord& record, std::int64_t window, const at::Tensor& queries) {
  constexpr std::int64_t kRowsAtOnce = 256;
  at::Tensor total = at::zeros({record.heads, record.q.size(1)}, at::kDouble);
  for (std::int64_t i = 0; i < queries.size(0); i += kRowsAtOnce) {
    total += attentionRows(record, window, queries.slice(0, i, std::min(i + kRowsAtOnce, queries.size(0)))).sum(1);
  }
  return total;
}

class GridAccumulator {
 public:
  GridAccumulator(const nn::AttentionRecord& record, const WindowGeometry& geometry)
      : record_(record),
        geometry_(geometry),
        attention_(at::zeros({record.heads, geometry.height * geometry.width}, at::kDouble)),
        leading_(at::zeros({record.heads}, at::kDouble)) {
    if (record.kind == nn::AttentionKind::SimplifiedLinear) depthwise_ = at::zeros_like(attention_);
  }

  // rows (heads, N) of a window, already weighted.
  void add(std::int64_t window, const at::Tensor& rows) {
    attention_.index_add_(1, geometry_.gridIndices(window), rows.slice(1, geometry_.prefix));
    if (geometry_.prefix > 0) leading_ += rows.slice(1, 0, geometry_.prefix).sum(1);
  }

  void addDepthwise(std::int64_t window, std::int64_t token, double weight) {
    if (!depthwise_.defined()) return;
    depthwise_.index_add_(1, geometry_.gridIndices(window),
                          (depthwiseRow(record_, geometry_, token) * weight).unsqueeze(0).expand({record_.heads, -1}));
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
    map.attention = attention_.to(at::kFloat).reshape(shape).contiguous();
    if (depthwise_.defined()) map.depthwise = depthwise_.to(at::kFloat).reshape(shape).contiguous();
    return map;
  }

 private:
  const nn::AttentionRecord& record_;
  const WindowGeometry& geometry_;
  at::Tensor attention_, depthwise_, leading_;
};

}  // namespace

void AttentionCapture::record(const nn::AttentionRecord& record) {
  const auto copy = [](const at::Tensor& tensor) {
    return tensor.defined() ? tensor.detach().to(at::kCPU).clone() : tensor;
  };
  nn::AttentionRecord kept = record;
  for (at::Tensor* tensor : {&kept.q, &kept.k, &kept.v, &kept.output, &kept.bias, &kept.dwcWeight, &kept.dwcBias}) {
    *tensor = copy(*tensor);
  }
  records_.push_back(std::move(kept));
}

std::vector<nn::AttentionRecord> captureAttention(Backbone& model, const at::Tensor& images, const std::string& layer,
                                                  at::Tensor* logits) {
  struct ProbeScope {
    Backbone& model;
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
  const at::Tensor result = model.forward(images);
  if (logits != nullptr) *logits = result;
  if (capture.records().empty()) {
    throw Error(ErrorKind::Config, "the model has no attention layer named '" + layer + "'");
  }
  return capture.records();
}

at::Tensor attentionRows(const nn::AttentionRecord& record, std::int64_t window, const at::Tensor& queries) {
  const at::Tensor q = byHead(record.q.select(0, window).index_select(0, queries), record.heads);
  const at::Tensor k = byHead(record.k.select(0, window), record.heads);
  if (record.kind == nn::AttentionKind::Softmax) return softmaxRows(record, window, q, k, queries);
  const at::Tensor kernelQ = at::relu(q), kernelK = at::relu(k);
  const at::Tensor normaliser = at::matmul(kernelQ, kernelK.sum(1).unsqueeze(-1)) + kLinearEpsilon;
  return at::matmul(kernelQ, kernelK.transpose(1, 2)) / normaliser;
}

at::Tensor depthwiseMatrix(const nn::AttentionRecord& record, std::int64_t channel) {
  const WindowGeometry geometry(record.place);
  nn::AttentionRecord single = record;
  single.dwcWeight = record.dwcWeight.slice(0, channel, channel + 1);
  std::vector<at::Tensor> rows;
  for (std::int64_t token = 0; token < geometry.windowHeight * geometry.windowWidth; ++token) {
    rows.push_back(depthwiseRow(single, geometry, token));
  }
  return at::stack(rows);
}

double reconstructionError(const nn::AttentionRecord& record, std::int64_t window) {
  const std::int64_t tokens = record.q.size(1);
  const at::Tensor rows = attentionRows(record, window, at::arange(tokens));
  const at::Tensor v = byHead(record.v.select(0, window), record.heads);
  at::Tensor rebuilt = at::matmul(rows, v);
  if (record.kind == nn::AttentionKind::SimplifiedLinear) {
    for (std::int64_t channel = 0; channel < v.size(2); ++channel) {
      const at::Tensor matrix = depthwiseMatrix(record, channel);
      rebuilt.select(2, channel) +=
          at::matmul(v.select(2, channel), matrix.t()) + record.dwcBias[channel].to(at::kDouble);
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
