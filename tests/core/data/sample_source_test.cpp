// Loaders that decode parts, caches and packed sets give the samples that whole files give.
#include <cmath>
#include <cstdlib>

#include "core/data/decoded_cache.h"
#include "core/data/image_folder.h"
#include "core/data/loader.h"
#include "core/data/pack.h"
#include "core/data/packed_dataset.h"
#include "core/data/support.h"
#include "core/formats/packed_set.h"
#include "core/formats/png_writer.h"

namespace slab::data {
namespace {

namespace fs = std::filesystem;
using test::contains;
using test::errorOf;
using test::TemporaryDirectory;
using SharedDataset = std::shared_ptr<const Dataset>;

Image picture(int width, int height, int number) {
  return test::makeImage(width, height, 3, [=](int x, int y, int c) {
    const double wave = 50 * std::sin(0.15 * x + number) + 30 * std::cos(0.1 * y + c);
    return static_cast<int>(100 + wave) + ((x / 9 + y / 7) % 2) * 20;
  });
}

void writePicture(const std::string& path, int width, int height, int number) {
  fs::create_directories(fs::path(path).parent_path());
  test::writeFile(path, test::encodeJpeg(picture(width, height, number), {.samplesAcross = 2, .samplesDown = 2}));
}

/// Two classes, six training images of about 60 x 45 and two for validation.
class Pictures : public ::testing::Test {
 protected:
  Pictures() {
    for (int i = 0; i < 6; ++i) {
      writePicture(root_.file(std::string("folder/train/") + (i < 4 ? "cat/" : "dog/") + std::to_string(i) + ".jpg"),
                   60 + i, 45 - i, i);
    }
    for (int i = 0; i < 2; ++i) writePicture(root_.file("folder/val/dog/" + std::to_string(i) + ".jpg"), 50, 60, 9 + i);
  }
  [[nodiscard]] std::string folder() const { return root_.file("folder"); }
  [[nodiscard]] SharedDataset files(Split split = Split::Train) const { return openImageFolder(folder(), split); }

  TemporaryDirectory root_;
};

LoaderOptions recipe(int size, Augment augment = Augment::Timm) {
  LoaderOptions options;
  options.batch = 6;
  options.imageSize = size;
  options.augment = augment;
  options.shuffle = true;
  options.workers = 2;
  return options;
}

/// The images of the first three epochs.
std::vector<at::Tensor> threeEpochs(const SharedDataset& dataset, const LoaderOptions& options) {
  Loader loader(dataset, options);
  std::vector<at::Tensor> batches;
  for (int i = 0; i < 3; ++i) batches.push_back(loader.next().images);
  return batches;
}

void expectSameBits(const std::vector<at::Tensor>& a, const std::vector<at::Tensor>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(a[i].equal(b[i])) << "batch " << i;
}

/// Decodes everything whole, as a data set without files does.
class WholeImages final : public Dataset {
 public:
  explicit WholeImages(SharedDataset inner) : inner_(std::move(inner)) {}
  [[nodiscard]] std::int64_t size() const override { return inner_->size(); }
  [[nodiscard]] std::int64_t label(std::int64_t index) const override { return inner_->label(index); }
  [[nodiscard]] const std::vector<std::string>& classNames() const override { return inner_->classNames(); }
  [[nodiscard]] std::string nameOf(std::int64_t index) const override { return inner_->nameOf(index); }
  [[nodiscard]] Image image(std::int64_t index) const override { return inner_->image(index); }
  [[nodiscard]] const std::vector<DatasetNotice>& notices() const override { return inner_->notices(); }

 private:
  SharedDataset inner_;
};

TEST_F(Pictures, DecodingPartsGivesTheBatchesOfWholeImages) {
  for (const Augment augment : {Augment::Timm, Augment::Flip, Augment::None}) {
    const LoaderOptions options = recipe(32, augment);
    expectSameBits(threeEpochs(files(), options), threeEpochs(std::make_shared<WholeImages>(files()), options));
  }
}

TEST_F(Pictures, ReducedDecodingStaysWithinTwoLevelsOnAverage) {
  LoaderOptions options = recipe(12, Augment::Flip);  // 45 pixels are brought to 12: decoded at a half
  options.mean = {0.0};
  options.std = {1.0 / 255};  // values are grey levels
  const auto reduced = threeEpochs(files(), options);
  const auto whole = threeEpochs(std::make_shared<WholeImages>(files()), options);
  double most = 0;
  for (std::size_t i = 0; i < reduced.size(); ++i) {
    most = std::max(most, (reduced[i] - whole[i]).abs().mean().item<double>());
  }
  EXPECT_GT(most, 0.0) << "nothing was reduced";
  EXPECT_LE(most, 2.0);
}

TEST_F(Pictures, AnEvaluationIsDecodedInFull) {
  LoaderOptions options;
  options.batch = 2;
  options.imageSize = 12;
  options.evaluation = true;
  const auto dataset = files(Split::Validation);
  Loader loader(dataset, options), reference(std::make_shared<WholeImages>(dataset), options);
  EXPECT_TRUE(loader.next().images.equal(reference.next().images));
}

TEST_F(Pictures, TheCacheGivesTheSameBatchesAndDecodesOnce) {
  DecodedCache cache(std::uint64_t{1} << 20);
  const SharedDataset cached = cache.over(files());
  const auto first = threeEpochs(cached, recipe(32));
  expectSameBits(first, threeEpochs(files(), recipe(32)));
  for (std::int64_t i = 0; i < cached->size(); ++i) fs::remove(cached->nameOf(i));
  expectSameBits(first, threeEpochs(cached, recipe(32)));
}

TEST_F(Pictures, TheCacheRefusesWhatDoesNotFitAndNamesBothSizes) {
  EXPECT_EQ(estimateDecodedBytes(*files()), [&] {
    std::uint64_t bytes = 0;
    for (std::int64_t i = 0; i < 6; ++i) bytes += files()->image(i).pixels.size();
    return bytes;
  }());
  DecodedCache small(40000);
  const std::string message = errorOf([&] { small.over(files()); });
  EXPECT_TRUE(contains(message, "6 decoded images") && contains(message, "40.0 kB") && contains(message, "data.cache"))
      << message;
}

TEST_F(Pictures, DamagedImagesAreNamedThroughTheCacheToo) {
  test::writeCutJpeg(files()->nameOf(2));
  DecodedCache cache(std::uint64_t{1} << 20);
  Loader loader(cache.over(files()), recipe(32));
  loader.next();
  EXPECT_EQ(loader.skipped(), 1);
}

TEST_F(Pictures, SamplesInMemoryNeedNoCache) {
  DecodedCache cache(0);
  const SharedDataset numbers = test::numberedDataset(4);
  EXPECT_EQ(cache.over(numbers), numbers);
}

TEST_F(Pictures, APackedSetGivesTheBatchesOfItsFolder) {
  const PackReport report = packImageFolder(folder(), root_.file("packed"), {});
  EXPECT_EQ(report.train, 6);
  EXPECT_EQ(report.validation, 2);
  EXPECT_TRUE(report.leftOut.empty());
  DataConfig config;
  config.type = DataType::ImageFolder;
  config.root = root_.file("packed");
  ModelConfig model;
  model.classes = 2;
  const SharedDataset packed = openDataset(config, model, Split::Train);
  EXPECT_EQ(packed->classNames(), (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(classCounts(*packed), (std::vector<std::int64_t>{4, 2}));
  EXPECT_EQ(packed->nameOf(4), config.root + "#train/dog/4.jpg");
  expectSameBits(threeEpochs(packed, recipe(32)), threeEpochs(files(), recipe(32)));
  const auto validation = openDataset(config, model, Split::Validation);
  ASSERT_EQ(validation->size(), 2);
  EXPECT_EQ(validation->image(1).pixels, files(Split::Validation)->image(1).pixels);
}

TEST_F(Pictures, RawPixelsGiveTheSameBatches) {
  packImageFolder(folder(), root_.file("packed"), {.raw = true});
  const SharedDataset packed = openPackedSet(root_.file("packed"), Split::Train);
  EXPECT_TRUE(packed->source(0).file.empty());
  expectSameBits(threeEpochs(packed, recipe(32)), threeEpochs(files(), recipe(32)));
}

TEST_F(Pictures, LargeImagesAreMadeSmallerAndSmallOnesKeepTheirBytes) {
  writePicture(files()->nameOf(0), 200, 120, 0);
  const PackReport report = packImageFolder(folder(), root_.file("packed"), {.shortSide = 64, .quality = 95});
  EXPECT_EQ(report.resized, 1);
  const auto packed = openPackedSet(root_.file("packed"), Split::Train);
  const Image small = packed->image(0);
  EXPECT_EQ(small.width, 106);
  EXPECT_EQ(small.height, 64);
  EXPECT_EQ(packed->image(1).pixels, files()->image(1).pixels);
}

TEST_F(Pictures, DamagedImagesStayOutOfAPackedSetAndAreNamed) {
  test::writeCutJpeg(files()->nameOf(1));
  const PackReport report = packImageFolder(folder(), root_.file("packed"), {});
  ASSERT_EQ(report.leftOut.size(), 1U);
  EXPECT_TRUE(report.leftOut[0].name.ends_with("train/cat/1.jpg"));
  EXPECT_TRUE(contains(report.leftOut[0].cause, "cut"));
  EXPECT_EQ(openPackedSet(root_.file("packed"), Split::Train)->size(), 5);
}

TEST_F(Pictures, AStoppedPackingLeavesNothing) {
  std::stop_source stop;
  PackOptions options;
  options.workers = 1;
  options.stop = stop.get_token();
  stop.request_stop();
  EXPECT_FALSE(packImageFolder(folder(), root_.file("packed"), options).complete);
  EXPECT_FALSE(fs::exists(root_.file("packed")));
  EXPECT_EQ(std::distance(fs::directory_iterator(root_.path()), {}), 1);
}

TEST_F(Pictures, ADamagedRecordIsSkippedCountedAndNamed) {
  packImageFolder(folder(), root_.file("packed"), {});
  const std::string shard = root_.file("packed/shard-00000.bin");
  std::string bytes = test::readFile(shard);
  bytes[40] = static_cast<char>(bytes[40] ^ 1);  // in the first image
  test::writeFile(shard, bytes);
  std::vector<SkippedSample> skipped;
  LoaderOptions options = recipe(32);
  options.dropLast = false;
  Loader loader(openPackedSet(root_.file("packed"), Split::Train), options,
                [&](const SkippedSample& sample) { skipped.push_back(sample); });
  loader.next();
  ASSERT_EQ(skipped.size(), 1U);
  EXPECT_TRUE(contains(skipped[0].cause, "train/cat/0.jpg") && contains(skipped[0].cause, "checksum"))
      << skipped[0].cause;
}

}  // namespace
}  // namespace slab::data
