// slab data pack: many images in few files.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <stop_token>

#include "app/cli/command.h"
#include "app/cli/data_pack_command.h"
#include "app/cli/output.h"
#include "app/cli/signals.h"
#include "core/base/clock.h"
#include "core/base/format.h"
#include "core/config/fields.h"
#include "core/jobs/pack_job.h"

namespace slab::cli {
namespace {

struct Options {
  jobs::PackRequest request;
  bool json = false;
};

/// One line on a terminal, redrawn: how far, how fast, how long still.
void showProgress(std::int64_t done, std::int64_t total, double seconds) {
  const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0.0;
  const std::string left = rate > 0 ? formatDuration(static_cast<double>(total - done) / rate) + " left" : "";
  std::fprintf(stderr, "\r\033[K%s of %s  %s images/s  %s", formatInteger(done).c_str(), formatInteger(total).c_str(),
               formatNumber(rate, 3).c_str(), left.c_str());
}

Json toJson(const jobs::PackOutcome& outcome, const std::string& out) {
  Json leftOut = Json::array();
  for (const auto& [name, cause] : outcome.leftOut) leftOut.push_back({{"path", name}, {"reason", cause}});
  return {{"out", out},
          {"complete", outcome.complete},
          {"train", outcome.train},
          {"validation", outcome.validation},
          {"resized", outcome.resized},
          {"bytes", outcome.bytes},
          {"left_out", std::move(leftOut)},
          {"seconds", outcome.seconds}};
}

void print(const jobs::PackOutcome& outcome, const std::string& out) {
  for (const auto& [name, cause] : outcome.leftOut) printLine("left out  " + cause);
  if (!outcome.complete) {
    printLine("stopped: " + out + " was not written");
    return;
  }
  printLine(formatInteger(outcome.train) + " training and " + formatInteger(outcome.validation) +
            " validation images, " + formatBytes(static_cast<double>(outcome.bytes)) + " in " + out + ", " +
            formatInteger(outcome.resized) + " of them made smaller, " +
            formatInteger(static_cast<std::int64_t>(outcome.leftOut.size())) + " left out, in " +
            formatDuration(outcome.seconds));
  printLine("train on it with --set data.type=image_folder data.root=" + out);
}

int pack(const Options& options) {
  std::stop_source stop;
  const StopSignals signals([&] { stop.request_stop(); });
  const bool terminal = isTerminal(2);
  const Stopwatch watch;
  const jobs::PackOutcome outcome =
      jobs::packData(options.request, stop.get_token(), [&](std::int64_t done, std::int64_t total) {
        if (terminal) showProgress(done, total, watch.seconds());
      });
  if (terminal) std::fputs("\r\033[K", stderr);
  if (options.json) {
    printPrettyJson(toJson(outcome, options.request.out));
  } else {
    print(outcome, options.request.out);
  }
  return outcome.complete ? kDone : kFailed;
}

}  // namespace

Action setUpDataPack(CLI::App& data) {
  auto options = std::make_shared<Options>();
  jobs::PackRequest& request = options->request;
  auto* app = data.add_subcommand("pack", "Put an image folder into few large files that training reads faster");
  app->add_option("--root", request.root, "Image folder with train/<class> and val/<class>")->required();
  app->add_option("--out", request.out, "New folder for shards and index")->required();
  app->add_option("--short-side", request.shortSide,
                  "Resize images whose shorter side has more pixels than this; the others keep their very bytes")
      ->check(CLI::PositiveNumber);
  auto* quality = app->add_option("--quality", request.quality, "JPEG quality of resized images")
                      ->check(CLI::Range(1, 100))
                      ->capture_default_str();
  app->add_flag("--raw", request.raw, "Store pixels: large, and nothing left to decode")->excludes(quality);
  app->add_option("--workers", request.workers, "Threads that decode")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app->add_flag("--json", options->json, "The report as JSON");
  app->footer(
      "Damaged images are left out and named. The folder appears whole at the end; Ctrl+C leaves nothing behind.\n"
      "data.type=image_folder with data.root at the new folder trains on it.");
  return [options] { return pack(*options); };
}

}  // namespace slab::cli
