// Says of one sample whether it can be used.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/data/scan.h"
#include "core/sandbox/sandboxed_decoder.h"

namespace slab::data {

/// What one thread found.
struct Findings {
  std::vector<BadSample> bad;
  std::map<std::pair<int, int>, std::int64_t> sizes;
  std::vector<DatasetNotice> notices;
  std::int64_t reused = 0;
};

/// One a thread; adds what it sees to its findings.
class SampleExaminer {
 public:
  virtual ~SampleExaminer() = default;
  virtual void examine(std::int64_t index) = 0;

  Findings findings;
};

/// Decodes through the data set, in this process: samples that are held in memory.
class HeldSampleExaminer final : public SampleExaminer {
 public:
  explicit HeldSampleExaminer(const Dataset& dataset) : dataset_(dataset) {}
  void examine(std::int64_t index) override;

 private:
  const Dataset& dataset_;
};

/// Decodes files in a process of its own, or takes the journal's word.
class FileExaminer final : public SampleExaminer {
 public:
  FileExaminer(const Dataset& dataset, const std::string& root, ManifestJournal* journal)
      : dataset_(dataset), root_(root), journal_(journal) {}
  void examine(std::int64_t index) override;
  [[nodiscard]] const sandbox::SandboxedDecoder& decoder() const { return decoder_; }

 private:
  ManifestEntry lookAt(const std::string& path);
  void note(std::int64_t index, const std::string& path, const ManifestEntry& entry);

  const Dataset& dataset_;
  const std::string& root_;
  ManifestJournal* journal_;
  sandbox::SandboxedDecoder decoder_;
};

}  // namespace slab::data
