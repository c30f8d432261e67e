#include "core/data/validation_list.h"

#include "core/data/image_folder.h"
#include "core/data/support.h"

namespace slab::data {
namespace {

using test::contains;
using test::errorOf;

const std::vector<std::string> kClasses{"n01440764", "n01443537", "n01751748"};
const std::vector<std::string> kNames{"ILSVRC2012_val_00000001.JPEG", "ILSVRC2012_val_00000002.JPEG"};

struct ValidationList : testing::Test {
  test::TemporaryDirectory root;

  ValidationLabels read(const std::string& text) {
    test::writeFile(root.file("val.txt"), text);
    return readValidationList(root.file("val.txt"), kClasses, kNames);
  }
};

TEST_F(ValidationList, EveryCommonFormIsRead) {
  const ValidationLabels expected{{kNames[0], 2}, {kNames[1], 0}};
  EXPECT_EQ(read("ILSVRC2012_val_00000001.JPEG 2\nILSVRC2012_val_00000002.JPEG 0\n"), expected);
  EXPECT_EQ(read("val/ILSVRC2012_val_00000001.JPEG\tn01751748\r\n\n# note\nval/ILSVRC2012_val_00000002.JPEG n01440764"),
            expected);
  EXPECT_EQ(read("ILSVRC2012_val_00000001.JPEG,n01751748\nILSVRC2012_val_00000002.JPEG,n01440764\n"), expected);
  EXPECT_EQ(read("ImageId,PredictionString\nILSVRC2012_val_00000001,n01751748 85 1 499 272 1 2 3 4 5\n"
                 "ILSVRC2012_val_00000002,n01440764 0 0 1 1 \n"),
            expected);
}

TEST_F(ValidationList, WhatDoesNotFitIsRefusedWithItsLineAndTheMend) {
  EXPECT_TRUE(contains(errorOf([&] { read("a.JPEG 2\nb.JPEG 3\n"); }), "line 2: class 3 is out of range"));
  EXPECT_TRUE(contains(errorOf([&] { read("a.JPEG n02123045\n"); }), "no class folder 'n02123045'"));
  EXPECT_TRUE(contains(errorOf([&] { read("a.JPEG\n"); }), "no label after 'a.JPEG'"));
  const std::string devkit = errorOf([&] { read("490\n361\n"); });
  EXPECT_TRUE(contains(devkit, "devkit") && contains(devkit, "LOC_val_solution.csv")) << devkit;
}

TEST_F(ValidationList, LabelsAFlatFolderOfImages) {
  for (const auto& name : kClasses) test::writeJpeg(root.file("train/" + name + "/1.JPEG"), 8, 8, 0);
  for (const auto& name : kNames) test::writeJpeg(root.file("val/" + name), 8, 8, 0);
  test::writeJpeg(root.file("val/extra.JPEG"), 8, 8, 0);
  const std::string missing = errorOf([&] { openImageFolder(root.path(), Split::Validation); });
  EXPECT_TRUE(contains(missing, "3 images in no class folder") && contains(missing, "val.txt")) << missing;

  test::writeFile(root.file("LOC_val_solution.csv"),
                  std::string_view("ImageId,PredictionString\nILSVRC2012_val_00000001,n01751748 1 1 2 2\n"
                                   "ILSVRC2012_val_00000002,n01443537 1 1 2 2\nILSVRC2012_val_00000003,n01440764 1\n"));
  const auto dataset = openImageFolder(root.path(), Split::Validation);
  ASSERT_EQ(dataset->size(), 2);
  EXPECT_TRUE(dataset->nameOf(0).ends_with("val/ILSVRC2012_val_00000001.JPEG"));
  EXPECT_EQ(dataset->label(0), 2);
  EXPECT_EQ(dataset->label(1), 1);
  ASSERT_EQ(dataset->notices().size(), 2U);
  EXPECT_TRUE(contains(dataset->notices()[0].path, "extra.JPEG"));
  EXPECT_TRUE(contains(dataset->notices()[1].message, "missing")) << "the list names a third image";
}

TEST_F(ValidationList, OfKagglesTreeLiesThreeFoldersUp) {
  const std::string data = root.file("ILSVRC/Data/CLS-LOC");
  std::filesystem::create_directories(data);
  EXPECT_FALSE(findValidationList(data));
  test::writeFile(root.file("LOC_val_solution.csv"), std::string_view("ImageId,PredictionString\n"));
  ASSERT_TRUE(findValidationList(data));
  EXPECT_EQ(findValidationList(data)->filename(), "LOC_val_solution.csv");
}

}  // namespace
}  // namespace slab::data
