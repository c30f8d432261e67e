// What the last scan of a project learned, so that unchanged runs need not be opened again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "core/store/run_summary.h"

namespace slab {

/// Changes whenever a run's database or notes do: hashes of its files' sizes and modification times.
struct RunStamp {
  std::uint64_t data = 0;
  std::uint64_t notes = 0;
  bool operator==(const RunStamp&) const = default;
};
RunStamp runStamp(const RunDirectory& run);

/// A file in the project's .cache/; losing it costs one slow scan, so nothing here throws.
class IndexCache {
 public:
  explicit IndexCache(std::filesystem::path file);
  /// The summary as it was, when the stamp is still the same; `writer` is left unset.
  [[nodiscard]] const RunSummary* find(const std::string& name, const RunStamp& stamp) const;
  void put(const RunSummary& summary, const RunStamp& stamp);
  void erase(const std::string& name);
  /// Writes the file when something changed.
  void save();

 private:
  struct Entry {
    RunStamp stamp;
    RunSummary summary;
  };
  void load();

  std::filesystem::path file_;
  std::map<std::string, Entry> entries_;
  bool changed_ = false;
};

}  // namespace slab
