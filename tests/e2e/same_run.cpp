#include "e2e/same_run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <set>

#include "core/formats/safetensors.h"
#include "core/store/run_reader.h"
#include "core/store/series_store.h"

namespace slab::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kAllSteps = std::int64_t{1} << 60;

const std::set<std::string>& measuringTime() {
  static const std::set<std::string> names{"images_per_s", "data_wait"};
  return names;
}

void expectSameTensors(const fs::path& a, const fs::path& b) {
  const SafetensorsFile first = SafetensorsFile::open(a.string()), second = SafetensorsFile::open(b.string());
  ASSERT_EQ(first.tensors().size(), second.tensors().size());
  for (const auto& tensor : first.tensors()) {
    const TensorView* other = second.find(tensor.name);
    ASSERT_NE(other, nullptr) << tensor.name;
    EXPECT_TRUE(std::ranges::equal(tensor.bytes, other->bytes)) << tensor.name << " differs";
  }
  EXPECT_EQ(first.metadataValue("training"), second.metadataValue("training"));
}

// Fails where two points of one step differ, superseded ones included.
void expectRepeatable(const std::string& name, const std::vector<Chunk>& chunks) {
  std::map<std::int64_t, std::uint64_t> values;
  for (const auto& chunk : chunks) {
    for (std::size_t i = 0; i < chunk.steps.size(); ++i) {
      const auto [place, isNew] = values.emplace(chunk.steps[i], std::bit_cast<std::uint64_t>(chunk.values[i]));
      EXPECT_EQ(place->second, std::bit_cast<std::uint64_t>(chunk.values[i]))
          << name << " at step " << chunk.steps[i] << " was another when taken again";
    }
  }
}

}  // namespace

std::map<std::string, CurveBits> curvesOf(const fs::path& run) {
  RunReader reader{RunDirectory(run)};
  std::map<std::string, CurveBits> curves;
  const auto segments = reader.segments();
  for (const auto& info : reader.series()) {
    if (measuringTime().contains(info.name)) continue;
    const auto chunks = reader.points(info.id, -kAllSteps, kAllSteps);
    expectRepeatable(info.name, chunks);
    SeriesStore store;
    for (const auto& segment : segments) store.addSegment(segment);
    for (const auto& chunk : chunks) store.append(chunk);
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    store.forEach(-kInfinity, kInfinity, CurveAxis::Step, [&](const CurveSample& sample) {
      curves[info.name].emplace_back(sample.step, std::bit_cast<std::uint64_t>(sample.value));
    });
  }
  return curves;
}

void expectSameRun(const fs::path& run, const fs::path& expected, std::int64_t steps) {
  const auto curves = curvesOf(run), peaceful = curvesOf(expected);
  EXPECT_EQ(curves.size(), peaceful.size());
  for (const auto& [name, curve] : peaceful) {
    const auto found = curves.find(name);
    ASSERT_NE(found, curves.end()) << name << " is missing";
    EXPECT_EQ(found->second, curve) << name;
  }
  EXPECT_EQ(peaceful.at("loss").size(), static_cast<std::size_t>(steps));
  RunReader reader{RunDirectory(run)};
  EXPECT_EQ(reader.state().at("state"), "done");
  const CheckpointRecord last = reader.checkpoints().back();
  EXPECT_EQ(last.step, steps);
  for (const char* file : {"model.safetensors", "state.safetensors"}) {
    expectSameTensors(run / last.path / file, RunDirectory(expected).checkpoint(steps) / file);
  }
}

}  // namespace slab::testing
