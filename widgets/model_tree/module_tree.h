// The modules of one model, or of two laid over each other, as a tree of nodes.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/config/cost.h"

namespace slab {

struct BenchLayer;

/// One model of the tree: what it costs by its configuration, and what was measured.
struct TreeModel {
  std::vector<ModuleCost> rows;                ///< modelTree(), forward order
  bool isFolded = false;                       ///< parameters are those that folding leaves
  std::map<std::string, double> milliseconds;  ///< of one forward, by module path; empty: not measured

  [[nodiscard]] std::int64_t parametersOf(const ModuleCost& row) const {
    return isFolded ? row.foldedParameters : row.parameters;
  }
};

/// A module of the first model, of the second, or of both: modules of one path are one node.
struct ModuleNode {
  std::string path;
  std::array<std::optional<ModuleCost>, 2> costs;
  ModuleNode* parent = nullptr;
  int row = 0;
  std::vector<std::unique_ptr<ModuleNode>> children;

  [[nodiscard]] const ModuleCost& shown() const { return costs[0] ? *costs[0] : *costs[1]; }
};

/// The root, itself no module. Modules that only the second model has stand where their parent's list ends.
std::unique_ptr<ModuleNode> moduleTree(const TreeModel& first, const TreeModel* second = nullptr);

/// Milliseconds by module path, from the breakdown of a bench: parts of a block ("qkv", "attention", "proj") are
/// summed into its "attn", and "merge" is the stage's "downsample".
std::map<std::string, double> timesByPath(const std::vector<BenchLayer>& layers);

}  // namespace slab
