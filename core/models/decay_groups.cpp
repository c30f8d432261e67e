#include "core/models/decay_groups.h"

#include <algorithm>
#include <string_view>

namespace slab {
namespace {

struct Exceptions {
  std::vector<std::string_view> names;     // equal to
  std::vector<std::string_view> keywords;  // contained in the name
};

Exceptions exceptionsOf(Family family) {
  switch (family) {
    case Family::DeiT: return {{"pos_embed", "cls_token", "dist_token"}, {}};
    case Family::Swin: return {{"absolute_pos_embed"}, {"relative_position_bias_table"}};
    case Family::Pvt: return {{"cls_token"}, {}};
    case Family::PvtV2: return {{"pos_embed1", "pos_embed2", "pos_embed3", "pos_embed4", "cls_token"}, {}};
    case Family::CSwin: return {{"pos_embed", "cls_token"}, {}};
  }
  return {};
}

bool isExcepted(const std::string& name, const at::Tensor& tensor, const Exceptions& exceptions) {
  if (tensor.dim() == 1 || name.ends_with(".bias")) return true;
  if (std::find(exceptions.names.begin(), exceptions.names.end(), name) != exceptions.names.end()) return true;
  return std::any_of(exceptions.keywords.begin(), exceptions.keywords.end(),
                     [&](std::string_view word) { return name.find(word) != std::string::npos; });
}

}  // namespace

DecayGroups decayGroups(const Backbone& model, DecayRule rule) {
  const Exceptions exceptions = exceptionsOf(model.config().family());
  DecayGroups groups;
  for (const auto& item : model.named_parameters()) {
    const bool decays = rule == DecayRule::All || !isExcepted(item.key(), item.value(), exceptions);
    (decays ? groups.decay : groups.noDecay).push_back({item.key(), item.value()});
  }
  return groups;
}

}  // namespace slab
