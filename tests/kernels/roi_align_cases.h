#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "kernels/roi_align.h"
#include "tests/kernels/buffers.h"

namespace slab::kernels::test {

/// One row of the table that the CPU and the CUDA implementation are both tested with.
struct RoiAlignCase {
  std::int64_t height, width, channels;
  std::int64_t rois, rows, columns;
  float scale = 0.25f;
  std::int64_t samplingRatio = 0;
  std::int64_t images = 2;
  float largest = 1.0f;  ///< sides of regions, in sides of the image
};

inline std::string nameOf(const RoiAlignCase& c) {
  return std::to_string(c.images) + "x" + std::to_string(c.height) + "x" + std::to_string(c.width) + "_c" +
         std::to_string(c.channels) + "_rois" + std::to_string(c.rois) + "_" + std::to_string(c.rows) + "x" +
         std::to_string(c.columns) + "_ratio" + std::to_string(c.samplingRatio) + "_scale" +
         std::to_string(static_cast<int>(c.scale * 10000.0f)) + "_side" +
         std::to_string(static_cast<int>(c.largest * 100.0f));
}

inline void PrintTo(const RoiAlignCase& c, std::ostream* out) {
  *out << nameOf(c);
}

inline std::vector<RoiAlignCase> roiAlignCases() {
  std::vector<RoiAlignCase> cases;
  for (const std::int64_t channels : {1, 3, 4, 17, 64, 161}) cases.push_back({13, 21, channels, 9, 7, 7});
  for (const std::int64_t ratio : {1, 2, 3}) cases.push_back({13, 21, 8, 9, 7, 5, 0.25f, ratio});
  cases.push_back({13, 21, 20, 9, 14, 14});
  cases.push_back({1, 1, 5, 6, 2, 3});                          // one pixel
  cases.push_back({1, 30, 5, 6, 3, 3, 1.0f});                   // a line
  cases.push_back({16, 16, 8, 0, 7, 7});                        // no region
  cases.push_back({25, 34, 32, 40, 7, 7, 0.125f, 0, 1, 0.2f});  // small ones, many a row
  cases.push_back({9, 9, 12, 12, 7, 7, 0.03125f, 0, 3, 3.0f});  // beyond the border on all sides
  cases.push_back({40, 60, 1, 5, 28, 28, 1.0f, 0, 4, 0.9f});    // masks
  return cases;
}

/// Inputs of a case, and outputs of one implementation.
struct RoiAlignProblem {
  explicit RoiAlignProblem(const RoiAlignCase& c) : with(c) {
    std::mt19937 generator(static_cast<unsigned>(c.height * 1000 + c.channels * 7 + c.samplingRatio));
    map = randomFloats(generator, c.images * c.height * c.width * c.channels, 0.2f, 1.0f);
    dOutput = randomFloats(generator, c.rois * c.rows * c.columns * c.channels, 0.1f, 1.0f);
    output.assign(dOutput.size(), NAN);
    dMap.assign(map.size(), NAN);
    fillRegions(generator);
  }

  [[nodiscard]] RoiAlignShape shape() const {
    return {with.images, with.height,  with.width, with.channels,     with.rois,
            with.rows,   with.columns, with.scale, with.samplingRatio};
  }
  [[nodiscard]] RoiAlignForward forwardCall() { return {shape(), map.data(), rois.data(), output.data()}; }
  [[nodiscard]] RoiAlignBackward backwardCall() { return {shape(), dOutput.data(), rois.data(), dMap.data()}; }

  RoiAlignCase with;
  std::vector<float> map, rois, output, dOutput, dMap;

 private:
  void fillRegions(std::mt19937& generator) {
    std::uniform_real_distribution<float> uniform;
    const float width = static_cast<float>(with.width) / with.scale;
    const float height = static_cast<float>(with.height) / with.scale;
    for (std::int64_t roi = 0; roi < with.rois; ++roi) {
      const float w = uniform(generator) * width * with.largest, h = uniform(generator) * height * with.largest;
      const float x = uniform(generator) * width - w * 0.5f, y = uniform(generator) * height - h * 0.5f;
      const auto image = static_cast<float>(generator() % static_cast<unsigned>(with.images));
      rois.insert(rois.end(), {image, x, y, x + w, y + h});
    }
  }
};

/// The regions that the header promises zeros for, and one that is sound: image, x1, y1, x2, y2.
inline const std::vector<float> kOddRois{5,  0, 0,   8, 8,   // no such image
                                         -1, 0, 0,   8, 8,   // nor this
                                         0,  9, 9,   3, 3,   // negative extent
                                         0,  4, 4,   4, 9,   // no width
                                         0,  0, NAN, 8, 8,   //
                                         0,  1, 1,   6, 6};  // sound
inline constexpr std::int64_t kOddZeros = 5;

/// Float32 results against double precision, relative to the largest value.
constexpr double kRoiAlignTolerance = 2e-6;

/// One row of the table, forward and backward against the reference; `Implementation` has forward(call) and
/// backward(call), which also bring the workspace.
template <class Implementation>
void checkRoiAlignCase(const RoiAlignCase& c, Implementation& implementation) {
  SCOPED_TRACE(nameOf(c));
  RoiAlignProblem expected(c), actual(c);
  ASSERT_EQ(reference::roiAlignForward(expected.forwardCall()), Status::Ok);
  ASSERT_EQ(reference::roiAlignBackward(expected.backwardCall()), Status::Ok);
  ASSERT_EQ(implementation.forward(actual.forwardCall()), Status::Ok);
  ASSERT_EQ(implementation.backward(actual.backwardCall()), Status::Ok);
  EXPECT_LE(relativeError(widened(actual.output), widened(expected.output)), kRoiAlignTolerance);
  EXPECT_LE(relativeError(widened(actual.dMap), widened(expected.dMap)), kRoiAlignTolerance);
}

template <class Implementation>
void checkOddRois(Implementation& implementation) {
  RoiAlignProblem problem({8, 8, 5, kOddZeros + 1, 2, 2, 1.0f, 0, 1});
  problem.rois = kOddRois;
  ASSERT_EQ(implementation.forward(problem.forwardCall()), Status::Ok);
  const auto sound = static_cast<std::size_t>(kOddZeros * 2 * 2 * 5);
  for (std::size_t i = 0; i < sound; ++i) EXPECT_EQ(problem.output[i], 0.0f);
  for (std::size_t i = sound; i < problem.output.size(); ++i) EXPECT_NE(problem.output[i], 0.0f);
  RoiAlignProblem expected = problem;
  ASSERT_EQ(implementation.backward(problem.backwardCall()), Status::Ok);
  ASSERT_EQ(reference::roiAlignBackward(expected.backwardCall()), Status::Ok);
  EXPECT_LE(relativeError(widened(problem.dMap), widened(expected.dMap)), kRoiAlignTolerance);
}

}  // namespace slab::kernels::test
