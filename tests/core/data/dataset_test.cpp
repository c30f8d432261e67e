#include "core/data/dataset.h"

#include <algorithm>

#include "core/data/image_folder.h"
#include "core/data/support.h"

namespace slab::data {
namespace {

namespace fs = std::filesystem;
using test::contains;
using test::errorOf;
using test::TemporaryDirectory;

ModelConfig model(std::int64_t size, std::int64_t channels = 3, std::int64_t classes = 10) {
  ModelConfig config;
  config.imageSize = size;
  config.inChannels = channels;
  config.classes = classes;
  return config;
}

bool notes(const Dataset& dataset, const std::string& path, const std::string& part) {
  return std::any_of(dataset.notices().begin(), dataset.notices().end(), [&](const DatasetNotice& notice) {
    return notice.path.ends_with(path) && contains(notice.message, part);
  });
}

TEST(FashionMnist, DebiansFilesAreReadWhole) {
  if (!fs::exists(kFashionMnistRoot)) GTEST_SKIP() << "dataset-fashion-mnist is not installed";
  DataConfig config;
  const auto train = openDataset(config, model(28, 1), Split::Train);
  const auto validation = openDataset(config, model(28, 1), Split::Validation);
  ASSERT_EQ(train->size(), 60'000);
  ASSERT_EQ(validation->size(), 10'000);
  EXPECT_EQ(train->label(0), 9);  // the well-known first sample, an ankle boot
  EXPECT_EQ(train->classNames()[9], "Ankle boot");
  EXPECT_EQ(classCounts(*train), std::vector<std::int64_t>(10, 6'000));
  EXPECT_EQ(classCounts(*validation), std::vector<std::int64_t>(10, 1'000));
  // Mean and deviation of the training pixels, as published with the data set.
  const at::Tensor pixels = train->stored().to(at::kFloat) / 255;
  EXPECT_NEAR(pixels.mean().item<double>(), 0.2860, 1e-4);
  EXPECT_NEAR(pixels.std().item<double>(), 0.3530, 1e-4);
  EXPECT_EQ(train->image(0).width, 28);
  config.limit = 100;
  EXPECT_EQ(openDataset(config, model(28, 1), Split::Train)->size(), 100);
  EXPECT_EQ(openDataset(config, model(28, 1), Split::Validation)->size(), 10'000);
}

TEST(FashionMnist, AMissingFolderNamesPathAndPackage) {
  DataConfig config;
  config.root = "/nowhere";
  const std::string message = errorOf([&] { openDataset(config, model(28, 1), Split::Train); });
  EXPECT_TRUE(contains(message, "/nowhere/train-images-idx3-ubyte.gz")) << message;
  EXPECT_TRUE(contains(message, "dataset-fashion-mnist")) << message;
}

TEST(ImageFolder, OneClassMapServesBothPartsAndOdditiesAreReported) {
  TemporaryDirectory root;
  test::writeJpeg(root.file("train/cat/1.jpg"), 40, 30, 10);
  test::writeJpeg(root.file("train/cat/deep/2.JPEG"), 30, 40, 20);
  test::writeJpeg(root.file("train/dog/1.jpg"), 30, 30, 30);
  fs::create_directories(root.file("train/emu"));
  test::writeJpeg(root.file("train/.cache/x.jpg"), 8, 8, 0);
  test::writeJpeg(root.file("train/cat/.hidden.jpg"), 8, 8, 0);
  test::writeFile(root.file("train/cat/notes.txt"), std::string_view("x"));
  test::writeFile(root.file("train/loose.jpg"), std::string_view("x"));
  test::writeJpeg(root.file("val/dog/7.jpg"), 30, 30, 30);
  test::writeJpeg(root.file("val/fox/7.jpg"), 30, 30, 30);

  const auto train = openImageFolder(root.path(), Split::Train);
  EXPECT_EQ(train->classNames(), (std::vector<std::string>{"cat", "dog", "emu"}));
  ASSERT_EQ(train->size(), 3);
  EXPECT_TRUE(train->nameOf(0).ends_with("train/cat/1.jpg"));
  EXPECT_TRUE(train->nameOf(1).ends_with("train/cat/deep/2.JPEG"));
  EXPECT_EQ(classCounts(*train), (std::vector<std::int64_t>{2, 1, 0}));
  EXPECT_EQ(train->image(0).width, 40);
  EXPECT_TRUE(notes(*train, "/.cache", "hidden"));
  EXPECT_TRUE(notes(*train, "/.hidden.jpg", "hidden"));
  EXPECT_TRUE(notes(*train, "/emu", "without images"));
  EXPECT_TRUE(notes(*train, "/notes.txt", "passed over"));
  EXPECT_TRUE(notes(*train, "/loose.jpg", "not in a class folder"));

  const auto validation = openImageFolder(root.path(), Split::Validation);
  ASSERT_EQ(validation->size(), 1);
  EXPECT_EQ(validation->label(0), 1);
  EXPECT_TRUE(notes(*validation, "val/cat", "missing"));
  EXPECT_TRUE(notes(*validation, "val/fox", "train does not have"));
}

TEST(ImageFolder, MissingPartsAreErrorsOrNothing) {
  TemporaryDirectory root;
  EXPECT_TRUE(contains(errorOf([&] { openImageFolder(root.path(), Split::Train); }), root.file("train")));
  EXPECT_THROW(openImageFolder("", Split::Train), Error);
  fs::create_directories(root.file("train/cat"));
  EXPECT_TRUE(contains(errorOf([&] { openImageFolder(root.path(), Split::Train); }), "no image"));
  test::writeJpeg(root.file("train/cat/1.jpg"), 8, 8, 0);
  EXPECT_EQ(openImageFolder(root.path(), Split::Validation), nullptr);
}

TEST(ImageFolder, ADamagedFileIsAnErrorOfItsOwnOnly) {
  TemporaryDirectory root;
  test::writeJpeg(root.file("train/a/1.jpg"), 8, 8, 0);
  test::writeCutJpeg(root.file("train/a/2.jpg"));
  const auto dataset = openImageFolder(root.path(), Split::Train);
  EXPECT_NO_THROW((void)dataset->image(0));
  EXPECT_TRUE(contains(errorOf([&] { (void)dataset->image(1); }), "train/a/2.jpg"));
}

struct TensorFiles : testing::Test {
  TemporaryDirectory folder;
  DataConfig config;

  void SetUp() override {
    config.type = DataType::Tensors;
    config.images = folder.file("images.npy");
    config.labels = folder.file("labels.npy");
  }
  void write(const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& labels) const {
    std::vector<float> values(static_cast<std::size_t>(*elementCount(shape)));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
    writeNpy(config.images, shape, values);
    const std::int64_t count[] = {static_cast<std::int64_t>(labels.size())};
    writeNpy(config.labels, ElementType::I64, count, std::as_bytes(std::span(labels)));
  }
};

TEST_F(TensorFiles, AreReadAsTheyStand) {
  write({2, 3, 4, 4}, {7, 1});
  const auto dataset = openDataset(config, model(4), Split::Train);
  EXPECT_EQ(dataset->size(), 2);
  EXPECT_EQ(dataset->label(0), 7);
  EXPECT_TRUE(dataset->isNormalised());
  EXPECT_TRUE(dataset->keepsOrder());
  EXPECT_EQ(dataset->stored()[1][2][3][3].item<float>(), 95.0F);
  EXPECT_EQ(dataset->image(0).pixels[0], 0);
  EXPECT_EQ(dataset->image(0).pixels.back(), 255);
  EXPECT_EQ(openDataset(config, model(4), Split::Validation), nullptr);
}

TEST_F(TensorFiles, ThatDoNotFitAreRefusedWithTheReason) {
  write({2, 3, 4, 4}, {7, 1, 2});
  EXPECT_TRUE(contains(errorOf([&] { openDataset(config, model(4), Split::Train); }), "2 images have 3 labels"));
  write({2, 3, 4, 4}, {7, 10});
  EXPECT_TRUE(contains(errorOf([&] { openDataset(config, model(4), Split::Train); }), "label 10"));
  write({2, 3, 4, 4}, {7, -1});
  EXPECT_TRUE(contains(errorOf([&] { openDataset(config, model(4), Split::Train); }), "label -1"));
  write({2, 3, 4, 4}, {7, 1});
  EXPECT_TRUE(contains(errorOf([&] { openDataset(config, model(8), Split::Train); }), "model.image_size 8"));
  write({2, 48}, {7, 1});
  EXPECT_TRUE(contains(errorOf([&] { openDataset(config, model(4), Split::Train); }), "N x C x H x W"));
  config.images = folder.file("absent.npy");
  EXPECT_TRUE(contains(errorOf([&] { openDataset(config, model(4), Split::Train); }), "absent.npy"));
}

TEST(Dataset, ATypeThatIsNotBuiltYetSaysSo) {
  DataConfig config;
  config.type = DataType::Coco;
  EXPECT_TRUE(contains(errorOf([&] { openDataset(config, model(4), Split::Train); }), "for a detector"));
}

}  // namespace
}  // namespace slab::data
