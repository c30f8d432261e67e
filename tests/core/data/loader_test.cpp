#include "core/data/loader.h"

#include <atomic>
#include <numeric>
#include <set>

#include "core/data/image_folder.h"
#include "core/data/support.h"

namespace slab::data {
namespace {

using test::contains;
using test::errorOf;
using test::numberedDataset;
using test::TemporaryDirectory;

LoaderOptions options(std::int64_t batch, int size = 4, int channels = 1) {
  LoaderOptions options;
  options.batch = batch;
  options.imageSize = size;
  options.channels = channels;
  return options;
}

std::vector<std::int64_t> indicesOf(const Batch& batch) {
  const auto* first = batch.indices.const_data_ptr<std::int64_t>();
  return {first, first + batch.indices.numel()};
}

std::vector<std::int64_t> labelsOf(const Batch& batch) {
  const auto* first = batch.labels.const_data_ptr<std::int64_t>();
  return {first, first + batch.labels.numel()};
}

TEST(Loader, AnEpochIsAPermutationAndEpochsDiffer) {
  LoaderOptions wanted = options(10);
  wanted.shuffle = true;
  Loader loader(numberedDataset(100), wanted);
  std::vector<std::vector<std::int64_t>> epochs(3);
  for (auto& epoch : epochs) {
    for (std::int64_t i = 0; i < loader.batchesPerEpoch(); ++i) {
      for (const std::int64_t index : indicesOf(loader.next())) epoch.push_back(index);
    }
    EXPECT_EQ(std::set<std::int64_t>(epoch.begin(), epoch.end()).size(), 100U);
  }
  EXPECT_NE(epochs[0], epochs[1]);
  EXPECT_NE(epochs[1], epochs[2]);
}

TEST(Loader, AnEpochEndsWithAWholeStep) {
  LoaderOptions wanted = options(10);
  wanted.accumulate = 3;
  Loader loader(numberedDataset(100), wanted);
  EXPECT_EQ(loader.batchesPerEpoch(), 9) << "the tenth batch would begin a step that the epoch can't finish";
  EXPECT_EQ(loader.sizeOf(8), 10);
  loader.seek(9);
  EXPECT_EQ(loader.next().epoch, 1);
}

TEST(Loader, AnEpochThatKeepsItsRestEndsWithAShortBatch) {
  LoaderOptions wanted = options(8);
  wanted.accumulate = 3;
  wanted.dropLast = false;
  Loader loader(numberedDataset(100), wanted);
  EXPECT_EQ(loader.batchesPerEpoch(), 13);
  for (std::int64_t i = 0; i < 14; ++i) EXPECT_EQ(loader.next().labels.size(0), loader.sizeOf(i)) << i;
  EXPECT_EQ(loader.sizeOf(12), 4);
}

TEST(Loader, ValuesAndLabelsBelongToTheirSamples) {
  LoaderOptions wanted = options(7, 4, 3);
  wanted.shuffle = true;
  wanted.augment = Augment::Flip;
  wanted.mean = {0.5, 0.25, 0.0};
  wanted.std = {0.5, 1.0, 2.0};
  Loader loader(numberedDataset(50), wanted);
  for (int i = 0; i < 10; ++i) {
    const Batch batch = loader.next();
    ASSERT_EQ(batch.images.sizes(), (std::vector<std::int64_t>{7, 3, 4, 4}));
    for (std::int64_t n = 0; n < 7; ++n) {
      const std::int64_t index = batch.indices[n].item<std::int64_t>();
      EXPECT_EQ(batch.labels[n].item<std::int64_t>(), index % 10);
      for (int c = 0; c < 3; ++c) {
        const double expected = (static_cast<double>(index) / 255 - wanted.mean[static_cast<std::size_t>(c)]) /
                                wanted.std[static_cast<std::size_t>(c)];
        EXPECT_NEAR(batch.images[n][c].min().item<double>(), expected, 1e-6);
        EXPECT_NEAR(batch.images[n][c].max().item<double>(), expected, 1e-6);
      }
    }
  }
}

TEST(Loader, BatchesAreTheSameBitsWhateverTheThreadsDo) {
  const std::shared_ptr<const Dataset> dataset = numberedDataset(97, 6);
  const auto run = [&](int workers, int prefetch) {
    LoaderOptions wanted = options(8, 6);
    wanted.shuffle = true;
    wanted.augment = Augment::Light;
    wanted.workers = workers;
    wanted.prefetch = prefetch;
    Loader loader(dataset, wanted);
    std::vector<at::Tensor> batches;
    for (int i = 0; i < 30; ++i) batches.push_back(loader.next().images);
    return at::cat(batches);
  };
  const at::Tensor expected = run(1, 1);
  for (const auto& [workers, prefetch] : {std::pair(2, 4), {5, 3}, {8, 20}}) {
    EXPECT_TRUE(at::equal(run(workers, prefetch), expected)) << workers;
  }
}

TEST(Loader, TheRecipeIsTheSameBitsWhateverTheThreadsDoAndWhicheverWayItIsReached) {
  const std::shared_ptr<const Dataset> dataset = numberedDataset(40, 12, 3);
  LoaderOptions wanted = options(6, 12, 3);
  wanted.shuffle = true;
  wanted.augment = Augment::Timm;
  std::vector<Batch> batches;
  Loader straight(dataset, wanted);
  for (int i = 0; i < 16; ++i) batches.push_back(straight.next());
  wanted.workers = 5;
  Loader jumping(dataset, wanted);
  int mixed = 0;
  for (const std::int64_t target : {11, 3, 4, 0, 15}) {
    jumping.seek(target);
    const Batch batch = jumping.next();
    const Batch& expected = batches[static_cast<std::size_t>(target)];
    EXPECT_TRUE(at::equal(batch.images, expected.images)) << target;
    EXPECT_TRUE(at::equal(batch.labels, expected.labels)) << target;
    EXPECT_EQ(batch.ownShare, expected.ownShare);
    mixed += batch.ownShare < 1.0 ? 1 : 0;
  }
  EXPECT_GT(mixed, 2);
  EXPECT_FALSE(at::equal(batches[0].images, batches[6].images)) << "another epoch, other draws";
}

TEST(Loader, ProcessesTogetherTakeWhatOneTakesInLargerBatches) {
  const std::shared_ptr<const Dataset> dataset = numberedDataset(47);
  LoaderOptions wanted = options(12);
  wanted.shuffle = true;
  Loader whole(dataset, wanted);
  wanted.batch = 4;
  wanted.ranks = 3;
  std::vector<std::unique_ptr<Loader>> parts;
  for (wanted.rank = 0; wanted.rank < 3; ++wanted.rank) parts.push_back(std::make_unique<Loader>(dataset, wanted));
  for (int i = 0; i < 8; ++i) {
    const Batch expected = whole.next();
    std::vector<std::int64_t> together;
    for (const auto& part : parts) {
      EXPECT_EQ(part->batchesPerEpoch(), 3);
      const Batch batch = part->next();
      EXPECT_EQ(batch.epoch, expected.epoch);
      for (const std::int64_t index : indicesOf(batch)) together.push_back(index);
    }
    EXPECT_EQ(together, indicesOf(expected)) << "step " << i;
  }
}

// Ten batches for four processes: in the last round two have nothing left, and one has two samples.
TEST(Loader, WhereNothingIsDroppedProcessesShareAllSamplesInAsManyBatches) {
  const std::shared_ptr<const Dataset> dataset = numberedDataset(29);
  LoaderOptions wanted = options(3);
  wanted.dropLast = false;
  wanted.ranks = 4;
  std::vector<std::unique_ptr<Loader>> parts;
  for (wanted.rank = 0; wanted.rank < 4; ++wanted.rank) parts.push_back(std::make_unique<Loader>(dataset, wanted));
  std::vector<std::int64_t> together;
  for (std::int64_t number = 0; number < 3; ++number) {
    std::int64_t count = 0;
    for (const auto& part : parts) {
      EXPECT_EQ(part->batchesPerEpoch(), 3);
      const std::vector<std::int64_t> indices = indicesOf(part->next());
      EXPECT_EQ(static_cast<std::int64_t>(indices.size()), part->sizeOf(number));
      together.insert(together.end(), indices.begin(), indices.end());
      count += static_cast<std::int64_t>(indices.size());
    }
    for (const auto& part : parts) EXPECT_EQ(part->sizeTogether(number), count);
  }
  std::vector<std::int64_t> all(29);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(together, all);
}

TEST(Loader, AProcessMixesItsBatchesAsASingleOneThatAccumulatesDoes) {
  const std::shared_ptr<const Dataset> dataset = numberedDataset(40, 12, 3);
  LoaderOptions wanted = options(4, 12, 3);
  wanted.shuffle = true;
  wanted.augment = Augment::Timm;
  Loader single(dataset, wanted);
  wanted.ranks = 2;
  wanted.rank = 1;
  Loader second(dataset, wanted);
  for (int i = 0; i < 10; ++i) {
    single.next();
    const Batch expected = single.next(), batch = second.next();
    EXPECT_TRUE(at::equal(batch.images, expected.images)) << i;
    EXPECT_EQ(batch.ownShare, expected.ownShare);
  }
}

TEST(Loader, TheRecipeRefusesFloatingPointImages) {
  const auto images = at::zeros({8, 1, 4, 4}), labels = at::zeros({8}, at::kLong);
  LoaderOptions wanted = options(4);
  wanted.augment = Augment::Timm;
  const std::shared_ptr<const Dataset> floats = makeTensorDataset({images, labels, {}, "floats", false, false});
  EXPECT_TRUE(contains(errorOf([&] { Loader loader(floats, wanted); }), "8-bit"));
}

TEST(Loader, SeekingGivesTheBatchThatWouldHaveCome) {
  const std::shared_ptr<const Dataset> dataset = numberedDataset(40);
  LoaderOptions wanted = options(6);
  wanted.shuffle = true;
  wanted.augment = Augment::Light;
  Loader straight(dataset, wanted), jumping(dataset, wanted);
  std::vector<Batch> batches;
  for (int i = 0; i < 25; ++i) batches.push_back(straight.next());
  for (const std::int64_t target : {20, 3, 4, 0, 17, 17}) {
    jumping.seek(target);
    EXPECT_EQ(jumping.position(), target);
    const Batch batch = jumping.next();
    const Batch& expected = batches[static_cast<std::size_t>(target)];
    EXPECT_TRUE(at::equal(batch.images, expected.images)) << target;
    EXPECT_EQ(indicesOf(batch), indicesOf(expected));
    EXPECT_EQ(batch.epoch, target / 6);
    EXPECT_EQ(batch.index, target % 6);
  }
}

TEST(Loader, TheShortBatchIsDroppedOrKept) {
  LoaderOptions wanted = options(8);
  Loader dropping(numberedDataset(20), wanted);
  EXPECT_EQ(dropping.batchesPerEpoch(), 2);
  wanted.dropLast = false;
  Loader keeping(numberedDataset(20), wanted);
  EXPECT_EQ(keeping.batchesPerEpoch(), 3);
  keeping.next();
  keeping.next();
  EXPECT_EQ(indicesOf(keeping.next()), (std::vector<std::int64_t>{16, 17, 18, 19}));
  EXPECT_EQ(indicesOf(keeping.next()).front(), 0);
  EXPECT_TRUE(contains(errorOf([] { Loader loader(numberedDataset(7), options(8)); }), "7 samples"));
}

struct Folder : testing::Test {
  TemporaryDirectory root;

  std::shared_ptr<const Dataset> make(int good, const std::set<int>& bad) {
    for (int i = 0; i < good; ++i) {
      const std::string path = root.file("train/c/" + std::to_string(10'000 + i) + ".jpg");
      bad.count(i) > 0 ? test::writeCutJpeg(path) : test::writeJpeg(path, 20 + i, 16, 10 * i);
    }
    return openImageFolder(root.path(), Split::Train);
  }
};

TEST_F(Folder, BadFilesAreReplacedByTheNextGoodOneCountedAndNamedOnce) {
  const auto dataset = make(10, {3, 4, 9});
  std::vector<SkippedSample> skipped;
  Loader loader(dataset, options(5, 16, 3), [&](const SkippedSample& sample) { skipped.push_back(sample); });
  EXPECT_EQ(indicesOf(loader.next()), (std::vector<std::int64_t>{0, 1, 2, 5, 5}));
  EXPECT_EQ(indicesOf(loader.next()), (std::vector<std::int64_t>{5, 6, 7, 8, 0}));
  for (int i = 0; i < 6; ++i) loader.next();
  ASSERT_EQ(skipped.size(), 3U);
  EXPECT_EQ(loader.skipped(), 3);
  EXPECT_EQ(skipped[0].index, 3);
  EXPECT_TRUE(skipped[0].name.ends_with("train/c/10003.jpg"));
  EXPECT_TRUE(contains(skipped[0].cause, "byte")) << skipped[0].cause;
  EXPECT_EQ(skipped[2].index, 9);
}

TEST_F(Folder, InAnEvaluationAStandInHasNoLabel) {
  LoaderOptions wanted = options(5, 16, 3);
  wanted.evaluation = true;
  Loader loader(make(10, {3, 4, 9}), wanted);
  EXPECT_EQ(labelsOf(loader.next()), (std::vector<std::int64_t>{0, 0, 0, kUncounted, kUncounted}));
  EXPECT_EQ(labelsOf(loader.next()), (std::vector<std::int64_t>{0, 0, 0, 0, kUncounted}));
}

TEST_F(Folder, AThousandPlantedDefectsAreAllReported) {
  std::set<int> bad;
  for (int i = 0; i < 1000; ++i) bad.insert(i);
  const auto dataset = make(1010, bad);
  std::set<std::string> named;
  LoaderOptions wanted = options(101, 16, 3);
  wanted.shuffle = true;
  Loader loader(dataset, wanted, [&](const SkippedSample& sample) { named.insert(sample.name); });
  for (int i = 0; i < 10; ++i) {
    for (const std::int64_t index : indicesOf(loader.next())) EXPECT_GE(index, 1000);
  }
  EXPECT_EQ(named.size(), 1000U);
}

TEST_F(Folder, ADataSetWithoutOneGoodFileIsAnErrorNotAHang) {
  const auto dataset = make(4, {0, 1, 2, 3});
  Loader loader(dataset, options(2, 16, 3));
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(contains(errorOf([&] { loader.next(); }), "not one of the 4 samples"));
  }
}

TEST_F(Folder, EvaluationTakesTheCentre) {
  TemporaryDirectory other;
  std::filesystem::create_directories(other.file("train/c"));
  // 341 x 256: at 224 the reference's crop begins at column 58, row 16.
  test::writeFile(
      other.file("train/c/x.jpg"),
      test::encodeJpeg(test::makeImage(341, 256, 3, [](int x, int, int) { return x % 256; }), {.quality = 100}));
  LoaderOptions wanted = options(1, 224, 3);
  wanted.evaluation = true;
  Loader loader(openImageFolder(other.path(), Split::Train), wanted);
  EXPECT_NEAR(loader.next().images[0][0][0][0].item<float>() * 255, 58, 3);
}

TEST(Loader, EndingInTheMiddleDoesNotHang) {
  for (int i = 0; i < 50; ++i) {
    LoaderOptions wanted = options(4);
    wanted.workers = 4;
    wanted.prefetch = 1 + i % 5;
    Loader loader(numberedDataset(64), wanted);
    for (int n = 0; n < i % 7; ++n) loader.next();
    if (i % 3 == 0) loader.seek(i);
  }
}

TEST(Loader, MeansThatDoNotFitTheChannelsAreRefused) {
  LoaderOptions wanted = options(4, 4, 1);
  wanted.mean = {0.1, 0.2, 0.3};
  EXPECT_TRUE(contains(errorOf([&] { Loader loader(numberedDataset(8), wanted); }), "data.mean"));
}

TEST(Loader, StoredImagesOfAnotherSizeAreResizedWhole) {
  LoaderOptions wanted = options(2, 9, 3);
  wanted.evaluation = true;
  Loader loader(numberedDataset(8, 4), wanted);
  const Batch batch = loader.next();
  EXPECT_EQ(batch.images.sizes(), (std::vector<std::int64_t>{2, 3, 9, 9}));
  EXPECT_NEAR(batch.images[1].max().item<float>() * 255, 1, 1e-4);
}

TEST(Loader, OptionsFollowTheConfiguration) {
  DataConfig data;
  data.augment = Augment::Light;
  ModelConfig model;
  model.imageSize = 4;
  model.inChannels = 1;
  const auto dataset = numberedDataset(20);
  const LoaderOptions train = loaderOptions(data, model, *dataset, Split::Train, 8, 5);
  EXPECT_TRUE(train.shuffle && train.dropLast && !train.evaluation);
  EXPECT_EQ(train.augment, Augment::Light);
  EXPECT_EQ(train.seed, 5U);
  const LoaderOptions evaluation = loaderOptions(data, model, *dataset, Split::Validation, 8, 5);
  EXPECT_TRUE(!evaluation.shuffle && !evaluation.dropLast && evaluation.evaluation);
  EXPECT_EQ(evaluation.augment, Augment::None);
  const auto ordered = makeTensorDataset({dataset->stored(), at::zeros({20}, at::kLong), {}, "x", false, true});
  data.dropLast = false;
  const LoaderOptions tensors = loaderOptions(data, model, *ordered, Split::Train, 8, 5);
  EXPECT_TRUE(!tensors.shuffle && tensors.dropLast);
  EXPECT_EQ(tensors.augment, Augment::None);
}

}  // namespace
}  // namespace slab::data
