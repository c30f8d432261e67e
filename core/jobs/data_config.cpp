#include "core/jobs/data_config.h"

#include "core/base/error.h"
#include "core/config/load.h"

namespace slab::jobs {

RunConfig dataConfigFrom(const std::string& text) {
  auto loaded = loadConfig({.preset = "", .text = text, .fileName = "", .overrides = {}});
  for (const auto& issue : loaded.issues) {
    if (issue.isError() && (issue.key.starts_with("data.") || issue.key.empty())) {
      throw Error(ErrorKind::Config, issue.key + ": " + issue.message);
    }
  }
  return loaded.config;
}

}  // namespace slab::jobs
