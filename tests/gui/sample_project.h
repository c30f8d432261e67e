// A project with finished runs as the worker would have left it, for tests and pictures of the window.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace slab::test {

struct SampleRun {
  std::string name = "slab_swin_tiny28";
  std::string preset = "demo_minute";
  std::string norm = "prep_bn";
  std::string attention = "LL";
  double finalLoss = 0.75, finalTop1 = 86.6;
  long steps = 375;
  long nanAt = -1;  // the run fails there
  std::string state = "done";
  double epoch = 0;                        // where it ends; 0: it does not say
  std::vector<std::string> settings = {};  // on top of the preset
  int processes = 1;                       // that trained together
};

/// A detector's run on scenes, 2,000 steps, of which nothing but its own words tells the length of an epoch.
inline SampleRun sampleDetector(double epoch) {
  return {"mask_rcnn_scenes-0008", "mask_rcnn_scenes", "prep_bn", "LLSS", 1.9, 21.4, 2000, -1, "done", epoch, {}};
}

/// Writes a run directory with config, curves, events and a checkpoint row through the real writer.
void writeSampleRun(const std::filesystem::path& project, const SampleRun& run);

/// Holds the lock of a new run that says it is running, as a worker at step 100 does, until the process is killed.
[[noreturn]] void holdRunningRun(const std::filesystem::path& project, const std::string& name);

/// Six jobs of a queue that nothing runs: three trials of a sweep wait, one is held, one is done (the run
/// slab_swin_tiny28-0007), one failed.
void writeSampleQueue(const std::filesystem::path& project);

/// Four runs: SLAB, LayerNorm, PRepBN, and one whose transition is too short and ends in NaN.
void writeSampleProject(const std::filesystem::path& project, long steps = 375);

}  // namespace slab::test
