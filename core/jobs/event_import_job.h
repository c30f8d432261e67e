// TensorBoard event files as a run of their own. Torch-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace slab {

struct EventImportRequest {
  /// An event file, or a folder whose event files are one run, as TensorBoard takes them: in the order of their names.
  std::filesystem::path source;
  std::filesystem::path run;  // new
};

/// A record that could not be read.
struct EventImportIssue {
  std::filesystem::path file;
  std::uint64_t offset = 0;  // bytes from the beginning of the file
  std::string message;
};

struct EventImportReport {
  struct Series {
    std::string name;
    std::int64_t points = 0;
  };

  std::vector<std::filesystem::path> files;  // in the order read
  std::vector<Series> series;                // by name
  std::int64_t points = 0;
  std::int64_t superseded = 0;  // of the points: taken again after a restart; they stay in the run, drawn faint
  std::int64_t sessions = 0;
  std::int64_t firstStep = 0, lastStep = 0;
  std::int64_t others = 0;               // images, histograms and texts, which are left out
  std::vector<std::string> runsBeside;   // folders within the source that hold event files: runs of their own
  std::vector<EventImportIssue> issues;  // at most kMostIssues
  std::int64_t issueCount = 0;

  static constexpr std::size_t kMostIssues = 100;
};

namespace jobs {

/// Reads the scalars, tags as they are, and writes a run directory with one series a tag. A file that begins with
/// SessionLog.START (a resumed training) begins a new segment; points of one session come in the order of their steps,
/// whichever file they are from. Damaged records are named in the report and the others kept. Throws Error(Data) for a
/// source without event files or without any scalar, and Error(Config) where `run` holds a run; nothing is made then.
EventImportReport importEvents(const EventImportRequest& request);

}  // namespace jobs
}  // namespace slab
