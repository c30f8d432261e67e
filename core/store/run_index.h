// The runs of a project as a table: scanned in one pass, cached, with what the user wrote about them.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/store/run_summary.h"

namespace slab {

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

  /// Looks at the disk and returns every run, newest first. 10,000 unchanged runs: about 0.2 s.
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

}  // namespace slab
