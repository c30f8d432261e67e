// Malformed annotation files and results: one message each, which names the file, the record and the mend.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/coco/annotation_file.h"
#include "core/coco/evaluation.h"
#include "core/coco/result_file.h"
#include "core/formats/support.h"

namespace slab::coco {
namespace {

using nlohmann::json;
using test::contains;

/// Two images, two categories, three annotations: polygon, compressed run lengths, crowd.
json soundSet() {
  return json::parse(R"({
    "info": {"year": 2017, "more": [[1, {"deep": null}]]},
    "images": [{"id": 7, "width": 4, "height": 3, "file_name": "a.png"},
               {"id": 9, "width": 10, "height": 10, "file_name": "sub/b.png"}],
    "annotations": [
      {"id": 1, "image_id": 7, "category_id": 5, "bbox": [0, 0, 2, 2], "area": 4, "iscrowd": 0,
       "segmentation": [[0, 0, 2, 0, 2, 2, 0, 2]]},
      {"id": 2, "image_id": 7, "category_id": 6, "bbox": [0, 1, 2, 1], "area": 2.5, "iscrowd": 0,
       "segmentation": {"size": [3, 4], "counts": "<"}},
      {"id": 3, "image_id": 9, "category_id": 6, "bbox": [1, 1, 5, 5], "area": 60, "iscrowd": 1,
       "segmentation": {"size": [10, 10], "counts": [20, 60, 20]}}],
    "categories": [{"id": 5, "name": "cat"}, {"id": 6, "name": "dog"}],
    "licenses": []})");
}

json soundResults() {
  return json::parse(R"([
    {"image_id": 7, "category_id": 5, "bbox": [0, 0, 2, 2], "score": 0.5},
    {"image_id": 9, "category_id": 6, "bbox": [1, 1, 4, 4], "score": 1,
     "segmentation": {"size": [10, 10], "counts": [20, 60, 20]}}])");
}

AnnotationReading read(const std::string& text) {
  return parseAnnotations(std::as_bytes(std::span(text)), "set.json");
}

/// One thing that is wrong, the record it is in, and the words of its message.
struct Malformed {
  const char* what;
  std::function<void(json&)> spoil;
  FaultKind kind;
  const char* record;
  const char* words;
};

json& annotation(json& set, std::size_t i) {
  return set["annotations"][i];
}

json& image(json& set, std::size_t i) {
  return set["images"][i];
}

const std::vector<Malformed>& malformedRecords() {
  using K = FaultKind;
  static const std::vector<Malformed> kAll{
      {"image without id", [](json& s) { image(s, 0).erase("id"); }, K::MissingField, "entry 1 of images",
       "has no id; add"},
      {"image id a text", [](json& s) { image(s, 0)["id"] = "7"; }, K::WrongType, "entry 1 of images",
       "a text as id; write a whole"},
      {"image id a fraction", [](json& s) { image(s, 0)["id"] = 7.5; }, K::WrongType, "entry 1 of images",
       "a fraction as id"},
      {"image id null", [](json& s) { image(s, 0)["id"] = nullptr; }, K::WrongType, "entry 1 of images", "null as id"},
      {"image id twice",
       [](json& s) {
         image(s, 1)["id"] = 7;
         annotation(s, 2)["image_id"] = 7;
         annotation(s, 2).erase("segmentation");
         annotation(s, 2)["bbox"] = {0, 0, 2, 2};
       },
       K::DuplicateId, "image 7", "another image has as well; give each its own"},
      {"image without width", [](json& s) { image(s, 0).erase("width"); }, K::MissingField, "image 7", "has no width"},
      {"image without height", [](json& s) { image(s, 0).erase("height"); }, K::MissingField, "image 7",
       "has no height"},
      {"image width 0", [](json& s) { image(s, 0)["width"] = 0; }, K::BadSize, "image 7",
       "a width of 0 pixels; write the image's own"},
      {"image height negative", [](json& s) { image(s, 0)["height"] = -3; }, K::BadSize, "image 7",
       "a height of -3 pixels"},
      {"image too wide", [](json& s) { image(s, 0)["width"] = 1 << 20; }, K::BadSize, "image 7", "1 to 65536"},
      {"image of too many pixels", [](json& s) { image(s, 0)["width"] = image(s, 0)["height"] = 65536; }, K::BadSize,
       "image 7", "more than a mask can count"},
      {"image width a list", [](json& s) { image(s, 0)["width"] = {4}; }, K::WrongType, "image 7",
       "a list or an object as width"},
      {"image without file", [](json& s) { image(s, 0).erase("file_name"); }, K::MissingField, "image 7",
       "has no file_name; add it"},
      {"file_name a number", [](json& s) { image(s, 0)["file_name"] = 12; }, K::WrongType, "image 7",
       "a number as file_name; write a text"},
      {"file_name empty", [](json& s) { image(s, 0)["file_name"] = ""; }, K::UnsafePath, "image 7",
       "is empty; write it relative"},
      {"file_name absolute", [](json& s) { image(s, 0)["file_name"] = "/etc/passwd"; }, K::UnsafePath, "image 7",
       "is absolute; write it relative"},
      {"file_name upwards", [](json& s) { image(s, 0)["file_name"] = "../a.png"; }, K::UnsafePath, "image 7",
       "leads out of its folder"},
      {"file_name upwards within", [](json& s) { image(s, 0)["file_name"] = "a/../../b.png"; }, K::UnsafePath,
       "image 7", "leads out of its folder"},
      {"file_name upwards at the end", [](json& s) { image(s, 0)["file_name"] = "a/.."; }, K::UnsafePath, "image 7",
       "leads out of its folder"},
      {"file_name with backslashes", [](json& s) { image(s, 0)["file_name"] = "a\\..\\b.png"; }, K::UnsafePath,
       "image 7", "leads out of its folder"},
      {"file_name with a drive", [](json& s) { image(s, 0)["file_name"] = "C:\\a.png"; }, K::UnsafePath, "image 7",
       "begins with a drive"},
      {"file_name with NUL", [](json& s) { image(s, 0)["file_name"] = std::string("a\0.png", 6); }, K::UnsafePath,
       "image 7", "holds a NUL"},
      {"category without id",
       [](json& s) {
         s["categories"].push_back({{"name", "x"}});
       },
       K::MissingField, "entry 3 of categories", "has no id"},
      {"category id twice",
       [](json& s) {
         s["categories"].push_back({{"id", 6}, {"name", "x"}});
       },
       K::DuplicateId, "category 6", "another category has as well"},
      {"category without name",
       [](json& s) {
         s["categories"].push_back({{"id", 8}});
       },
       K::MissingField, "category 8", "has no name"},
      {"category of empty name",
       [](json& s) {
         s["categories"].push_back({{"id", 8}, {"name", ""}});
       },
       K::MissingField, "category 8", "an empty name; write"},
      {"category name a number", [](json& s) { s["categories"][0]["name"] = 3; }, K::WrongType, "category 5",
       "a number as name"},
      {"annotation without id", [](json& s) { annotation(s, 0).erase("id"); }, K::MissingField,
       "entry 1 of annotations", "has no id"},
      {"annotation id twice", [](json& s) { annotation(s, 1)["id"] = 1; }, K::DuplicateId, "annotation 1",
       "another annotation has as well"},
      {"annotation id 0", [](json& s) { annotation(s, 0)["id"] = 0; }, K::ZeroId, "annotation 0",
       "number annotations from 1"},
      {"annotation without image", [](json& s) { annotation(s, 0).erase("image_id"); }, K::MissingField, "annotation 1",
       "has no image_id"},
      {"annotation of another image", [](json& s) { annotation(s, 0)["image_id"] = 99; }, K::UnknownImage,
       "annotation 1", "image 99, which is not in images; add"},
      {"annotation without category", [](json& s) { annotation(s, 0).erase("category_id"); }, K::MissingField,
       "annotation 1", "has no category_id"},
      {"annotation of another category", [](json& s) { annotation(s, 0)["category_id"] = 99; }, K::UnknownCategory,
       "annotation 1", "category 99, which is not in categories; add"},
      {"annotation without bbox", [](json& s) { annotation(s, 0).erase("bbox"); }, K::MissingField, "annotation 1",
       "has no bbox; add it as [x, y, width, height]"},
      {"bbox of three",
       [](json& s) {
         annotation(s, 0)["bbox"] = {0, 0, 2};
       },
       K::BadBox, "annotation 1", "not four numbers; write"},
      {"bbox of five",
       [](json& s) {
         annotation(s, 0)["bbox"] = {0, 0, 2, 2, 2};
       },
       K::BadBox, "annotation 1", "not four numbers"},
      {"bbox with a text",
       [](json& s) {
         annotation(s, 0)["bbox"] = {0, 0, "2", 2};
       },
       K::BadBox, "annotation 1", "not four numbers"},
      {"bbox nested",
       [](json& s) {
         annotation(s, 0)["bbox"] = {{0, 0, 2, 2}};
       },
       K::BadBox, "annotation 1", "not four numbers"},
      {"bbox null", [](json& s) { annotation(s, 0)["bbox"] = nullptr; }, K::BadBox, "annotation 1", "not four numbers"},
      {"bbox an object",
       [](json& s) {
         annotation(s, 0)["bbox"] = {{"x", 0}};
       },
       K::BadBox, "annotation 1", "not four numbers"},
      {"bbox of negative width",
       [](json& s) {
         annotation(s, 0)["bbox"] = {2, 0, -2, 2};
       },
       K::BadBox, "annotation 1", "width and height, which are not negative"},
      {"bbox of no width",
       [](json& s) {
         annotation(s, 0)["bbox"] = {2, 0, 0, 2};
       },
       K::ZeroArea, "annotation 1", "of 0 x 2 pixels; remove it"},
      {"bbox outside to the right",
       [](json& s) {
         annotation(s, 0)["bbox"] = {0, 0, 6, 2};
       },
       K::BoxOutside, "annotation 1", "outside of its image of 4 x 3; clip it"},
      {"bbox outside to the left",
       [](json& s) {
         annotation(s, 0)["bbox"] = {-2, 0, 3, 2};
       },
       K::BoxOutside, "annotation 1", "outside of its image"},
      {"annotation without area", [](json& s) { annotation(s, 0).erase("area"); }, K::MissingField, "annotation 1",
       "has no area; its box's is taken"},
      {"area negative", [](json& s) { annotation(s, 0)["area"] = -4; }, K::BadArea, "annotation 1",
       "an area below 0; write"},
      {"area 0", [](json& s) { annotation(s, 0)["area"] = 0; }, K::ZeroArea, "annotation 1", "an area of 0; write"},
      {"area a text", [](json& s) { annotation(s, 0)["area"] = "4"; }, K::WrongType, "annotation 1", "a text as area"},
      {"iscrowd 2", [](json& s) { annotation(s, 0)["iscrowd"] = 2; }, K::BadCrowd, "annotation 1",
       "iscrowd 2; write 0 or"},
      {"iscrowd a text", [](json& s) { annotation(s, 0)["iscrowd"] = "no"; }, K::WrongType, "annotation 1",
       "a text as iscrowd"},
      {"polygon of two points",
       [](json& s) {
         annotation(s, 0)["segmentation"] = {{0, 0, 2, 2}};
       },
       K::BadPolygon, "annotation 1", "it has 2 points, and needs 3; draw it again"},
      {"polygon of half a point",
       [](json& s) {
         annotation(s, 0)["segmentation"] = {{0, 0, 2, 2, 1, 3, 1}};
       },
       K::BadPolygon, "annotation 1", "7 values, not x and y"},
      {"polygon empty", [](json& s) { annotation(s, 0)["segmentation"] = json::parse("[[]]"); }, K::BadPolygon,
       "annotation 1", "it has 0 points"},
      {"no polygon", [](json& s) { annotation(s, 0)["segmentation"] = json::array(); }, K::BadPolygon, "annotation 1",
       "without a polygon"},
      {"polygon flat", [](json& s) { annotation(s, 0)["segmentation"] = {0, 0, 2, 0, 2, 2}; }, K::BadPolygon,
       "annotation 1", "list of lists of numbers; write"},
      {"polygon with a text",
       [](json& s) {
         annotation(s, 0)["segmentation"] = {{0, 0, "2", 0, 2, 2}};
       },
       K::BadPolygon, "annotation 1", "list of lists of numbers"},
      {"polygon far outside",
       [](json& s) {
         annotation(s, 0)["segmentation"] = {{0, 0, 1e9, 0, 2, 2}};
       },
       K::BadPolygon, "annotation 1", "far outside of the image"},
      {"segmentation a text", [](json& s) { annotation(s, 0)["segmentation"] = "<"; }, K::WrongType, "annotation 1",
       "neither a list of polygons nor run lengths"},
      {"run lengths without size", [](json& s) { annotation(s, 1)["segmentation"].erase("size"); }, K::BadRunLengths,
       "annotation 2", "without a size; write"},
      {"run lengths of half a size", [](json& s) { annotation(s, 1)["segmentation"]["size"] = {3}; }, K::BadRunLengths,
       "annotation 2", "without a size"},
      {"run lengths of negative size",
       [](json& s) {
         annotation(s, 1)["segmentation"]["size"] = {3, -4};
       },
       K::BadRunLengths, "annotation 2", "without a size"},
      {"run lengths of another size",
       [](json& s) {
         annotation(s, 2)["segmentation"] = {{"size", {5, 4}}, {"counts", {20}}};
       },
       K::BadRunLengths, "annotation 3", "its image 9 has 10 x 10; encode the mask again"},
      {"run lengths without counts", [](json& s) { annotation(s, 1)["segmentation"].erase("counts"); },
       K::BadRunLengths, "annotation 2", "it has no counts"},
      {"counts too short",
       [](json& s) {
         annotation(s, 2)["segmentation"]["counts"] = {20, 60};
       },
       K::BadRunLengths, "annotation 3", "add up to 80, and 10 x 10 pixels are 100; encode it again"},
      {"counts too long",
       [](json& s) {
         annotation(s, 2)["segmentation"]["counts"] = {20, 60, 40};
       },
       K::BadRunLengths, "annotation 3", "add up to 120"},
      {"counts negative",
       [](json& s) {
         annotation(s, 2)["segmentation"]["counts"] = {120, -20};
       },
       K::BadRunLengths, "annotation 3", "not all numbers of pixels"},
      {"counts with fractions",
       [](json& s) {
         annotation(s, 2)["segmentation"]["counts"] = {99.5, 0.5};
       },
       K::BadRunLengths, "annotation 3", "not all numbers of pixels"},
      {"counts of other letters", [](json& s) { annotation(s, 1)["segmentation"]["counts"] = "< <"; }, K::BadRunLengths,
       "annotation 2", "no number at letter 2"},
      {"counts cut", [](json& s) { annotation(s, 1)["segmentation"]["counts"] = "Q"; }, K::BadRunLengths,
       "annotation 2", "no number at letter 1"},
      {"nothing annotated", [](json& s) { s["annotations"] = json::array(); }, K::NoBoxes, "", "annotates nothing"},
  };
  return kAll;
}

TEST(MalformedSets, EachRecordThatIsWrongIsOneMessageOfFileRecordAndMend) {
  ASSERT_GE(malformedRecords().size(), 60U);
  for (const Malformed& one : malformedRecords()) {
    json set = soundSet();
    one.spoil(set);
    const AnnotationReading reading = read(set.dump());
    ASSERT_EQ(reading.faults.count(), 1) << one.what;
    const CocoFault& fault = reading.faults.named().front();
    EXPECT_EQ(toString(fault.kind), toString(one.kind)) << one.what << ": " << fault.message;
    EXPECT_EQ(fault.record, one.record) << one.what;
    EXPECT_TRUE(contains(fault.message, one.words)) << one.what << ": " << fault.message;
    EXPECT_TRUE(fault.message.starts_with("set.json: " + std::string(one.record))) << fault.message;
    EXPECT_EQ(fault.message.find('\n'), std::string::npos) << fault.message;
  }
}

TEST(MalformedSets, AFaultlessSetHasNoFaults) {
  const AnnotationReading reading = read(soundSet().dump());
  EXPECT_EQ(reading.faults.count(), 0);
  ASSERT_EQ(reading.set.annotations.size(), 3U);
  EXPECT_EQ(reading.set.images[1].file, "sub/b.png");
  EXPECT_EQ(reading.set.categories[0].name, "cat");
  EXPECT_EQ(std::get<RunLengths>(reading.set.annotations[1].shape), (RunLengths{3, 4, {12}}));
  EXPECT_EQ(areaOf(maskOf(reading.set.annotations[0], reading.set.images[0])), 4U);
  EXPECT_TRUE(reading.set.annotations[2].isCrowd);
  EXPECT_EQ(reading.set.annotations[1].area, 2.5);
  EXPECT_EQ(faultOfPath("a/..b/c..d/x.jpg"), "") << "dots within a name lead nowhere";
}

TEST(MalformedSets, WhatIsNoAnnotationFileIsRefusedWithItsReason) {
  const std::string whole = soundSet().dump();
  const auto refusal = [](const std::string& text) { return test::errorOf([&] { read(text); }); };
  const std::vector<std::pair<std::string, const char*>> all{
      {"", "is empty"},
      {whole.substr(0, whole.size() / 2), "is cut: it ends after"},
      {whole.substr(0, whole.size() - 1), "is cut: it ends after"},
      {whole + "x", "is not valid JSON at byte"},
      {"hello", "is not valid JSON at byte 1"},
      {"{\"images\": [}", "is not valid JSON at byte 13"},
      {"{\"area\": NaN}", "holds NaN, Infinity or a number as large at byte"},
      {"{\"area\": -Infinity}", "holds NaN, Infinity or a number as large at byte"},
      {"\xFF\xD8\xFF\xE0 a JPEG", "is not valid JSON at byte 1"},
      {"{\"images\": [{\"id\": 1e999}]}", "a number as large at byte"},
      {"[]", "is a list, and annotations are an object"},
      {"7", "holds a number, no lists"},
      {"{}", "it has no list \"images\""},
      {"{\"images\": [], \"annotations\": []}", "it has no list \"categories\""},
      {"{\"images\": {\"7\": {}}}", "has an object as \"images\", which must be a list"},
      {"{\"images\": null}", "has null as \"images\""},
      {"{\"images\": [7]}", "has a number as entry 1 of its images, which must be objects"},
      {"{\"images\": [{}, []]}", "has a list as entry 2 of its images"},
      {"{\"images\": [], \"images\": []}", "has two lists of one name"},
      {std::string(400, '['), "is a list"},
      {"{\"info\": " + std::string(400, '['), "nests 256 deep"},
  };
  for (const auto& [text, words] : all) {
    const std::string message = refusal(text);
    EXPECT_TRUE(contains(message, words)) << message;
    EXPECT_TRUE(message.starts_with("set.json ")) << message;
  }
  EXPECT_TRUE(
      contains(test::errorOf([] { readAnnotations("/nowhere/set.json"); }), "/nowhere/set.json can't be opened"));
}

TEST(MalformedSets, RecordsThatHangOnARefusedOneAreNotFaultsOfTheirOwn) {
  json set = soundSet();
  image(set, 0)["file_name"] = "/abs.png";
  set["categories"][1]["name"] = 3;
  const AnnotationReading reading = read(set.dump());
  EXPECT_EQ(reading.faults.count(), 2);
  EXPECT_TRUE(reading.set.annotations.empty());
}

TEST(MalformedSets, AWorkingSetIsRefusedWithTheFirstFaultAndTheNumberOfOthers) {
  test::TemporaryDirectory folder;
  json set = soundSet();
  annotation(set, 0)["image_id"] = 99;
  annotation(set, 1)["category_id"] = 98;
  annotation(set, 2)["bbox"] = {9, 9, 5, 5};
  test::writeFile(folder.file("set.json"), set.dump());
  const std::string message = test::errorOf([&] { loadAnnotations(folder.file("set.json")); });
  EXPECT_TRUE(contains(message, "annotation 1 names image 99")) << message;
  EXPECT_TRUE(contains(message, "1 more such faults, which slab data scan --type coco")) << message;
  json noted = soundSet();
  annotation(noted, 2)["bbox"] = {9, 9, 5, 5};
  test::writeFile(folder.file("noted.json"), noted.dump());
  EXPECT_EQ(loadAnnotations(folder.file("noted.json")).annotations.size(), 3U) << "what can be used is used";
}

TEST(MalformedSets, AnEmptySegmentationIsAnObjectWithoutAMask) {
  json boxesOnly = soundSet();
  for (auto& annotation : boxesOnly["annotations"]) annotation["segmentation"] = json::array();
  const AnnotationReading reading = read(boxesOnly.dump());
  EXPECT_EQ(reading.faults.count(), 3);
  EXPECT_EQ(reading.faults.blocking(), 0);
  ASSERT_EQ(reading.set.annotations.size(), 3U);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(reading.set.annotations[0].shape));
  EvaluationOptions options;
  options.threads = 1;
  EXPECT_EQ(evaluate(reading.set, {}, options).stats[0], 0) << "boxes are compared";
  options.of = OverlapOf::Masks;
  EXPECT_FALSE(test::errorOf([&] { evaluate(reading.set, {}, options); }).empty()) << "masks are not";
  test::TemporaryDirectory folder;
  json results = soundResults();
  results[0]["segmentation"] = json::array();
  test::writeFile(folder.file("results.json"), results.dump());
  EXPECT_FALSE(resultsHaveMasks(folder.file("results.json")));
}

TEST(MalformedSets, AMillionFaultsAreCountedAndTheFirstNamed) {
  FaultList faults;
  for (int i = 0; i < 5000; ++i) faults.add({FaultKind::ZeroArea, std::to_string(i), "m", false});
  faults.add({FaultKind::BadBox, "the one", "m", true});
  EXPECT_EQ(faults.count(), 5001);
  EXPECT_EQ(faults.counts().at(FaultKind::ZeroArea), 5000);
  EXPECT_EQ(faults.named().size(), static_cast<std::size_t>(FaultList::kMostNamed) + 1);
  EXPECT_EQ(faults.firstBlocking()->record, "the one");
  EXPECT_EQ(faults.blocking(), 1);
}

TEST(MalformedResults, EachIsOneMessage) {
  struct Case {
    const char* what;
    OverlapOf of;
    std::function<void(json&)> spoil;
    const char* words;
  };
  const auto kBoxes = OverlapOf::Boxes, kMasks = OverlapOf::Masks;
  const std::vector<Case> all{
      {"another image", kBoxes, [](json& r) { r[1]["image_id"] = 99; },
       "result 2 is of image 99, which is not in set.json; give"},
      {"other categories alone", kBoxes, [](json& r) { r[0]["category_id"] = r[1]["category_id"] = 0; },
       "result 1 is of category 0, which is not in set.json, nor is any other's; write COCO's"},
      {"no image", kBoxes, [](json& r) { r[0].erase("image_id"); }, "result 1 has no image_id"},
      {"no category", kBoxes, [](json& r) { r[0].erase("category_id"); }, "result 1 has no category_id"},
      {"no score", kBoxes, [](json& r) { r[1].erase("score"); }, "result 2 has no score"},
      {"score a text", kBoxes, [](json& r) { r[1]["score"] = "high"; }, "result 2 has a text as score"},
      {"bbox of three", kBoxes,
       [](json& r) {
         r[1]["bbox"] = {1, 2, 3};
       },
       "result 2 has a bbox that is not four numbers"},
      {"bbox missing later", kBoxes, [](json& r) { r[1].erase("bbox"); }, "result 2 has no bbox"},
      {"negative bbox", kBoxes,
       [](json& r) {
         r[1]["bbox"] = {1, 2, -3, 4};
       },
       "not negative"},
      {"boxes for masks", kMasks, [](json&) {}, "result 1 has no segmentation; compare boxes"},
      {"neither", kBoxes, [](json& r) { r[0].erase("bbox"); }, "result 1 has neither bbox nor segmentation"},
      {"mask of another size", kMasks,
       [](json& r) {
         r.erase(0);
         r[0]["image_id"] = 7;
       },
       "result 1 has a mask of 10 x 10 pixels (width x height), image 7 has 4 x 3; give masks of the whole image"},
      {"mask too long", kMasks,
       [](json& r) {
         r.erase(0);
         r[0]["segmentation"]["counts"] = {20, 90};
       },
       "add up to 110"},
      {"mask no text", kMasks,
       [](json& r) {
         r.erase(0);
         r[0]["segmentation"]["counts"] = "!";
       },
       "no number at letter 1"},
      {"polygon of two points", kMasks,
       [](json& r) {
         r.erase(0);
         r[0]["segmentation"] = {{1, 2, 3, 4}};
       },
       "it has 2 points"},
      {"no list", kBoxes,
       [](json& r) {
         r = {{"results", r}};
       },
       "results.json is an object, and results are a list"},
      {"entries no objects", kBoxes,
       [](json& r) {
         r = {1, 2};
       },
       "a number as entry 1 of its results"},
      {"two faults", kBoxes,
       [](json& r) {
         r[0]["image_id"] = 1;
         r[1]["image_id"] = 2;
       },
       "1 more such faults"},
  };
  const CocoSet set = read(soundSet().dump()).set;
  const auto parse = [&](const json& results, OverlapOf of) {
    const std::string text = results.dump();
    return parseResults(std::as_bytes(std::span(text)), "results.json", set, of).detections;
  };
  for (const Case& one : all) {
    json results = soundResults();
    one.spoil(results);
    const std::string message = test::errorOf([&] { parse(results, one.of); });
    EXPECT_TRUE(contains(message, one.words)) << one.what << ": " << message;
    EXPECT_TRUE(message.starts_with("results.json")) << message;
  }
  EXPECT_EQ(parse(soundResults(), kBoxes).size(), 2U);
  EXPECT_TRUE(parse(json::array(), kBoxes).empty()) << "a model may find nothing";
}

TEST(MalformedResults, TheFirstResultDecidesAboutAreas) {
  const CocoSet set = read(soundSet().dump()).set;
  json results = soundResults();
  results.erase(0);
  const auto parse = [&] {
    const std::string text = results.dump();
    return parseResults(std::as_bytes(std::span(text)), "results.json", set, OverlapOf::Masks).detections.front();
  };
  EXPECT_EQ(parse().area, 16) << "of the box, which is given";
  results[0].erase("bbox");
  EXPECT_EQ(parse().area, 60) << "of the mask";
  EXPECT_EQ(parse().box, (CocoBox{2, 0, 6, 10}));
  results[0]["bbox"] = json::array();
  EXPECT_EQ(parse().area, 60) << "an empty box is none";
  EXPECT_EQ(parse().box, (CocoBox{2, 0, 6, 10}));
}

TEST(MalformedResults, OtherCategoriesAreCountedAndPassedOver) {
  const CocoSet set = read(soundSet().dump()).set;
  json results = soundResults();
  for (int i = 0; i < 3; ++i) results.push_back({{"image_id", 7}, {"category_id", 80 + i}, {"score", 0.5}});
  std::swap(results[0], results[3]);
  results[0]["bbox"] = {0, 0, 1, 1};
  const std::string text = results.dump();
  const auto parse = [&](const std::string& json) {
    return parseResults(std::as_bytes(std::span(json)), "results.json", set, OverlapOf::Boxes);
  };
  const ResultReading reading = parse(text);
  EXPECT_EQ(reading.detections.size(), 2U);
  EXPECT_EQ(reading.otherCategories, 3);
  EXPECT_EQ(passedOverText(reading, set), "3 results are of categories that set.json has not, and were passed over");
  EXPECT_EQ(passedOverText(parse(soundResults().dump()), set), "");
  results[0]["image_id"] = 99;
  EXPECT_TRUE(contains(test::errorOf([&] { parse(results.dump()); }), "result 1 is of image 99"));
}

}  // namespace
}  // namespace slab::coco
