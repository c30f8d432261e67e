#include "e2e/planted_faults.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <functional>
#include <string_view>
#include <vector>

#include "core/base/rng.h"
#include "core/formats/image_codec.h"
#include "core/formats/jpeg_files.h"
#include "core/formats/png_writer.h"

namespace slab::testing {
namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::byte>;

Image picture(int seed, int channels = 3) {
  return test::makeImage(24 + seed % 9, 20 + seed % 7, channels,
                         [=](int x, int y, int c) { return (x * (seed % 5 + 3) + y * 11 + c * 60 + seed) % 256; });
}

void write(const fs::path& path, const Bytes& bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

Bytes text(std::string_view words) {
  const auto bytes = std::as_bytes(std::span(words));
  return {bytes.begin(), bytes.end()};
}

std::size_t pick(Random& random, std::size_t least, std::size_t most) {
  return least + random.below(most - least + 1);
}

/// Where the first segment with that marker begins; JPEGs of libjpeg have each once or more.
std::size_t segment(const Bytes& jpeg, unsigned marker) {
  for (std::size_t i = 2; i + 1 < jpeg.size(); ++i) {
    if (jpeg[i] == std::byte{0xFF} && jpeg[i + 1] == static_cast<std::byte>(marker)) return i;
  }
  return 0;
}

constexpr unsigned kFrame = 0xC0, kHuffman = 0xC4, kScan = 0xDA;

Bytes cutJpeg(int seed, Random& random) {
  Bytes file = test::encodeJpeg(picture(seed));
  file.resize(pick(random, 3, file.size() - 2));
  return file;
}

Bytes earlyEnd(int seed, Random&) {
  Bytes file = test::encodeJpeg(picture(seed));
  const std::size_t coded = segment(file, kScan) + 14, middle = coded + (file.size() - coded) / 2;
  file[middle] = std::byte{0xFF};
  file[middle + 1] = std::byte{0xD9};
  return file;
}

Bytes badTable(int seed, Random&) {
  Bytes file = test::encodeJpeg(picture(seed));
  const std::size_t lengths = segment(file, kHuffman) + 5;
  std::fill_n(file.begin() + static_cast<std::ptrdiff_t>(lengths), 16, std::byte{0xFF});
  return file;
}

/// A header that claims 65,500 x 65,500 pixels over a file of a few hundred bytes.
Bytes jpegBomb(int seed, Random&) {
  Bytes file = test::encodeJpeg(picture(seed));
  const std::size_t size = segment(file, kFrame) + 5;
  for (const std::size_t at : {size, size + 2}) {
    file[at] = std::byte{0xFF};
    file[at + 1] = std::byte{0xDC};
  }
  return file;
}

Bytes cutPng(int seed, Random& random) {
  Bytes file = encodePng(picture(seed));
  file.resize(pick(random, 9, file.size() - 1));
  return file;
}

Bytes flippedPng(int seed, Random& random) {
  Bytes file = encodePng(picture(seed));
  // Of the header all but its size, whose limits are looked at first; of the pixels anything. Lengths stay whole.
  const std::size_t at = random.below(2) == 0 ? pick(random, 24, 32) : pick(random, 37, file.size() - 13);
  file[at] ^= static_cast<std::byte>(1U << random.below(8));
  return file;
}

Bytes noise(int, Random& random) {
  Bytes file(200);
  for (auto& byte : file) byte = static_cast<std::byte>(random.below(256));
  file[0] = std::byte{0};
  return file;
}

struct Kind {
  const char* name;
  const char* fault;
  const char* ending;
  int count;
  std::function<Bytes(int seed, Random&)> make;
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> kKinds{
      {"cut", "cut", ".jpg", 250, cutJpeg},
      {"early", "damaged", ".jpg", 100, earlyEnd},
      {"table", "damaged", ".jpg", 100, badTable},
      {"bomb", "too_large", ".jpg", 50, jpegBomb},
      {"cut", "cut", ".png", 100, cutPng},
      {"flipped", "damaged", ".png", 100, flippedPng},
      {"empty", "empty", ".jpg", 100, [](int, Random&) { return Bytes(); }},
      {"words", "not_an_image", ".jpg", 75, [](int seed, Random&) { return text("page " + std::to_string(seed)); }},
      {"noise", "not_an_image", ".png", 75, noise},
  };
  return kKinds;
}

fs::path classFolder(const fs::path& root, int number) {
  return root / "train" / (number % 2 == 0 ? "a" : "b");
}

constexpr int kLinks = 20, kLoops = 20, kPipes = 10;

}  // namespace

PlantedFaults plantFaults(const fs::path& root) {
  PlantedFaults faults;
  Random random(hashKeys(5, 7));
  int number = 0;
  const auto next = [&](const std::string& name, const std::string& fault) {
    const fs::path path = classFolder(root, number++) / name;
    fs::create_directories(path.parent_path());
    faults[path.string()] = fault;
    return path;
  };
  for (const Kind& kind : kinds()) {
    for (int i = 0; i < kind.count; ++i) {
      const fs::path path = next(kind.name + std::to_string(i) + kind.ending, kind.fault);
      write(path, kind.make(i, random));
    }
  }
  for (int i = 0; i < kLinks; ++i) {
    fs::create_symlink("nowhere.jpg", next("dangling" + std::to_string(i) + ".jpg", "unreadable"));
  }
  for (int i = 0; i < kLoops; ++i) {
    const std::string name = "loop" + std::to_string(i) + ".jpg";
    fs::create_symlink(name, next(name, "unreadable"));
  }
  for (int i = 0; i < kPipes; ++i) ::mkfifo(next("pipe" + std::to_string(i) + ".jpg", "unreadable").c_str(), 0600);
  return faults;
}

std::int64_t plantGoodImages(const fs::path& root) {
  test::JpegOptions progressive;
  progressive.progressive = true;
  progressive.samplesAcross = progressive.samplesDown = 2;
  std::int64_t count = 0;
  for (int i = 0; i < 8; ++i) {
    const fs::path folder = classFolder(root, i);
    const std::string name = "good" + std::to_string(i);
    for (const int channels : {1, 3, 4}) {
      const std::string suffix = "-" + std::to_string(channels);
      write(folder / (name + suffix + ".jpg"), test::encodeJpeg(picture(i, channels)));
      write(folder / (name + suffix + "-progressive.JPEG"), test::encodeJpeg(picture(i, channels), progressive));
      write(folder / (name + suffix + ".png"), encodePng(picture(i, channels)));
      count += 3;
    }
    write(folder / (name + "-png.jpg"), encodePng(picture(i)));
    ++count;
  }
  return count;
}

std::int64_t plantFlippedBits(const fs::path& root) {
  Random random(hashKeys(11));
  constexpr int kFiles = 100;
  for (int i = 0; i < kFiles; ++i) {
    Bytes file = test::encodeJpeg(picture(i));
    file[pick(random, segment(file, kScan) + 14, file.size() - 3)] ^= static_cast<std::byte>(1U << random.below(8));
    write(classFolder(root, i) / ("bit" + std::to_string(i) + ".jpg"), file);
  }
  return kFiles;
}

}  // namespace slab::testing
