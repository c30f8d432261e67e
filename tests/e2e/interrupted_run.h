// A small training to be disturbed: 200 steps with a checkpoint every five, most of them within an epoch.
#pragma once

#include <gtest/gtest.h>

#include <fstream>

#include "core/jobs/tiny_run.h"
#include "e2e/program.h"
#include "e2e/same_run.h"

namespace slab::testing {

class InterruptedTraining : public ::testing::Test {
 protected:
  static constexpr std::int64_t kSteps = 200, kInterval = 5;

  InterruptedTraining() {
    writeTinyData(folder_.path());
    std::ofstream(folder_ / "config.json") << toJsonText(tinyConfig(folder_.path()).config);
  }

  [[nodiscard]] std::vector<std::string> trainArguments(const std::filesystem::path& run,
                                                        const std::vector<std::string>& more = {}) const {
    std::vector<std::string> settings{"train.steps=" + std::to_string(kSteps), "train.eval_every=50",
                                      "train.checkpoint_every=" + std::to_string(kInterval), "prepbn.lambda_end=80%"};
    settings.insert(settings.end(), more.begin(), more.end());
    return withSettings({"train", "--config", (folder_ / "config.json").string(), "--run", run.string(), "--json"},
                        settings);
  }

  // Resumes the run or, where there is nothing of it yet, begins it.
  [[nodiscard]] std::vector<std::string> beginOrResume(const std::filesystem::path& run,
                                                       const std::vector<std::string>& more = {}) const {
    if (!RunDirectory::isRun(run)) return trainArguments(run, more);
    return {"train", "--run", run.string(), "--resume", "--json"};
  }

  // Trained in peace.
  std::filesystem::path undisturbed() {
    std::filesystem::path run = folder_ / "undisturbed";
    const auto result = runSlab(trainArguments(run), folder_.path());
    EXPECT_EQ(result.exitCode, 0) << result.err;
    return run;
  }

  TemporaryDirectory folder_;
};

}  // namespace slab::testing
