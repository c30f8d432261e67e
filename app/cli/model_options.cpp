#include "app/cli/model_options.h"

namespace slab::cli {

void ModelOptions::add(CLI::App& app) {
  auto* runOption = app.add_option("--run", run, "Run directory: its newest checkpoint and its configuration");
  app.add_option("--weights", weights, "Checkpoint directory or safetensors file")->excludes(runOption);
  app.add_option("--model", model, "Registry name; needed for weights outside of a run");
  app.add_option("--set", settings, "Model key as key=value, e.g. model.image_size=384");
  app.add_flag("--ema", ema, "The averaged weights of a training with ema.decay");
}

ModelSource ModelOptions::source() const {
  ModelSource source;
  source.checkpoint = run.empty() ? weights : run;
  source.model = model;
  source.ema = ema;
  for (const auto& setting : settings) {
    const auto equals = setting.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw CLI::ValidationError("--set", setting + " must have the form key=value");
    }
    source.settings[setting.substr(0, equals)] = setting.substr(equals + 1);
  }
  return source;
}

}  // namespace slab::cli
