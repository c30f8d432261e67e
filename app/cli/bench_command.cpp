// slab bench: latencies of models side by side, interleaved, with intervals.
#include <memory>
#include <stop_token>

#include "app/cli/command.h"
#include "app/cli/model_options.h"
#include "app/cli/output.h"
#include "app/cli/progress.h"
#include "app/cli/signals.h"
#include "core/base/error.h"
#include "core/base/format.h"
#include "core/config/arch/registry.h"
#include "core/config/load.h"
#include "core/jobs/inspection.h"
#include "core/wire/bench_lineup.h"

namespace slab::cli {
namespace {

struct Options {
  ModelOptions model;
  std::vector<std::string> models;
  std::string preset;
  BenchRequest request;
  bool folded = false;
  bool rivals = false;
  bool json = false;
};

// A configuration's model and, for a run, where its weights are.
std::pair<ModelConfig, std::string> architecture(const Options& options) {
  std::vector<std::string> overrides = options.model.settings;
  ConfigSource source{.preset = options.preset, .text = "", .fileName = "", .overrides = overrides};
  if (!options.model.run.empty()) {
    return {loadConfigFile(options.model.run + "/config.json", overrides).config.model, options.model.run};
  }
  if (!options.model.model.empty())
    source.overrides.insert(source.overrides.begin(), "model.name=" + options.model.model);
  const LoadedConfig loaded = loadConfig(source);
  const auto problems = validateModel(loaded.config.model);
  if (hasErrors(problems)) throw Error(ErrorKind::Config, toText(problems));
  return {loaded.config.model, ""};
}

std::vector<BenchEntry> namedEntries(const Options& options) {
  std::vector<BenchEntry> entries;
  for (const auto& name : options.models) {
    BenchEntry entry{name, options.model.source()};
    entry.source.model = name;
    entries.push_back(entry);
    if (options.folded && modelByName(name).norm != NormKind::LayerNorm) {
      entry.label += ", folded";
      entry.source.folded = true;
      entries.push_back(entry);
    }
  }
  return entries;
}

std::vector<BenchEntry> lineup(const Options& options) {
  if (!options.model.run.empty()) {
    const RunConfig config = loadConfigFile(options.model.run + "/config.json", options.model.settings).config;
    if (config.isDetector()) return detectorLineup(config.detector.name, options.model.run);
  }
  const auto [model, checkpoint] = architecture(options);
  return benchLineup(model, checkpoint);
}

// The same network as the kernels and oneDNN compute it, and as eager PyTorch would: the composite of ATen
// operations, BatchNorm1d on a transposed view included, and at::linear. The rival stands first.
std::vector<BenchEntry> rivalEntries(const std::string& name, bool folded) {
  BenchEntry rival{name + (folded ? ", folded" : "") + ", composite", {}};
  rival.source.model = name;
  rival.source.folded = folded;
  rival.source.backend = "reference";
  rival.source.linear = "torch";
  BenchEntry ours = rival;
  ours.label = name + (folded ? ", folded" : "") + ", kernels";
  ours.source.backend = "auto";
  ours.source.linear = "auto";
  return {rival, ours};
}

std::string interval(double low, double high, int digits = 3) {
  return formatNumber(low, digits) + " to " + formatNumber(high, digits);
}

void print(const BenchReport& report) {
  TextTable table(
      {"model", "mean ms", "p50", "p90", "p99", "img/s", "against row 1", "95 % interval", "certificate", "peak"},
      {false, true, true, true, true, true, true, true, true, true});
  for (std::size_t i = 0; i < report.rows.size(); ++i) {
    const auto& row = report.rows[i];
    std::string against = "", range = "";
    if (i > 0 && i - 1 < report.pairs.size()) {
      const auto& pair = report.pairs[i - 1];
      against = pair.isDifferent ? formatNumber((pair.ratio - 1) * 100, 3) + " %" : "no difference";
      range = interval((pair.ratioLow - 1) * 100, (pair.ratioHigh - 1) * 100);
    }
    const auto certificate = report.context.find("certificate/" + row.label);
    table.add({row.label, formatNumber(row.mean, 4), formatNumber(row.p50, 4), formatNumber(row.p90, 4),
               formatNumber(row.p99, 4), formatNumber(row.imagesPerSecond, 4), against, range,
               certificate == report.context.end() ? "" : certificate->second,
               formatBytes(static_cast<double>(row.peakBytes))});
  }
  table.print();
  for (const auto& pair : report.pairs) {
    if (pair.ratio < 1.0) {
      printLine(pair.first + " is " + formatNumber(1.0 / pair.ratio, 3) + "x as fast as " + pair.second +
                " (95 %: " + interval(1.0 / pair.ratioHigh, 1.0 / pair.ratioLow) + ")");
    }
  }
}

void printBreakdown(const BenchReport& report) {
  for (const auto& row : report.rows) {
    if (row.layers.empty()) continue;
    printLine("");
    printLine("where the time goes: " + row.label);
    TextTable table({"part", "ms", "share"}, {false, true, true});
    for (const auto& layer : row.layers) {
      if (layer.depth > 2) continue;
      table.add({std::string(static_cast<std::size_t>(layer.depth) * 2, ' ') + layer.name,
                 formatNumber(layer.milliseconds, 3), formatNumber(layer.share * 100, 3) + " %"});
    }
    table.print();
  }
}

void printContext(const BenchReport& report) {
  std::string line;
  for (const auto& [key, value] : report.context) {
    if (!key.starts_with("certificate/") && !value.empty()) line += (line.empty() ? "" : "; ") + key + " " + value;
  }
  printLine("");
  printLine(line);
  for (const auto& warning : report.warnings) printWarning(warning);
}

Json toJson(const BenchReport& report) {
  Json rows = Json::array(), pairs = Json::array();
  for (const auto& row : report.rows) {
    Json layers = Json::array();
    for (const auto& layer : row.layers) {
      layers.push_back(
          {{"name", layer.name}, {"depth", layer.depth}, {"ms", layer.milliseconds}, {"share", layer.share}});
    }
    rows.push_back({{"label", row.label},
                    {"mean", row.mean},
                    {"p50", row.p50},
                    {"p90", row.p90},
                    {"p99", row.p99},
                    {"mean_low", row.low},
                    {"mean_high", row.high},
                    {"images_per_s", row.imagesPerSecond},
                    {"cpu_ms", row.cpuMilliseconds},
                    {"peak_bytes", row.peakBytes},
                    {"parameters", row.parameters},
                    {"macs", row.macs},
                    {"samples", row.samples},
                    {"layers", std::move(layers)}});
  }
  for (const auto& pair : report.pairs) {
    pairs.push_back({{"first", pair.first},
                     {"second", pair.second},
                     {"difference", pair.difference},
                     {"low", pair.low},
                     {"high", pair.high},
                     {"ratio", pair.ratio},
                     {"ratio_low", pair.ratioLow},
                     {"ratio_high", pair.ratioHigh},
                     {"is_different", pair.isDifferent}});
  }
  return {{"rows", std::move(rows)},
          {"pairs", std::move(pairs)},
          {"context", report.context},
          {"warnings", report.warnings}};
}

BenchReport measure(const BenchRequest& request, std::stop_token stop) {
  ProgressLine line(PlainLines::None);
  const Message reply = jobs::benchModels(request, 0, stop, [&](const BenchProgress& progress) {
    line.show(progress.phase + "  " + progress.label + "  " + std::to_string(progress.round) + "/" +
              std::to_string(progress.rounds));
  });
  if (reply.kind == MessageKind::Error) throw Error(ErrorKind::Internal, "the measurement was stopped");
  return unpack<BenchReport>(reply);
}

int runOne(const BenchRequest& request, bool json, std::stop_token stop) {
  const BenchReport report = measure(request, stop);
  if (json) {
    printPrettyJson(toJson(report));
    return kDone;
  }
  print(report);
  printBreakdown(report);
  printContext(report);
  return kDone;
}

// SLAB-Swin-T folded at batch 1 and 8, the unfolded forward, and the training step at batch 8.
int runRivals(BenchRequest request, bool json, std::stop_token stop) {
  struct Work {
    std::int64_t batch;
    bool folded, training;
  };
  Json all = Json::array();
  for (const Work work : {Work{1, true, false}, Work{8, true, false}, Work{1, false, false}, Work{8, false, true}}) {
    request.batch = work.batch;
    request.training = work.training;
    request.layers = false;
    request.entries = rivalEntries("slab_swin_t", work.folded);
    const BenchReport report = measure(request, stop);
    if (json) {
      all.push_back(toJson(report));
      continue;
    }
    printLine(std::string(work.training ? "training step" : "forward") + ", batch " + std::to_string(work.batch));
    print(report);
    printContext(report);
    printLine("");
  }
  if (json) printPrettyJson(all);
  if (!json) {
    printLine(
        "The rival is the same network through LibTorch's composite operations, as eager PyTorch runs it: a "
        "regression figure, not a claim about other engines.");
  }
  return kDone;
}

int run(const Options& options) {
  std::stop_source stop;
  const StopSignals signals([&] { stop.request_stop(); });
  if (options.rivals) return runRivals(options.request, options.json, stop.get_token());
  BenchRequest request = options.request;
  if (!options.models.empty()) {
    request.entries = namedEntries(options);
  } else {
    request.entries = lineup(options);
  }
  return runOne(request, options.json, stop.get_token());
}

}  // namespace

Action setUpBench(CLI::App& app) {
  auto options = std::make_shared<Options>();
  auto& request = options->request;
  options->model.add(app);
  app.add_option("--preset", options->preset, "Compare the architecture of a preset");
  app.add_option("--models", options->models, "Compare these registry names instead of the paper's five forms")
      ->delimiter(',');
  app.add_flag("--folded", options->folded, "With --models: the folded form of each beside it");
  app.add_flag("--rivals", options->rivals,
               "SLAB-Swin-T: our kernels and oneDNN against LibTorch's composite operations");
  app.add_option("--batch", request.batch, "Images a forward")->check(CLI::PositiveNumber);
  app.add_option("--resolution", request.resolution, "Image side; default: the model's")->check(CLI::NonNegativeNumber);
  app.add_option("--precision", request.precision, "fp32");
  app.add_option("--device", request.device, "auto, cpu or cuda:N");
  app.add_option("--threads", request.threads, "CPU threads; 0 = all");
  app.add_option("--rounds", request.rounds, "Rounds; each runs every model once")->check(CLI::Range(5, 100000));
  app.add_option("--seconds", request.maxSeconds, "Stop measuring after this long (5 rounds at least)")
      ->check(CLI::PositiveNumber);
  app.add_flag("--training", request.training, "Time the training step: forward, backward, AdamW");
  app.add_flag("--json", options->json, "Everything as JSON");
  app.footer("Without a model: Swin-T with LayerNorm, PRepBN, PRepBN folded, SLAB, SLAB folded.");
  return [options] { return run(*options); };
}

}  // namespace slab::cli
