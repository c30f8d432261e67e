// bench_coco [--images N] [--detections N] [--turns N] [--threads N] [--python PYTHON]: COCO's twelve numbers of 5,000
// images with 100 detections each, boxes and masks, against pycocotools and faster-coco-eval on the same files, in
// turns in one run. Python needs both: `./dev bench` makes build/bench/venv.
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/coco/annotation_file.h"
#include "core/coco/evaluation.h"
#include "core/coco/result_file.h"
#include "tests/bench/coco/made_set.h"
#include "tests/bench/paired_timing.h"
#include "tests/bench/python_rival.h"
#include "tests/core/store/temporary_folder.h"

namespace slab::bench {
namespace {

constexpr std::array<const char*, 2> kRivals{"pycocotools", "faster-coco-eval"};

struct Settings {
  MadeSet made;
  int turns = 3, threads = 0;
  std::string python = SLAB_SOURCE_DIR "/build/bench/venv/bin/python";
};

/// Seconds of each turn, and what came out.
struct Times {
  std::vector<double> reading, evaluating;
  double ap = -2;

  [[nodiscard]] std::vector<double> whole() const {
    std::vector<double> sums;
    for (std::size_t i = 0; i < reading.size(); ++i) sums.push_back(reading[i] + evaluating[i]);
    return sums;
  }
};

void runOurs(const Settings& settings, const std::string& folder, const std::string& kind, Times& times) {
  coco::EvaluationOptions options;
  options.of = kind == "segm" ? coco::OverlapOf::Masks : coco::OverlapOf::Boxes;
  options.threads = settings.threads;
  Stopwatch watch;
  const coco::CocoSet set =
      coco::loadAnnotations(folder + "/annotations.json", {.withShapes = options.of == coco::OverlapOf::Masks});
  const auto detections = coco::readResults(folder + "/" + kind + ".json", set, options.of).detections;
  times.reading.push_back(watch.seconds());
  watch.restart();
  times.ap = coco::evaluate(set, detections, options).stats[0];
  times.evaluating.push_back(watch.seconds());
}

bool runRival(PythonRival& rival, const std::string& library, const std::string& kind, Times& times) {
  std::istringstream answer(rival.ask(library + " " + kind));
  double reading = 0, evaluating = 0;
  if (!(answer >> reading >> evaluating >> times.ap)) return false;
  times.reading.push_back(reading);
  times.evaluating.push_back(evaluating);
  return true;
}

void printRow(const std::string& name, const Times& times) {
  std::printf("  %-18s %9.2f %9.2f %9.2f   AP %.6f\n", name.c_str(), median(times.reading), median(times.evaluating),
              median(times.whole()), times.ap);
}

/// How many times faster ours is, evaluation alone and files included.
void printRatio(const std::string& name, const Times& ours, const Times& rival) {
  PairedTiming evaluating, whole;
  addInterval(evaluating, ours.evaluating, rival.evaluating);
  addInterval(whole, ours.whole(), rival.whole());
  std::printf("  times %-18s evaluating %6.2f [%.2f, %.2f]   with files %6.2f [%.2f, %.2f]%s\n", name.c_str(),
              median(rival.evaluating) / median(ours.evaluating), evaluating.low, evaluating.high,
              median(rival.whole()) / median(ours.whole()), whole.low, whole.high,
              std::fabs(ours.ap - rival.ap) < 1e-6 ? "" : "   OTHER NUMBERS");
}

int run(const Settings& settings) {
  const test::TemporaryFolder temporary;
  const std::string folder = temporary.path().string();
  writeMadeSet(settings.made, folder);
  PythonRival rival(settings.python, SLAB_SOURCE_DIR "/tests/bench/coco/coco_rival.py", folder);
  const std::string versions = rival.ask("version");
  std::printf("coco: %d images, %d detections each; %s; seconds, median of %d turns\n", settings.made.images,
              settings.made.detections, versions.empty() ? "no rivals" : ("rivals " + versions).c_str(),
              settings.turns);
  for (const std::string kind : {"bbox", "segm"}) {
    Times ours;
    std::array<Times, kRivals.size()> theirs;
    bool hasRivals = !versions.empty();
    for (int turn = 0; turn < settings.turns; ++turn) {
      runOurs(settings, folder, kind, ours);
      for (std::size_t i = 0; i < kRivals.size() && hasRivals; ++i) {
        hasRivals = runRival(rival, kRivals[i], kind, theirs[i]);
      }
    }
    std::printf("%s                 reading  evaluating  together\n", kind.c_str());
    printRow("ours", ours);
    if (!hasRivals) {
      std::printf("  no rivals at %s: ./dev bench installs them\n", settings.python.c_str());
      continue;
    }
    for (std::size_t i = 0; i < kRivals.size(); ++i) printRow(kRivals[i], theirs[i]);
    for (std::size_t i = 0; i < kRivals.size(); ++i) printRatio(kRivals[i], ours, theirs[i]);
  }
  return 0;
}

}  // namespace
}  // namespace slab::bench

int main(int argc, char** argv) {
  slab::bench::Settings settings;
  for (int i = 1; i + 1 < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--images") settings.made.images = std::atoi(argv[i + 1]);
    if (name == "--detections") settings.made.detections = std::atoi(argv[i + 1]);
    if (name == "--turns") settings.turns = std::atoi(argv[i + 1]);
    if (name == "--threads") settings.threads = std::atoi(argv[i + 1]);
    if (name == "--python") settings.python = argv[i + 1];
  }
  return slab::bench::run(settings);
}
