// Whether a run that was disturbed ended as one that was left in peace.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace slab::testing {

/// A run's curve as the window draws it: superseded points left out, values bit for bit.
using CurveBits = std::vector<std::pair<std::int64_t, std::uint64_t>>;

/// Every curve that does not measure time, by name. A step that was taken again must have given the same value;
/// otherwise the test fails.
std::map<std::string, CurveBits> curvesOf(const std::filesystem::path& run);

/// Fails the test unless both runs are done after `steps` steps with the same curves and, bit for bit, the same
/// checkpoint: weights, statistics, optimizer, generator, loader position and lambda's counters.
void expectSameRun(const std::filesystem::path& run, const std::filesystem::path& expected, std::int64_t steps);

}  // namespace slab::testing
