#include "core/config/arch/recognize.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "core/config/arch/registry.h"

namespace slab {
namespace {

using Shape = std::vector<std::int64_t>;

// How a family names things; `S` stands for the stage, counted from `firstStage`, `B` for the block.
struct KeyStyle {
  Family family;
  const char* embedding;
  const char* block;
  const char* attention;  // below a block
  std::int64_t firstStage;
};

constexpr KeyStyle kStyles[] = {
    {Family::Swin, "patch_embed.proj.weight", "layers.S.blocks.B.", "attn.", 0},
    {Family::DeiT, "patch_embed.proj.weight", "blocks.B.", "attn.", 0},
    {Family::Pvt, "patch_embed1.proj.weight", "blockS.B.", "attn.", 1},
    {Family::CSwin, "stage1_conv_embed.0.weight", "stageS.B.", "attns.0.", 1},
};

std::string filled(std::string pattern, std::int64_t stage, std::int64_t block) {
  for (const auto& [letter, value] : {std::pair{'S', stage}, {'B', block}}) {
    if (const auto at = pattern.find(letter); at != std::string::npos) pattern.replace(at, 1, std::to_string(value));
  }
  return pattern;
}

std::int64_t squareRoot(std::int64_t value) {
  const auto root =
      static_cast<std::int64_t>(std::llround(std::sqrt(static_cast<double>(std::max<std::int64_t>(value, 0)))));
  return root * root == value ? root : 0;
}

class Reader {
 public:
  Reader(const KeyShapes& keys, const KeyStyle& style) : keys_(keys), style_(style) {}

  [[nodiscard]] const Shape* find(const std::string& key) const {
    const auto found = keys_.find(key);
    return found == keys_.end() ? nullptr : &found->second;
  }
  [[nodiscard]] bool holds(const std::string& key) const { return find(key) != nullptr; }
  /// The key's size in one dimension; 0 where there is none, or one beyond any model.
  [[nodiscard]] std::int64_t size(const std::string& key, std::size_t dimension) const {
    const Shape* shape = find(key);
    constexpr std::int64_t kMost = std::int64_t{1} << 20;
    return shape && dimension < shape->size() && (*shape)[dimension] <= kMost ? (*shape)[dimension] : 0;
  }
  [[nodiscard]] bool holdsBelow(const std::string& prefix) const {
    const auto at = keys_.lower_bound(prefix);
    return at != keys_.end() && at->first.starts_with(prefix);
  }

  [[nodiscard]] std::string block(std::size_t stage, std::int64_t index) const {
    return filled(style_.block, static_cast<std::int64_t>(stage) + style_.firstStage, index);
  }
  [[nodiscard]] std::string attention(std::size_t stage, std::int64_t index) const {
    return block(stage, index) + style_.attention;
  }
  [[nodiscard]] std::vector<std::int64_t> depths() const {
    constexpr std::size_t kMostStages = 8;
    constexpr std::int64_t kMostBlocks = 1000;
    std::vector<std::int64_t> depths;
    const std::size_t stages = style_.family == Family::DeiT ? 1 : kMostStages;
    for (std::size_t stage = 0; stage < stages; ++stage) {
      std::int64_t depth = 0;
      while (depth < kMostBlocks && holdsBelow(block(stage, depth))) ++depth;
      if (depth == 0) break;
      depths.push_back(depth);
    }
    return depths;
  }
  [[nodiscard]] Family family() const {
    if (style_.family != Family::Pvt) return style_.family;
    return holdsBelow(block(0, 0) + "mlp.dwconv.") ? Family::PvtV2 : Family::Pvt;
  }

 private:
  const KeyShapes& keys_;
  const KeyStyle& style_;
};

NormKind normOf(const Reader& keys) {
  const std::string norm = keys.block(0, 0) + "norm1.";
  if (keys.holds(norm + "norm2.alpha")) return NormKind::PrepBn;
  return keys.holds(norm + "alpha") ? NormKind::RepBn : NormKind::LayerNorm;
}

// CSWin's simplified linear attention has FLatten's unused `scale` as well, so that only the norm tells them apart.
char letterOf(const Reader& keys, std::size_t stage, std::int64_t block, Family family, NormKind norm) {
  const std::string attention = keys.attention(stage, block);
  if (!keys.holds(attention + "positional_encoding")) return 'S';
  const bool hasScale = keys.holds(attention + "scale");
  if (family == Family::CSwin) return hasScale && norm == NormKind::LayerNorm ? 'F' : 'L';
  return hasScale ? 'F' : 'L';
}

// One letter a stage; "M" and a number behind the letters where a stage begins with L and goes on with S.
std::string lettersOf(const Reader& keys, const std::vector<std::int64_t>& depths, Family family, NormKind norm) {
  std::string letters;
  std::int64_t mixed = 0;
  for (std::size_t stage = 0; stage < depths.size(); ++stage) {
    std::int64_t linear = 0;
    const char first = letterOf(keys, stage, 0, family, norm);
    while (linear < depths[stage] && letterOf(keys, stage, linear, family, norm) == first) ++linear;
    const bool isMixed = first == 'L' && linear < depths[stage];
    if (isMixed) mixed = linear;
    letters += isMixed ? 'M' : first;
  }
  return mixed > 0 ? letters + std::to_string(mixed) : letters;
}

std::int64_t headsOf(const Reader& keys, std::size_t stage, std::int64_t width) {
  const std::string attention = keys.attention(stage, 0);
  if (const auto heads = keys.size(attention + "relative_position_bias_table", 1)) return heads;
  const auto headWidth = keys.size(attention + "dwc.weight", 0);
  return headWidth > 0 ? width / headWidth : 0;
}

std::int64_t windowOf(const Reader& keys, const ModelConfig& model) {
  constexpr std::int64_t kMostSoftmax = 32;  // an index of side^4 entries is made for it
  std::int64_t softmax = 0;
  for (std::size_t stage = 0; stage < model.depths.size(); ++stage) {
    for (std::int64_t block = 0; block < model.depths[stage]; ++block) {
      const std::string attention = keys.attention(stage, block);
      const auto tokens = keys.size(attention + "positional_encoding", 1);
      if (tokens > 0) return squareRoot(tokens);
      const auto rows = keys.size(attention + "relative_position_bias_table", 0);
      const auto side = (squareRoot(rows) + 1) / 2;
      if (softmax == 0 && side <= kMostSoftmax) softmax = side;
    }
  }
  return softmax;
}

// The entry whose rules and unseen values (heads, strides) the model shares: the same norm and attention first,
// then the same width and depths.
const RegistryEntry* nearestEntry(const ModelConfig& model, Family family) {
  const RegistryEntry* nearest = nullptr;
  int best = -1;
  for (const auto& entry : registry()) {
    if (entry.family != family) continue;
    const int score = 8 * (entry.config.embedDim == model.embedDim) + 4 * (entry.config.depths == model.depths) +
                      2 * (entry.config.attention.front() == model.attention.front()) +
                      (entry.config.norm == model.norm);
    if (score > best) best = score, nearest = &entry;
  }
  return nearest;
}

bool fits(const RegistryEntry& entry, const ModelConfig& model, Family family) {
  const bool sameNorm =
      (entry.config.norm == NormKind::LayerNorm) == (model.norm == NormKind::LayerNorm);  // either layout opens
  return entry.family == family && entry.config.embedDim == model.embedDim && entry.config.depths == model.depths &&
         entry.config.attention == model.attention && sameNorm;
}

void readHeads(const Reader& keys, const ModelHints& hints, const ModelConfig& relative, bool isRegistered,
               Recognition& found) {
  ModelConfig& model = found.config;
  constexpr std::int64_t kUsualHeadWidth = 64;
  bool guessed = false;
  for (std::size_t stage = 0; stage < model.depths.size(); ++stage) {
    std::int64_t heads = headsOf(keys, stage, model.widthOf(stage));
    if (heads == 0 && stage < hints.heads.size()) heads = hints.heads[stage];
    if (heads == 0 && isRegistered && stage < relative.heads.size()) heads = relative.heads[stage];
    if (heads == 0) {
      heads = std::max<std::int64_t>(1, model.widthOf(stage) / kUsualHeadWidth);
      guessed = true;
    }
    model.heads.push_back(heads);
  }
  if (!guessed) return;
  found.guesses.push_back(
      "The number of heads cannot be told from the weights; heads of 64 channels were assumed "
      "(model.heads sets it).");
}

// The side of the image that the tables of the file belong to; 0 where they do not tell.
std::int64_t imageSizeOf(const Reader& keys, const ModelConfig& model, Family family) {
  if (family == Family::DeiT) {
    const std::int64_t leading = model.attention == "S" ? 1 : 0;  // the class token
    return squareRoot(keys.size("pos_embed", 1) - leading) * model.patchSize;
  }
  if (family == Family::Pvt) return squareRoot(keys.size("pos_embed1", 1)) * model.patchSize;
  const std::string first = keys.attention(0, 0);
  if (family == Family::PvtV2) return squareRoot(keys.size(first + "positional_encoding", 1)) * model.patchSize;
  return 0;
}

void readImageSize(const Reader& keys, const ModelHints& hints, Family family, Recognition& found) {
  constexpr std::int64_t kMostImageSize = 2048;
  ModelConfig& model = found.config;
  if (const auto size = imageSizeOf(keys, model, family)) {
    model.imageSize = size;
  } else if (hints.imageSize && *hints.imageSize > 0 && *hints.imageSize <= kMostImageSize) {
    model.imageSize = *hints.imageSize;
  } else if (!found.candidates.empty()) {
    return;  // the registry's
  } else if (model.window > 0 && keys.holds(keys.attention(0, 0) + "positional_encoding")) {
    model.imageSize = model.window * model.patchSize;  // one window over the first stage
  } else {
    found.guesses.push_back("The image size cannot be told from the weights; " + std::to_string(model.imageSize) +
                            " was assumed (model.image_size sets it).");
  }
}

// What the shapes alone say, whatever the relative has.
void readShapes(const Reader& keys, const KeyStyle& style, Family family, ModelConfig& model) {
  model.inChannels = keys.size(style.embedding, 1);
  model.classes = keys.size("head.weight", 0);
  const bool isPatchKernel = family != Family::PvtV2 && family != Family::CSwin;  // theirs overlap
  if (isPatchKernel) model.patchSize = keys.size(style.embedding, 2);
  model.mlpRatio.clear();
  for (std::size_t stage = 0; stage < model.depths.size(); ++stage) {
    const std::string fc1 = keys.block(stage, 0) + "mlp.fc1.weight";
    const auto width = keys.size(fc1, 1);
    model.mlpRatio.push_back(width > 0 ? static_cast<double>(keys.size(fc1, 0)) / static_cast<double>(width) : 4.0);
  }
  const auto& ratios = model.mlpRatio;
  if (std::adjacent_find(ratios.begin(), ratios.end(), std::not_equal_to<>()) == ratios.end()) model.mlpRatio.resize(1);
  const std::int64_t window = windowOf(keys, model);
  if (window > 0 && (family == Family::Swin || family == Family::CSwin)) model.window = window;
}

// Every block has the MLP that its stage's width asks for: a model is built only where the file has weights of about
// its size.
bool holdsEveryBlock(const Reader& keys, const ModelConfig& model) {
  for (std::size_t stage = 0; stage < model.depths.size(); ++stage) {
    const std::int64_t width = model.widthOf(stage);
    const auto hidden = keys.size(keys.block(stage, 0) + "mlp.fc1.weight", 0);
    for (std::int64_t block = 0; block < model.depths[stage]; ++block) {
      const std::string fc1 = keys.block(stage, block) + "mlp.fc1.weight";
      if (width < 1 || hidden < 1 || keys.size(fc1, 0) != hidden || keys.size(fc1, 1) != width) return false;
    }
  }
  return model.classes > 0 && model.inChannels > 0 && model.patchSize > 0 &&
         keys.size("head.weight", 1) == model.widthOf(model.depths.size() - 1);
}

void chooseName(Family family, Recognition& found) {
  ModelConfig& model = found.config;
  for (const auto& entry : registry()) {
    if (fits(entry, model, family)) found.candidates.push_back(entry.name);
  }
  std::stable_partition(found.candidates.begin(), found.candidates.end(),
                        [&](const std::string& name) { return findModel(name)->config.norm == model.norm; });
  if (found.candidates.empty()) return;
  model.name = found.candidates.front();
  model.dropPath = findModel(model.name)->config.dropPath;
}

const KeyStyle* styleOf(const KeyShapes& keys) {
  for (const auto& style : kStyles) {
    const Reader reader(keys, style);
    if (reader.holds(style.embedding) && !reader.depths().empty()) return &style;
  }
  return nullptr;
}

}  // namespace

std::optional<Recognition> recognizeModel(const KeyShapes& keys, const ModelHints& hints) {
  const KeyStyle* style = styleOf(keys);
  if (!style) return std::nullopt;
  const Reader reader(keys, *style);
  const Family family = reader.family();

  ModelConfig seen;
  seen.depths = reader.depths();
  seen.norm = normOf(reader);
  seen.attention = lettersOf(reader, seen.depths, family, seen.norm);
  seen.embedDim = reader.size(style->embedding, 0);
  const RegistryEntry* relative = nearestEntry(seen, family);
  if (!relative) return std::nullopt;
  const bool isRegistered = relative->config.embedDim == seen.embedDim && relative->config.depths == seen.depths;

  Recognition found;
  found.config = relative->config;
  found.config.norm = seen.norm;
  found.config.attention = seen.attention;
  found.config.depths = seen.depths;
  found.config.embedDim = seen.embedDim;
  found.config.heads.clear();
  readShapes(reader, *style, family, found.config);
  if (!holdsEveryBlock(reader, found.config)) return std::nullopt;
  readHeads(reader, hints, relative->config, isRegistered, found);
  chooseName(family, found);
  if (hints.dropPath) found.config.dropPath = *hints.dropPath;
  readImageSize(reader, hints, family, found);
  return found;
}

}  // namespace slab
