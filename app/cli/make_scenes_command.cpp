#include "app/cli/make_scenes_command.h"

#include <cstdio>
#include <memory>
#include <stop_token>

#include "app/cli/output.h"
#include "app/cli/signals.h"
#include "core/base/format.h"
#include "core/coco/scene.h"
#include "core/coco/scene_set.h"
#include "core/config/data_config.h"
#include "core/config/fields.h"

namespace slab::cli {
namespace {

struct Options {
  coco::SceneSetOptions scenes;
  bool json = false;
};

Json toJson(const coco::SceneSetReport& report, const std::string& out) {
  return {{"out", out},
          {"complete", report.isComplete},
          {"train", report.train},
          {"val", report.val},
          {"objects", report.objects},
          {"crowds", report.crowds},
          {"seconds", report.seconds}};
}

void print(const coco::SceneSetReport& report, const std::string& out) {
  if (!report.isComplete) {
    printLine("stopped: " + out + " was not written");
    return;
  }
  printLine(formatInteger(report.train) + " training and " + formatInteger(report.val) + " validation images with " +
            formatInteger(report.objects) + " objects and " + formatInteger(report.crowds) + " crowds in " + out +
            ", made in " + formatDuration(report.seconds));
  printLine("look through it with slab data scan --type coco --annotations " + out +
            "/annotations/instances_train.json --root " + out + "/train");
}

int make(Options& options) {
  std::stop_source stop;
  const StopSignals signals([&] { stop.request_stop(); });
  const bool terminal = isTerminal(2);
  options.scenes.stop = stop.get_token();
  options.scenes.onProgress = [terminal](std::int64_t done, std::int64_t total) {
    if (!terminal) return;
    std::fprintf(stderr, "\r\033[K%s of %s images", formatInteger(done).c_str(), formatInteger(total).c_str());
  };
  const coco::SceneSetReport report = coco::makeSceneSet(options.scenes);
  if (terminal) std::fputs("\r\033[K", stderr);
  if (options.json) {
    printPrettyJson(toJson(report, options.scenes.out));
  } else {
    print(report, options.scenes.out);
  }
  return report.isComplete ? kDone : kFailed;
}

}  // namespace

Action setUpMakeScenes(CLI::App& data) {
  auto options = std::make_shared<Options>();
  coco::SceneSetOptions& scenes = options->scenes;
  scenes.items = kFashionMnistRoot;
  auto* app = data.add_subcommand("make-scenes", "Make a COCO-format set of Fashion-MNIST items on textures");
  app->add_option("--out", scenes.out, "New or empty folder for annotations/, train/ and val/")->required();
  app->add_option("--images", scenes.images, "Training images; a fifth as many validation images come with them")
      ->check(CLI::Range(std::int64_t{1}, coco::kMostScenes))
      ->capture_default_str();
  app->add_option("--size", scenes.size, "Pixels of each side")
      ->check(CLI::Range(coco::kLeastSceneSize, coco::kMostSceneSize))
      ->capture_default_str();
  app->add_option("--seed", scenes.seed, "The same seed makes the same files")->capture_default_str();
  app->add_option("--items", scenes.items, "Folder with Fashion-MNIST's four files")->capture_default_str();
  app->add_option("--threads", scenes.threads, "Threads; 0: one a core")->check(CLI::NonNegativeNumber);
  app->add_flag("--json", options->json, "The report as JSON");
  app->footer(
      "Boxes, polygons, run lengths and crowds are of what can be seen, to the pixel. The folder appears whole at the\n"
      "end; Ctrl+C leaves nothing behind.");
  return [options] { return make(*options); };
}

}  // namespace slab::cli
