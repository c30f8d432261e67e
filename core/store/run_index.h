// The runs of a project as a table: scanned in one pass, cached, with what the user wrote about them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/store/run_directory.h"
#include "core/store/run_lock.h"
#include "core/store/run_state.h"

namespace slab {

/// What the user keeps about a run; stored in the run's own notes.json, so it moves with the run.
/// `colour` is an index into the palette, given once and never given to another run of the project.
struct RunNotes {
  std::string notes;  // Markdown
  std::vector<std::string> tags;
  int colour = -1;
  bool starred = false;
};

/// A row of the run table. NaN or -1: unknown.
struct RunSummary {
  std::string name;
  std::filesystem::path path;
  RunState state = RunState::Created;
  std::string message, model, dataset, device;
  double started = 0, ended = 0;  // wall seconds; 0: not yet
  double activeSeconds = 0;
  std::int64_t step = 0, steps = 0;
  double loss, lambda, top1, bestTop1, parameters;
  std::string lastCheckpoint;
  std::optional<LockInfo> writer;  // while it lives
  RunNotes notes;
  std::string problem;  // why run.db can't be read; "" when it can
  RunSummary();
};

/// A project directory. Reads run.db of runs whose files changed since the last scan only; that
/// memory is kept in the project's .cache/. Use from one thread.
class RunIndex {
 public:
  /// Opens the project; makes the directory, project.json and runs/ when they are missing. Throws
  /// Error(Data) when that fails.
  explicit RunIndex(std::filesystem::path project);
  ~RunIndex();

  /// XDG_DATA_HOME/slab-workbench/<name>
  static std::filesystem::path defaultProject(const std::string& name);

  /// Looks at the disk and returns every run, newest first. 10,000 unchanged runs: about 0.1 s.
  const std::vector<RunSummary>& scan();
  [[nodiscard]] const std::vector<RunSummary>& runs() const;
  [[nodiscard]] const RunSummary* find(const std::string& name) const;

  /// The project's name, from project.json.
  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] const std::filesystem::path& path() const;
  /// A directory for a new run: `base`, or base-2, base-3, ...; not made yet.
  [[nodiscard]] std::filesystem::path newRunPath(const std::string& base) const;

  void setNotes(const std::string& name, const RunNotes& notes);

  /// These throw Error(Config) while a writer is alive (naming its pid), when the name is taken, or
  /// when it is not a plain file name.
  void rename(const std::string& name, const std::string& new_name);
  /// Moves the run to .trash/; returns its name there, for `restore`. Nothing is ever deleted.
  std::string moveToTrash(const std::string& name);
  [[nodiscard]] std::vector<std::string> trash() const;
  /// Back to runs/, under its old name or the next free one, which is returned.
  std::string restore(const std::string& trashed);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// The summary of a run anywhere on disk, as `slab runs show` prints it.
RunSummary summarize(const RunDirectory& run);

}  // namespace slab
