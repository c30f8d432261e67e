// bench_loader [--seconds S] [--python PYTHON]: from a JPEG of 500 x 375 to a training picture of 224 x 224 (decode,
// RandomResizedCrop, mirror), against Pillow on the same files and crops. Processor time of one thread, in turns in one
// run, so that other programs on the machine disturb both alike. Python needs Pillow: `./dev bench` makes
// build/bench/venv.
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/rng.h"
#include "core/data/augment.h"
#include "core/data/sample_source.h"
#include "core/formats/jpeg_writer.h"
#include "tests/bench/data/natural_images.h"
#include "tests/bench/paired_timing.h"
#include "tests/bench/python_rival.h"

namespace slab::bench {
namespace {

namespace fs = std::filesystem;

constexpr int kImages = 48, kWidth = 500, kHeight = 375, kSize = 224;

struct Settings {
  double seconds = 30;
  std::string python = SLAB_SOURCE_DIR "/build/bench/venv/bin/python";
};

double processorSeconds() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// JPEGs in a folder of their own, removed at the end.
class Folder {
 public:
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "slab-bench-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    root = pattern;
    constexpr int kQualities[] = {75, 85, 90};
    for (int i = 0; i < kImages; ++i) {
      const auto file = encodeJpeg(naturalImage(kWidth, kHeight, i), kQualities[i % 3]);
      bytes += file.size();
      char name[16];
      std::snprintf(name, sizeof name, "%03d.jpg", i);
      paths.push_back((root / name).string());
      std::ofstream(paths.back(), std::ios::binary)
          .write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
    }
  }
  ~Folder() { fs::remove_all(root); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  fs::path root;
  std::vector<std::string> paths;
  std::size_t bytes = 0;
};

struct Crop {
  Rect box;
  bool mirror = false;
};

std::vector<Crop> drawCrops(std::uint64_t turn) {
  std::vector<Crop> crops;
  for (int i = 0; i < kImages; ++i) {
    Random random(hashKeys(turn, static_cast<std::uint64_t>(i)));
    const Rect box = data::drawResizedCrop(kWidth, kHeight, random);
    crops.push_back({box, random.uniform() < 0.5});
  }
  return crops;
}

std::string asText(const std::vector<Crop>& crops) {
  std::string text;
  for (const auto& [box, mirror] : crops) {
    for (const int value : {box.x, box.y, box.width, box.height, mirror ? 1 : 0}) text += " " + std::to_string(value);
  }
  return text;
}

/// Processor seconds of one pass over all images; `sourceOf(i)` gets at one.
template <typename SourceOf>
double passOver(const std::vector<Crop>& crops, SourceOf&& sourceOf) {
  const double start = processorSeconds();
  for (std::size_t i = 0; i < crops.size(); ++i) {
    const auto& [box, mirror] = crops[i];
    const Image image = data::resizedRegion(sourceOf(i), ColorMode::Rgb, box, kSize, kSize, mirror);
    if (image.pixels.empty()) std::abort();
  }
  return processorSeconds() - start;
}

struct Contest {
  std::vector<double> files, cache, plain, tuned;  // processor seconds a turn
};

Contest compete(const Settings& settings, const Folder& folder, PythonRival& rival) {
  std::vector<data::SampleSource> decoded;
  for (const std::string& path : folder.paths) {
    decoded.push_back(data::imageSource(data::wholeImage(data::fileSource(path), ColorMode::Rgb), path));
  }
  Contest contest;
  const Stopwatch watch;
  // The first turn warms up.
  for (int turn = 0; turn < 8 || (watch.seconds() < settings.seconds && turn < 200); ++turn) {
    const auto crops = drawCrops(static_cast<std::uint64_t>(turn));
    const std::string boxes = asText(crops);
    contest.files.push_back(passOver(crops, [&](std::size_t i) { return data::fileSource(folder.paths[i]); }));
    contest.plain.push_back(std::atof(rival.ask("plain" + boxes).c_str()));
    contest.cache.push_back(passOver(crops, [&](std::size_t i) { return decoded[i]; }));
    contest.tuned.push_back(std::atof(rival.ask("tuned" + boxes).c_str()));
    if (turn == 0) contest = {};
  }
  return contest;
}

void printRow(const char* name, const std::vector<double>& seconds) {
  const double each = median(seconds) / kImages;
  std::printf("%-44s %8.3f ms %8.0f images/s\n", name, 1e3 * each, 1 / each);
}

void printRatio(const char* name, const std::vector<double>& ours, const std::vector<double>& rival) {
  PairedTiming timing;
  addInterval(timing, ours, rival);
  std::printf("%-44s %8.2f  [%.2f, %.2f]\n", name, median(rival) / median(ours), timing.low, timing.high);
}

int run(const Settings& settings) {
  const Folder folder;
  PythonRival rival(settings.python, SLAB_SOURCE_DIR "/tests/bench/data/pillow_rival.py", folder.root.string());
  const std::string version = rival.ask("version");
  std::printf("loader: %d JPEGs of %d x %d, %.0f KB each, to %d x %d; processor time of one thread\n", kImages, kWidth,
              kHeight, 1e-3 * static_cast<double>(folder.bytes) / kImages, kSize, kSize);
  const Contest contest = compete(settings, folder, rival);
  printRow("ours, from files", contest.files);
  printRow("ours, from the decoded cache", contest.cache);
  if (version.empty()) {
    std::printf("no Pillow at %s: ./dev bench installs it\n", settings.python.c_str());
    return 0;
  }
  printRow(("Pillow " + version + ", as torchvision calls it").c_str(), contest.plain);
  printRow(("Pillow " + version + ", draft and reducing_gap").c_str(), contest.tuned);
  printRatio("from files, times Pillow", contest.files, contest.plain);
  printRatio("from files, times Pillow tuned", contest.files, contest.tuned);
  printRatio("from the cache, times Pillow", contest.cache, contest.plain);
  printRatio("from the cache, times Pillow tuned", contest.cache, contest.tuned);
  return 0;
}

/// As slab does for long work (app/cli/main.cpp): malloc keeps freed memory. Pillow inherits it.
void keepMemory(char** argv) {
  if (::setenv("GLIBC_TUNABLES", "glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=4294967296", 0) != 0) return;
  if (std::getenv("SLAB_BENCH_PREPARED") != nullptr) return;
  ::setenv("SLAB_BENCH_PREPARED", "1", 1);
  ::execv("/proc/self/exe", argv);
}

}  // namespace
}  // namespace slab::bench

int main(int argc, char** argv) {
  slab::bench::keepMemory(argv);
  slab::bench::Settings settings;
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::string(argv[i]) == "--seconds") settings.seconds = std::atof(argv[i + 1]);
    if (std::string(argv[i]) == "--python") settings.python = argv[i + 1];
  }
  return slab::bench::run(settings);
}
