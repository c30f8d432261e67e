#include <torch/torch.h>

#include <algorithm>
#include <filesystem>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/formats/npy.h"
#include "core/formats/png_writer.h"
#include "core/inspect/attention_files.h"
#include "core/inspect/attention_maps.h"
#include "core/inspect/detector_image.h"
#include "core/inspect/detector_source.h"
#include "core/inspect/image_source.h"
#include "core/inspect/model_source.h"
#include "core/jobs/detector_job.h"
#include "core/jobs/inspection.h"
#include "core/ops/options.h"

namespace slab::jobs {
namespace {

constexpr std::int64_t kTopClasses = 5;

std::vector<AttentionLayer> layersOf(const std::vector<nn::Attention*>& attentions) {
  std::vector<AttentionLayer> layers;
  for (const auto* attention : attentions) {
    const auto& place = attention->place();
    AttentionLayer layer;
    layer.name = place.layer;
    const bool windowed = place.windowHeight() < place.height || place.windowWidth() < place.width;
    layer.kind = attention->kind() != nn::AttentionKind::Softmax ? "linear" : windowed ? "window" : "softmax";
    layer.stage = static_cast<int>(place.stage);
    layer.heads = static_cast<int>(attention->heads());
    layer.gridHeight = static_cast<int>(place.height);
    layer.gridWidth = static_cast<int>(place.width);
    layer.window = windowed ? static_cast<int>(place.windowHeight()) : 0;
    layer.windowWidth = place.stripeWidth > 0 ? static_cast<int>(place.windowWidth()) : 0;
    layer.shift = static_cast<int>(place.shift);
    layer.reduction = static_cast<int>(place.reduction);
    layers.push_back(std::move(layer));
  }
  return layers;
}

int layerIndex(const AttentionRequest& request, const std::vector<AttentionLayer>& layers) {
  const int count = static_cast<int>(layers.size());
  if (request.layer >= -1 && request.layer < count) return request.layer == -1 ? count - 1 : request.layer;
  throw Error(ErrorKind::Config, "there is no attention layer " + std::to_string(request.layer) + "; the model has " +
                                     std::to_string(count));
}

std::vector<ClassScore> topClasses(const at::Tensor& logits, const std::vector<std::string>& names) {
  const at::Tensor probabilities = at::softmax(logits.select(0, 0).to(at::kDouble), 0);
  const auto [values, indices] = probabilities.topk(std::min(kTopClasses, probabilities.size(0)));
  std::vector<ClassScore> top;
  for (std::int64_t i = 0; i < values.size(0); ++i) {
    const auto index = indices[i].item<std::int64_t>();
    const auto position = static_cast<std::size_t>(index);
    top.push_back({index, position < names.size() ? names[position] : "", values[i].item<double>()});
  }
  return top;
}

std::vector<double> selected(const std::vector<double>& values, int head) {
  return head < 0 ? values : std::vector<double>{values[static_cast<std::size_t>(head)]};
}

WireArray arrayOf(const char* name, const at::Tensor& maps, int head) {
  const at::Tensor kept = (head < 0 ? maps : maps.slice(0, head, head + 1)).contiguous();
  return makeArray(name, kept.sizes().vec(),
                   std::span<const float>(kept.data_ptr<float>(), static_cast<std::size_t>(kept.numel())));
}

void requireHead(const AttentionRequest& request, const AttentionLayer& layer) {
  if (request.head >= -1 && request.head < layer.heads) return;
  throw Error(ErrorKind::Config,
              layer.name + " has " + std::to_string(layer.heads) + " heads, no head " + std::to_string(request.head));
}

void fill(AttentionMap& map, const AttentionRequest& request, const AttentionLayer& layer,
          const inspect::GridMap& grid) {
  map.head = request.head;
  map.query = request.query;
  map.gridHeight = layer.gridHeight;
  map.gridWidth = layer.gridWidth;
  map.kind = layer.kind;
  map.rowSums = selected(grid.rowSums, request.head);
  map.entropies = selected(grid.entropies, request.head);
  map.leading = selected(grid.leading, request.head);
}

Message replyOf(const AttentionMap& map, const AttentionRequest& request, const inspect::GridMap& grid,
                const Image& shown, std::uint64_t id) {
  Message message = makeReply(id, map);
  message.arrays.push_back(arrayOf("attention", grid.attention, request.head));
  if (grid.depthwise.defined()) message.arrays.push_back(arrayOf("depthwise", grid.depthwise, request.head));
  if (request.wantImage) {
    message.arrays.push_back(
        makeArray("image", {shown.height, shown.width, shown.channels}, std::span<const std::uint8_t>(shown.pixels)));
  }
  return message;
}

// The classes of the best detections, each once.
std::vector<ClassScore> topDetections(const Detections& found, const std::vector<std::string>& names) {
  std::vector<ClassScore> top;
  for (std::int64_t i = 0; i < found.labels.size(0) && static_cast<std::int64_t>(top.size()) < kTopClasses; ++i) {
    const auto label = found.labels[i].item<std::int64_t>();
    const bool isNamed = std::any_of(top.begin(), top.end(), [&](const auto& known) { return known.index == label; });
    if (isNamed) continue;
    const auto place = static_cast<std::size_t>(label);
    top.push_back({label, place < names.size() ? names[place] : "", found.scores[i].item<double>()});
  }
  return top;
}

// The part of the maps that lies over the image: they are filled up to whole windows.
void cropGrid(inspect::GridMap& grid, const AttentionLayer& layer) {
  for (at::Tensor* map : {&grid.attention, &grid.depthwise}) {
    if (map->defined()) *map = map->narrow(1, 0, layer.gridHeight).narrow(2, 0, layer.gridWidth).contiguous();
  }
}

Message detectorAttention(const AttentionRequest& request, std::uint64_t id) {
  const auto opened = inspect::openDetector(request.source);
  const ops::OptionsGuard scope(
      {ops::backendFromName(opened.config.ops.backend), ops::linearBackendFromName(opened.config.ops.linear)});
  const auto image = inspect::openDetectorImage(request.image, opened.config);
  if (request.source.folded && !opened.isFolded) inspect::foldSites(opened.model->foldSites());

  const Stopwatch watch;
  PyramidBackbone& backbone = opened.model->backbone();
  AttentionMap map;
  // A forward tells every layer its grid.
  map.top = topDetections(opened.model->detect(image.input, {image.size}).front(), image.classNames);
  map.layers = layersOf(backbone.attentionLayers());
  for (AttentionLayer& layer : map.layers) {
    const std::int64_t stride = opened.model->stride() << layer.stage;
    layer.gridHeight = static_cast<int>(image.input.size(2) / stride);
    layer.gridWidth = static_cast<int>(image.input.size(3) / stride);
  }
  map.layer = layerIndex(request, map.layers);
  const AttentionLayer& layer = map.layers[static_cast<std::size_t>(map.layer)];
  requireHead(request, layer);
  const auto record = inspect::captureAttention(backbone, image.input, layer.name).front();
  std::optional<std::int64_t> query;
  if (request.query >= 0) {
    query = request.query / layer.gridWidth * record.place.width + request.query % layer.gridWidth;
  }
  auto grid = inspect::gridMap(record, 0, query);
  cropGrid(grid, layer);
  fill(map, request, layer, grid);
  map.milliseconds = watch.seconds() * 1e3;
  return replyOf(map, request, grid, image.shown, id);
}

}  // namespace

Message attentionMap(const AttentionRequest& request, std::uint64_t id) {
  if (!request.source.checkpoint.empty() && isDetector(request.source)) return detectorAttention(request, id);
  const auto opened = inspect::openModel(request.source);
  const ops::OptionsGuard scope(
      {ops::backendFromName(opened.config.ops.backend), ops::linearBackendFromName(opened.config.ops.linear)});
  const auto image = inspect::openImage(request.image, opened.config);
  auto model = opened.model;
  if (request.source.folded) inspect::foldNorms(*model);

  const Stopwatch watch;
  AttentionMap map;
  map.layers = layersOf(model->attentionLayers());
  map.layer = layerIndex(request, map.layers);
  const auto& layer = map.layers[static_cast<std::size_t>(map.layer)];
  requireHead(request, layer);
  at::Tensor logits;
  const auto record = inspect::captureAttention(*model, image.input, layer.name, &logits).front();
  const auto query = request.query < 0 ? std::nullopt : std::optional(request.query);
  const auto grid = inspect::gridMap(record, 0, query);
  fill(map, request, layer, grid);
  map.leadingTokens = static_cast<int>(record.place.prefixTokens);
  map.top = topClasses(logits, image.classNames);
  map.label = image.label;
  if (image.label >= 0 && static_cast<std::size_t>(image.label) < image.classNames.size()) {
    map.labelName = image.classNames[static_cast<std::size_t>(image.label)];
  }
  map.milliseconds = watch.seconds() * 1e3;
  return replyOf(map, request, grid, image.shown, id);
}

std::vector<std::string> writeAttention(const Message& reply, const std::string& directory) {
  const auto map = unpack<AttentionMap>(reply);
  const WireArray* pixels = reply.find("image");
  const WireArray* attention = reply.find("attention");
  if (pixels == nullptr || attention == nullptr)
    throw Error(ErrorKind::Internal, "the attention reply lacks its arrays");
  std::filesystem::create_directories(directory);
  std::vector<std::string> files;
  const auto fileFor = [&](const std::string& name) {
    files.push_back((std::filesystem::path(directory) / name).string());
    return files.back();
  };
  const Image image{static_cast<int>(pixels->shape[1]), static_cast<int>(pixels->shape[0]),
                    static_cast<int>(pixels->shape[2]), pixels->bytes};
  const auto values = floatValues(*attention);
  const float maximum = values.empty() ? 0.0F : *std::max_element(values.begin(), values.end());
  const auto cells = static_cast<std::size_t>(map.gridHeight) * static_cast<std::size_t>(map.gridWidth);
  for (std::size_t head = 0; head < values.size() / cells; ++head) {
    const std::size_t number = map.head < 0 ? head : static_cast<std::size_t>(map.head);
    writePng(fileFor("head" + std::to_string(number) + ".png"),
             inspect::overlay(image, std::span(values).subspan(head * cells, cells), map.gridHeight, map.gridWidth,
                              maximum, map.query));
  }
  writeNpy(fileFor("attention.npy"), attention->shape, values);
  if (const WireArray* depthwise = reply.find("depthwise")) {
    writeNpy(fileFor("depthwise.npy"), depthwise->shape, floatValues(*depthwise));
  }
  return files;
}

}  // namespace slab::jobs
