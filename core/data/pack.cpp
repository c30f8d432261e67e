#include "core/data/pack.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <filesystem>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <utility>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/data/image_folder.h"
#include "core/formats/jpeg_writer.h"
#include "core/formats/packed_set.h"

namespace slab::data {
namespace {

/// What one image becomes.
struct Packed {
  PackedRecord record;
  SampleSource source;           // keeps a file's bytes
  std::vector<std::byte> bytes;  // of an image that is not stored as its file
  bool resized = false;
  std::optional<std::string> fault;

  [[nodiscard]] std::span<const std::byte> content() const { return bytes.empty() ? source.file : bytes; }
};

/// The image no larger than asked for; nothing where it is so already.
std::optional<Image> shrunk(const Image& image, int shortSide) {
  if (shortSide <= 0 || std::min(image.width, image.height) <= shortSide) return std::nullopt;
  const PixelSize size = fitShorterSide(image.width, image.height, shortSide);
  return resize(image, size.width, size.height, ResizeFilter::Bicubic);
}

void takePixels(Packed& packed, const Image& image) {
  const auto pixels = std::as_bytes(std::span(image.pixels));
  packed.bytes.assign(pixels.begin(), pixels.end());
  packed.record.width = static_cast<std::uint32_t>(image.width);
  packed.record.height = static_cast<std::uint32_t>(image.height);
  packed.record.channels = static_cast<std::uint32_t>(image.channels);
}

Packed packOne(const Dataset& dataset, std::int64_t index, const PackOptions& options) {
  Packed packed;
  packed.record.label = static_cast<std::uint32_t>(dataset.label(index));
  try {
    packed.source = dataset.source(index);
    // Decoded even where its bytes are taken over: no damaged image comes into the set.
    const Image image = wholeImage(packed.source, ColorMode::Stored);
    const std::optional<Image> smaller = shrunk(image, options.shortSide);
    packed.resized = smaller.has_value();
    if (options.raw) {
      takePixels(packed, smaller ? *smaller : image);
    } else if (smaller) {
      packed.bytes = encodeJpeg(*smaller, options.quality);
    }
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::Data) throw;
    packed.fault = error.what();
  }
  return packed;
}

/// Images [first, first + count), made in `workers` threads.
std::vector<Packed> packSome(const Dataset& dataset, std::int64_t first, std::int64_t count,
                             const PackOptions& options) {
  std::vector<Packed> made(static_cast<std::size_t>(count));
  std::atomic<std::int64_t> next{0};
  std::exception_ptr failure;
  std::mutex mutex;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < std::max(options.workers, 1); ++i) {
      threads.emplace_back([&] {
        try {
          for (std::int64_t k = next++; k < count; k = next++) {
            made[static_cast<std::size_t>(k)] = packOne(dataset, first + k, options);
          }
        } catch (...) {
          const std::lock_guard lock(mutex);
          failure = std::current_exception();
        }
      });
    }
  }
  if (failure) std::rethrow_exception(failure);
  return made;
}

/// One run of packing: both parts, one writer.
class Packing {
 public:
  Packing(std::string root, const std::string& out, const PackOptions& options)
      : root_(std::move(root)), options_(options), writer_(out, options.shardBytes) {}

  PackReport run() {
    const Stopwatch watch;
    const auto train = openImageFolder(root_, Split::Train);
    const auto validation = openImageFolder(root_, Split::Validation);
    total_ = train->size() + (validation ? validation->size() : 0);
    report_.train = addPart(*train, PackedPart::Train);
    if (validation && report_.complete) report_.validation = addPart(*validation, PackedPart::Validation);
    report_.bytes = writer_.bytes();
    report_.seconds = watch.seconds();
    if (!report_.complete) return std::move(report_);
    if (report_.train == 0) {
      throw Error(ErrorKind::Data,
                  root_ + ": not one training image can be decoded; the first: " + report_.leftOut.front().cause);
    }
    writer_.commit(train->classNames());
    report_.seconds = watch.seconds();
    return std::move(report_);
  }

 private:
  /// How many came in.
  std::int64_t addPart(const Dataset& dataset, PackedPart part) {
    // Some images a thread: memory stays small, and threads seldom wait for the last one.
    const std::int64_t some = 16 * std::max(options_.workers, 1);
    std::int64_t added = 0;
    for (std::int64_t first = 0; first < dataset.size(); first += some) {
      if (options_.stop.stop_requested()) {
        report_.complete = false;
        break;
      }
      const std::int64_t count = std::min(some, dataset.size() - first);
      std::vector<Packed> made = packSome(dataset, first, count, options_);
      for (std::int64_t k = 0; k < count; ++k) {
        added += add(made[static_cast<std::size_t>(k)], dataset.nameOf(first + k), part) ? 1 : 0;
      }
      done_ += count;
      if (options_.onProgress) options_.onProgress(done_, total_);
    }
    return added;
  }

  bool add(Packed& packed, const std::string& name, PackedPart part) {
    if (packed.fault) {
      report_.leftOut.push_back({name, *packed.fault});
      return false;
    }
    packed.record.part = part;
    packed.record.path = std::filesystem::path(name).lexically_relative(root_).string();
    writer_.add(std::move(packed.record), packed.content());
    report_.resized += packed.resized ? 1 : 0;
    return true;
  }

  std::string root_;
  const PackOptions& options_;
  PackedWriter writer_;
  PackReport report_;
  std::int64_t done_ = 0, total_ = 0;
};

}  // namespace

PackReport packImageFolder(const std::string& root, const std::string& out, const PackOptions& options) {
  return Packing(root, out, options).run();
}

}  // namespace slab::data
