#include "core/coco/scene_set.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "core/base/clock.h"
#include "core/base/rng.h"
#include "core/coco/scene_annotations.h"
#include "core/formats/durable_file.h"
#include "core/formats/png_writer.h"

namespace slab::coco {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kPartOfVal = 5;

[[noreturn]] void failWrite(const std::string& path, const char* action, int code) {
  throw WriteError(ErrorKind::Data,
                   path + " can't be " + action + ": " + errnoMessage(code) +
                       "; nothing was made, free some space or name another folder",
                   code);
}

/// A folder under a temporary name beside its own, removed unless it was given that.
class NewFolder {
 public:
  explicit NewFolder(const std::string& folder) : folder_(fs::path(folder).lexically_normal()) {
    if (!folder_.has_filename()) folder_ = folder_.parent_path();
    std::error_code error;
    const fs::file_status status = fs::symlink_status(folder_, error);
    isThere_ = fs::exists(status);
    if (isThere_ && !(fs::is_directory(status) && fs::is_empty(folder_, error))) {
      throw Error(ErrorKind::Data,
                  folder_.string() + " exists already: name a new folder for the scenes, or an empty one");
    }
    temporary_ =
        folder_.parent_path() / ("." + folder_.filename().string() + "." + std::to_string(::getpid()) + ".tmp");
    for (const char* part : {"annotations", "train", "val"}) {
      if (!fs::create_directories(temporary_ / part, error) && error) {
        const int code = error.value();
        fs::remove_all(temporary_, error);
        failWrite((temporary_ / part).string(), "created", code);
      }
    }
  }
  ~NewFolder() {
    std::error_code ignored;
    if (!isKept_) fs::remove_all(temporary_, ignored);
  }
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;

  [[nodiscard]] const fs::path& path() const { return temporary_; }

  /// All files reach the disk in one go, which for thousands of them is much faster than one by one.
  void commit() {
    const int fd = ::open(temporary_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool isSynced = fd >= 0 && ::syncfs(fd) == 0;
    const int code = errno;
    if (fd >= 0) ::close(fd);
    if (!isSynced) failWrite(temporary_.string(), "flushed to the disk", code);
    // rmdir takes an empty folder alone, whatever came there meanwhile.
    if (isThere_ && ::rmdir(folder_.c_str()) != 0) failWrite(folder_.string(), "replaced", errno);
    FileSystem& files = systemFileSystem();
    if (uninterrupted([&] { return files.renameNew(temporary_.string(), folder_.string()); }) != 0) {
      failWrite(folder_.string(), "given its name", errno);
    }
    isKept_ = true;
    syncDirectory(folder_.has_parent_path() ? folder_.parent_path().string() : ".");
  }

 private:
  fs::path folder_, temporary_;
  bool isThere_ = false, isKept_ = false;  // isThere_: as an empty folder
};

void writeWhole(const fs::path& path, std::span<const std::byte> bytes) {
  DurableFile(path.string()).write(bytes);
}

std::string fileName(std::int64_t id) {
  char name[32];
  std::snprintf(name, sizeof name, "%06lld.png", static_cast<long long>(id));
  return name;
}

/// One part of a set: its pictures, and then its annotation file.
class PartMaker {
 public:
  PartMaker(const SceneSetOptions& options, const fs::path& folder, MnistPart part, std::int64_t images)
      : options_(options),
        folder_(folder),
        isTrain_(part == MnistPart::Train),
        items_(readMnist(options.items, part)),
        annotations_(static_cast<std::size_t>(images)) {}

  /// False after a stop.
  bool makePictures(std::int64_t before, std::int64_t total) {
    const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
    const auto threads = options_.threads > 0 ? static_cast<unsigned>(options_.threads) : cores;
    {
      std::vector<std::jthread> helpers;
      for (unsigned i = 1; i < threads; ++i) helpers.emplace_back([this] { work({}); });
      work([&] {
        if (options_.onProgress) options_.onProgress(before + std::min(next_.load(), size()), total);
      });
    }
    if (failure_) std::rethrow_exception(failure_);
    return !options_.stop.stop_requested();
  }

  void writeAnnotations(SceneSetReport& report) {
    CocoSet set;
    set.categories = sceneCategories();
    for (std::int64_t i = 0; i < size(); ++i) {
      set.images.push_back({i + 1, options_.size, options_.size, fileName(i + 1)});
      for (CocoAnnotation& annotation : annotations_[static_cast<std::size_t>(i)]) {
        annotation.image = i + 1;
        annotation.id = static_cast<std::int64_t>(set.annotations.size()) + 1;
        ++(annotation.isCrowd ? report.crowds : report.objects);
        set.annotations.push_back(std::move(annotation));
      }
    }
    const std::string json = toAnnotationJson(
        set, "Fashion-MNIST items in made-up scenes, seed " + std::to_string(options_.seed) + ", " + name());
    writeWhole(folder_ / "annotations" / ("instances_" + name() + ".json"), std::as_bytes(std::span(json)));
  }

 private:
  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(annotations_.size()); }
  [[nodiscard]] std::string name() const { return isTrain_ ? "train" : "val"; }

  void work(const std::function<void()>& onEach) {
    try {
      for (std::int64_t i = next_++; i < size() && !options_.stop.stop_requested(); i = next_++) {
        makeOne(i);
        if (onEach) onEach();
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      failure_ = std::current_exception();
      next_ = size();
    }
  }

  void makeOne(std::int64_t i) {
    enum Purpose : std::uint64_t { kPicture = 1, kShapes = 2 };
    const auto number = static_cast<std::uint64_t>(i);
    const std::uint64_t part = isTrain_ ? 0 : 1;
    const Scene scene = drawScene(items_, options_.size, hashKeys(options_.seed, part, number, kPicture));
    annotations_[static_cast<std::size_t>(i)] = annotationsOf(scene, hashKeys(options_.seed, part, number, kShapes));
    writeWhole(folder_ / name() / fileName(i + 1), encodePng(scene.picture));
  }

  const SceneSetOptions& options_;
  const fs::path& folder_;
  bool isTrain_;
  SceneItems items_;
  std::vector<std::vector<CocoAnnotation>> annotations_;  // by image
  std::atomic<std::int64_t> next_{0};
  std::mutex mutex_;
  std::exception_ptr failure_;
};

}  // namespace

SceneSetReport makeSceneSet(const SceneSetOptions& options) {
  if (options.images < 1 || options.images > kMostScenes) {
    throw Error(ErrorKind::Data, "a set of " + std::to_string(options.images) + " scenes can't be made: name 1 to " +
                                     std::to_string(kMostScenes));
  }
  const Stopwatch watch;
  SceneSetReport report;
  report.train = options.images;
  report.val = std::max<std::int64_t>(1, options.images / kPartOfVal);
  NewFolder folder(options.out);
  std::int64_t done = 0;
  for (const MnistPart part : {MnistPart::Train, MnistPart::Test}) {
    const std::int64_t images = part == MnistPart::Train ? report.train : report.val;
    PartMaker maker(options, folder.path(), part, images);
    report.isComplete = maker.makePictures(done, report.train + report.val);
    if (!report.isComplete) return report;
    maker.writeAnnotations(report);
    done += images;
  }
  folder.commit();
  report.seconds = watch.seconds();
  return report;
}

}  // namespace slab::coco
