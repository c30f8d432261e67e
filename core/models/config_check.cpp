#include "core/models/config_check.h"

#include "core/base/error.h"
#include "core/config/arch/attention_letters.h"

namespace slab {

void requireStages(const ModelConfig& config) {
  if (config.depths.empty() || config.heads.size() != config.depths.size()) {
    throw Error(ErrorKind::Config, "model.heads has " + std::to_string(config.heads.size()) +
                                       " entries and model.depths " + std::to_string(config.depths.size()) +
                                       "; give both one entry a stage.");
  }
  if (const std::string problem = attentionProblem(config); !problem.empty()) {
    throw Error(ErrorKind::Config, "model.attention '" + config.attention + "' " + problem + ".");
  }
}

void requireGeometry(const ModelConfig& config, const std::string& problem,
                     const std::vector<std::int64_t>& sizesThatFit) {
  if (problem.empty()) return;
  std::string sizes;
  for (const auto size : sizesThatFit) sizes += (sizes.empty() ? "" : " or ") + std::to_string(size);
  throw Error(ErrorKind::Config, "model.image_size " + std::to_string(config.imageSize) + " does not fit " +
                                     config.name + ": " + problem +
                                     (sizes.empty() ? "; change model.patch_size, model.depths or model.window."
                                                    : "; the nearest sizes that fit are " + sizes + "."));
}

}  // namespace slab
