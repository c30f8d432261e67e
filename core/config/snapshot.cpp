#include "core/config/snapshot.h"

namespace slab {
namespace {

void resolvePaths(RunConfig& config, const std::filesystem::path& folder) {
  DataConfig& data = config.data;
  for (std::string* path : {&data.root, &data.images, &data.labels, &data.valImages, &data.valLabels, &data.annotations,
                            &data.valAnnotations, &config.train.init, &config.detector.pretrained}) {
    if (!path->empty()) *path = (folder / *path).lexically_normal().string();
  }
}

}  // namespace

ConfigSnapshot takeSnapshot(const LoadedConfig& loaded, const std::filesystem::path& folder) {
  RunConfig config = loaded.config;
  resolvePaths(config, folder);
  const std::string resolved = toJsonText(config);
  if (loaded.given.empty()) return {resolved, resolved};
  const RunConfig again = loadConfig({.preset = "", .text = loaded.given, .fileName = "", .overrides = {}}).config;
  return {again == loaded.config ? loaded.given : resolved, resolved};
}

}  // namespace slab
