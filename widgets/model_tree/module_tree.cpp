#include "widgets/model_tree/module_tree.h"

#include <algorithm>
#include <string_view>

#include "core/wire/messages.h"

namespace slab {
namespace {

ModuleNode* childOf(ModuleNode& parent, const std::string& path) {
  const auto found =
      std::find_if(parent.children.begin(), parent.children.end(), [&](const auto& c) { return c->path == path; });
  if (found != parent.children.end()) return found->get();
  auto child = std::make_unique<ModuleNode>();
  child->path = path;
  child->parent = &parent;
  child->row = static_cast<int>(parent.children.size());
  parent.children.push_back(std::move(child));
  return parent.children.back().get();
}

void lay(ModuleNode& root, const std::vector<ModuleCost>& rows, std::size_t side) {
  std::vector<ModuleNode*> open{&root};
  for (const ModuleCost& row : rows) {
    const auto depth = static_cast<std::size_t>(std::max(0, row.depth));
    open.resize(std::min(open.size(), depth + 1));
    ModuleNode* node = childOf(*open.back(), row.path);
    node->costs[side] = row;
    open.push_back(node);
  }
}

/// The module below its block that a part of the breakdown belongs to; empty where it is one by its own name.
std::string_view moduleOf(std::string_view part) {
  for (const std::string_view name : {"qkv", "attention", "proj", "window", "reduction", "depthwise"}) {
    if (part == name) return "attn";
  }
  return part == "merge" ? "downsample" : std::string_view();
}

}  // namespace

std::unique_ptr<ModuleNode> moduleTree(const TreeModel& first, const TreeModel* second) {
  auto root = std::make_unique<ModuleNode>();
  lay(*root, first.rows, 0);
  if (second != nullptr) lay(*root, second->rows, 1);
  return root;
}

std::map<std::string, double> timesByPath(const std::vector<BenchLayer>& layers) {
  std::map<std::string, double> times;
  std::vector<std::string> open;  // paths of the rows above; the first is the total's, which has none
  for (const BenchLayer& layer : layers) {
    const auto depth = static_cast<std::size_t>(std::max(0, layer.depth));
    open.resize(std::min(open.size(), depth));
    const std::string above = open.empty() || open.back().empty() ? std::string() : open.back() + ".";
    const std::string path = depth == 0 ? std::string() : above + layer.name;
    open.push_back(path);
    if (path.empty()) continue;
    times[path] += layer.milliseconds;
    const std::string_view module = moduleOf(layer.name);
    if (!module.empty()) times[above + std::string(module)] += layer.milliseconds;
  }
  return times;
}

}  // namespace slab
