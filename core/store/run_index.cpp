#include "core/store/run_index.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/store/index_cache.h"

namespace slab {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

[[noreturn]] void refuse(const std::string& message) {
  throw Error(ErrorKind::Config, message);
}

void makeFolder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    throw Error(ErrorKind::Data, "can't make the project's folder '" + folder.string() + "': " + error.message());
  }
}

// Fails when the target exists, without a moment in which somebody else could make it.
void moveFolder(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) != 0) {
    throw Error(ErrorKind::Config,
                "can't move '" + from.string() + "' to '" + to.string() + "': " + errnoMessage(errno));
  }
}

// `base`, base-2, base-3, ... : the first that does not exist in `folder`.
std::string freeName(const fs::path& folder, const std::string& base, const std::string& separator) {
  std::string name = base;
  for (int i = 2; fs::exists(fs::symlink_status(folder / name)); ++i) name = base + separator + std::to_string(i);
  return name;
}

}  // namespace

class RunIndex::Impl {
 public:
  explicit Impl(fs::path project)
      : project_(fs::absolute(project).lexically_normal()), cache_(project_ / ".cache" / "runs.json") {
    makeFolder(project_ / "runs");
    readProject();
  }

  const std::vector<RunSummary>& scan() {
    std::vector<RunSummary> found;
    std::set<std::string> names;
    std::error_code error;
    for (fs::directory_iterator entry(project_ / "runs", error), end; !error && entry != end; entry.increment(error)) {
      const std::string name = entry->path().filename().string();
      if (name.front() == '.' || !RunDirectory::isRun(entry->path())) continue;
      names.insert(name);
      found.push_back(look(RunDirectory(entry->path())));
    }
    if (error) {
      throw Error(ErrorKind::Data, "can't list the runs of '" + project_.string() + "': " + error.message());
    }
    for (const RunSummary& old : runs_) {
      if (!names.contains(old.name)) cache_.erase(old.name);
    }
    giveColours(found);
    std::sort(found.begin(), found.end(), [](const RunSummary& a, const RunSummary& b) {
      return a.started != b.started ? a.started > b.started : a.name < b.name;
    });
    runs_ = std::move(found);
    cache_.save();
    return runs_;
  }

  void setNotes(const std::string& name, const RunNotes& notes) {
    const RunDirectory run = directoryOf(name);
    writeNotes(run, notes, true);
    for (RunSummary& summary : runs_) {
      if (summary.name == name) summary.notes = notes;
    }
  }

  void rename(const std::string& name, const std::string& new_name) {
    requireRunName(new_name);
    const RunDirectory run = directoryOf(name);
    const fs::path target = project_ / "runs" / new_name;
    if (fs::exists(fs::symlink_status(target))) refuse("there is already a run named '" + new_name + "'");
    const RunLock lock(run, "");
    moveFolder(run.path(), target);
    forget(name);
  }

  std::string moveToTrash(const std::string& name) {
    const RunDirectory run = directoryOf(name);
    const RunLock lock(run, "");
    makeFolder(trashFolder());
    const std::string trashed = freeName(trashFolder(), name, "~");
    moveFolder(run.path(), trashFolder() / trashed);
    forget(name);
    return trashed;
  }

  [[nodiscard]] std::vector<std::string> trash() const {
    std::vector<std::string> names;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(trashFolder(), ignored)) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  std::string restore(const std::string& trashed) {
    requireRunName(trashed);
    const fs::path source = trashFolder() / trashed;
    if (!RunDirectory::isRun(source)) refuse("there is no run '" + trashed + "' in the trash");
    const std::string name = freeName(project_ / "runs", trashed.substr(0, trashed.find('~')), "-");
    moveFolder(source, project_ / "runs" / name);
    return name;
  }

  [[nodiscard]] fs::path newRunPath(const std::string& base) const {
    requireRunName(base);
    return project_ / "runs" / freeName(project_ / "runs", base, "-");
  }

  [[nodiscard]] const std::vector<RunSummary>& runs() const { return runs_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const fs::path& path() const { return project_; }

 private:
  [[nodiscard]] fs::path trashFolder() const { return project_ / ".trash"; }
  [[nodiscard]] fs::path projectFile() const { return project_ / "project.json"; }

  [[nodiscard]] RunDirectory directoryOf(const std::string& name) const {
    requireRunName(name);
    return RunDirectory::open(project_ / "runs" / name);
  }

  RunSummary look(const RunDirectory& run) {
    const RunStamp stamp = runStamp(run);
    stamps_[run.name()] = stamp;
    RunSummary summary;
    if (const RunSummary* known = cache_.find(run.name(), stamp)) {
      summary = *known;
      summary.path = run.path();
    } else {
      summary = summarize(run);
      cache_.put(summary, stamp);
    }
    // A finished run has no writer; looking for one would cost a file each.
    if (isActive(summary.state) || summary.state == RunState::Lost || summary.state == RunState::Created) {
      checkWriter(summary);
    }
    return summary;
  }

  void forget(const std::string& name) {
    cache_.erase(name);
    std::erase_if(runs_, [&](const RunSummary& summary) { return summary.name == name; });
  }

  void readProject() {
    name_ = project_.filename().string();
    std::error_code ignored;
    if (!fs::exists(projectFile(), ignored)) {
      writeProject();
      return;
    }
    try {
      json_ = Json::parse(readTextFile(projectFile()));
      name_ = json_.value("name", name_);
      next_colour_ = json_.value("next_colour", 0);
    } catch (const Json::exception& error) {
      throw Error(ErrorKind::Data, "'" + projectFile().string() + "' is damaged: " + error.what());
    }
  }

  void writeProject() {
    json_["name"] = name_;
    json_["next_colour"] = next_colour_;
    replaceFile(projectFile(), json_.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  }

  // The counter is stored before any run gets its colour, so that none is given twice.
  void giveColours(std::vector<RunSummary>& found) {
    std::vector<RunSummary*> without;
    for (RunSummary& summary : found) {
      if (summary.notes.colour < 0) without.push_back(&summary);
    }
    if (without.empty()) return;
    std::sort(without.begin(), without.end(), [](const RunSummary* a, const RunSummary* b) {
      return a->started != b->started ? a->started < b->started : a->name < b->name;
    });
    int colour = next_colour_;
    next_colour_ += static_cast<int>(without.size());
    try {
      writeProject();
      for (RunSummary* summary : without) {
        summary->notes.colour = colour++;
        const RunDirectory run(summary->path);
        writeNotes(run, summary->notes, false);
        // The database's stamp is the one from before it was read, lest a later change go unseen.
        cache_.put(*summary, {stamps_[summary->name].data, runStamp(run).notes});
      }
    } catch (const Error& error) {
      logWarning("colours of runs are not kept: " + std::string(error.what()));
    }
  }

  const fs::path project_;
  IndexCache cache_;
  Json json_ = Json::object();
  std::string name_;
  int next_colour_ = 0;
  std::vector<RunSummary> runs_;
  std::map<std::string, RunStamp> stamps_;
};

RunIndex::RunIndex(fs::path project) : impl_(std::make_unique<Impl>(std::move(project))) {}
RunIndex::~RunIndex() = default;

fs::path RunIndex::defaultProject(const std::string& name) {
  const char* data = std::getenv("XDG_DATA_HOME");
  if (data != nullptr && data[0] == '/') return fs::path(data) / "slab-workbench" / name;
  const char* home = std::getenv("HOME");
  return fs::path(home != nullptr ? home : ".") / ".local" / "share" / "slab-workbench" / name;
}

const std::vector<RunSummary>& RunIndex::scan() {
  return impl_->scan();
}
const std::vector<RunSummary>& RunIndex::runs() const {
  return impl_->runs();
}
const RunSummary* RunIndex::find(const std::string& name) const {
  const auto& runs = impl_->runs();
  const auto found = std::find_if(runs.begin(), runs.end(), [&](const RunSummary& run) { return run.name == name; });
  return found == runs.end() ? nullptr : &*found;
}
const std::string& RunIndex::name() const {
  return impl_->name();
}
const fs::path& RunIndex::path() const {
  return impl_->path();
}
fs::path RunIndex::newRunPath(const std::string& base) const {
  return impl_->newRunPath(base);
}
void RunIndex::setNotes(const std::string& name, const RunNotes& notes) {
  impl_->setNotes(name, notes);
}
void RunIndex::rename(const std::string& name, const std::string& new_name) {
  impl_->rename(name, new_name);
}
std::string RunIndex::moveToTrash(const std::string& name) {
  return impl_->moveToTrash(name);
}
std::vector<std::string> RunIndex::trash() const {
  return impl_->trash();
}
std::string RunIndex::restore(const std::string& trashed) {
  return impl_->restore(trashed);
}

}  // namespace slab
