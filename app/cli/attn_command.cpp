// slab attn: exact attention maps of one image as PNG overlays and .npy.
#include <memory>

#include "app/cli/command.h"
#include "app/cli/model_options.h"
#include "app/cli/output.h"
#include "core/base/error.h"
#include "core/base/format.h"
#include "core/jobs/inspection.h"

namespace slab::cli {
namespace {

struct Options {
  ModelOptions model;
  AttentionRequest request;
  std::string layer;
  std::vector<int> query;
  std::string output = "attention";
  bool list = false;
  bool json = false;
};

Json toJson(const AttentionMap& map, const std::vector<std::string>& files) {
  Json layers = Json::array();
  for (const auto& layer : map.layers) {
    layers.push_back({{"name", layer.name},
                      {"kind", layer.kind},
                      {"heads", layer.heads},
                      {"grid", {layer.gridHeight, layer.gridWidth}},
                      {"window", layer.window},
                      {"window_width", layer.windowColumns()},
                      {"shift", layer.shift},
                      {"reduction", layer.reduction}});
  }
  Json top = Json::array();
  for (const auto& score : map.top) {
    top.push_back({{"class", score.index}, {"name", score.name}, {"probability", score.probability}});
  }
  return {{"layer", map.layers[static_cast<std::size_t>(map.layer)].name},
          {"kind", map.kind},
          {"grid", {map.gridHeight, map.gridWidth}},
          {"head", map.head},
          {"query", map.query},
          {"row_sums", map.rowSums},
          {"entropies", map.entropies},
          {"leading", map.leading},
          {"label", map.label},
          {"top", std::move(top)},
          {"layers", std::move(layers)},
          {"milliseconds", map.milliseconds},
          {"files", files}};
}

std::string windowText(const AttentionLayer& layer) {
  if (layer.window <= 0) return "global";
  const std::string rows = std::to_string(layer.window);
  return layer.windowColumns() == layer.window ? rows : rows + "x" + std::to_string(layer.windowColumns());
}

void listLayers(const AttentionMap& map) {
  TextTable table({"layer", "name", "kind", "heads", "grid", "window", "shift"},
                  {true, false, false, true, true, true, true});
  for (std::size_t i = 0; i < map.layers.size(); ++i) {
    const auto& layer = map.layers[i];
    table.add({std::to_string(i), layer.name, layer.kind, std::to_string(layer.heads),
               std::to_string(layer.gridHeight) + "x" + std::to_string(layer.gridWidth), windowText(layer),
               std::to_string(layer.shift)});
  }
  table.print();
}

// A layer by its name or number; the request goes out twice for a name, once to learn the list.
int layerNumber(const std::string& text, const AttentionRequest& request) {
  if (text.find_first_not_of("0123456789") == std::string::npos) return std::stoi(text);
  const auto map = unpack<AttentionMap>(jobs::attentionMap(request, 0));
  std::vector<std::string> names;
  for (std::size_t i = 0; i < map.layers.size(); ++i) {
    if (map.layers[i].name == text || map.layers[i].name == text + ".attn") return static_cast<int>(i);
    names.push_back(map.layers[i].name);
  }
  const std::string near = nearestName(text, names);
  throw Error(ErrorKind::Config, "there is no attention layer '" + text + "'" +
                                     (near.empty() ? "; --list shows them" : "; did you mean '" + near + "'?"));
}

int run(const Options& options) {
  AttentionRequest request = options.request;
  request.source = options.model.source();
  request.source.folded = options.request.source.folded;
  if (!options.layer.empty()) request.layer = layerNumber(options.layer, request);
  Message reply = jobs::attentionMap(request, 0);
  auto map = unpack<AttentionMap>(reply);
  if (options.list) {
    if (options.json) {
      printPrettyJson(toJson(map, {}));
    } else {
      listLayers(map);
    }
    return kDone;
  }
  if (!options.query.empty()) {
    const int row = options.query[0], column = options.query[1];
    if (row < 0 || column < 0 || row >= map.gridHeight || column >= map.gridWidth) {
      throw Error(ErrorKind::Config, "the query must lie on the layer's grid of " + std::to_string(map.gridHeight) +
                                         " x " + std::to_string(map.gridWidth));
    }
    request.query = static_cast<std::int64_t>(row) * map.gridWidth + column;
    reply = jobs::attentionMap(request, 0);
    map = unpack<AttentionMap>(reply);
  }
  const auto files = jobs::writeAttention(reply, options.output);
  if (options.json) {
    printPrettyJson(toJson(map, files));
    return kDone;
  }
  printLine(map.layers[static_cast<std::size_t>(map.layer)].name + ", " + map.kind + ", grid " +
            std::to_string(map.gridHeight) + " x " + std::to_string(map.gridWidth) +
            (map.query < 0 ? ", mean over all queries" : ", query " + std::to_string(map.query)));
  for (const auto& score : map.top) {
    printLine("  " + formatNumber(score.probability * 100, 3) + " %  " +
              (score.name.empty() ? "class " + std::to_string(score.index) : score.name));
  }
  for (const auto& file : files) printLine(file);
  return kDone;
}

}  // namespace

Action setUpAttn(CLI::App& app) {
  auto options = std::make_shared<Options>();
  auto& request = options->request;
  options->model.add(app);
  auto* image = app.add_option("--image", request.image.path, "Image file");
  app.add_option("--index", request.image.index, "Image of the run's data set by its number")->excludes(image);
  app.add_option("--split", request.image.split, "val or train")->check(CLI::IsMember({"val", "train"}));
  app.add_option("--layer", options->layer, "Layer by name or number; default: the last");
  app.add_option("--head", request.head, "Head; default: all");
  app.add_option("--query", options->query, "Row and column on the layer's grid; default: the mean over all queries")
      ->expected(2);
  app.add_option("--output,-o", options->output, "Folder for the PNG and .npy files");
  app.add_flag("--folded", request.source.folded, "Fold the norms first");
  app.add_flag("--list", options->list, "List the attention layers and stop");
  app.add_flag("--json", options->json, "Row sums, entropies and top classes as JSON");
  return [options] {
    if (!options->model.isGiven()) throw CLI::RequiredError("--run, --weights or --model");
    if (options->request.image.path.empty() && options->request.image.index < 0) options->request.image.index = 0;
    return run(*options);
  };
}

}  // namespace slab::cli
