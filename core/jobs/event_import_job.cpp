#include "core/jobs/event_import_job.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "core/base/error.h"
#include "core/base/format.h"
#include "core/formats/event_file.h"
#include "core/formats/mapped_file.h"
#include "core/store/run_state.h"
#include "core/store/run_writer.h"

namespace slab::jobs {
namespace {

namespace fs = std::filesystem;

struct Point {
  std::int64_t step = 0;
  double wall = 0;
  double value = 0;
};

// What was logged from one start of the training to the next.
struct Session {
  std::int64_t fromStep = 0;  // supersedes earlier sessions from here on
  std::map<std::string, std::vector<Point>> series;
};

bool isEventFile(const fs::directory_entry& entry) {
  std::error_code ignored;
  return entry.is_regular_file(ignored) && entry.path().filename().string().find("tfevents") != std::string::npos;
}

// Event files of the folder by name, and the names of the folders below it that hold some.
std::vector<fs::path> filesIn(const fs::path& folder, std::vector<std::string>& runsBeside) {
  std::vector<fs::path> files;
  std::set<std::string> beside;
  std::error_code error;
  fs::recursive_directory_iterator it(folder, fs::directory_options::skip_permission_denied, error);
  for (; !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    if (!isEventFile(*it)) continue;
    const fs::path parent = it->path().parent_path().lexically_relative(folder);
    if (parent == ".") {
      files.push_back(it->path());
    } else {
      beside.insert(parent.string());
    }
  }
  if (error) throw Error(ErrorKind::Data, "'" + folder.string() + "' can't be listed: " + error.message());
  std::sort(files.begin(), files.end());
  runsBeside.assign(beside.begin(), beside.end());
  return files;
}

std::vector<fs::path> filesOf(const fs::path& source, EventImportReport& report) {
  std::error_code ignored;
  if (!fs::exists(source, ignored)) {
    throw Error(ErrorKind::Data, "'" + source.string() + "' does not exist; give an event file or a folder of them");
  }
  if (!fs::is_directory(source, ignored)) return {source};
  auto files = filesIn(source.lexically_normal(), report.runsBeside);
  if (!files.empty()) return files;
  if (report.runsBeside.empty()) {
    throw Error(ErrorKind::Data, "'" + source.string() + "' holds no event file (events.out.tfevents.*)");
  }
  std::string names;
  for (const auto& name : report.runsBeside) names += (names.empty() ? "" : ", ") + name;
  throw Error(ErrorKind::Data, "'" + source.string() + "' holds event files in the folders " + names +
                                   ", each a run of its own; import them one by one");
}

void take(const LogEvent& event, std::vector<Session>& sessions, EventImportReport& report) {
  if (event.startsSession && !sessions.back().series.empty()) sessions.push_back({event.step, {}});
  for (const EventScalar& scalar : event.scalars) {
    sessions.back().series[scalar.tag].push_back({event.step, event.wall, scalar.value});
  }
  report.others += event.others;
}

void readFile(const fs::path& path, std::vector<Session>& sessions, EventImportReport& report) {
  const MappedFile file(path.string());
  EventFileReader reader(file.bytes());
  while (const auto event = reader.next()) take(*event, sessions, report);
  report.issueCount += static_cast<std::int64_t>(reader.issues().size());
  for (const EventFileIssue& issue : reader.issues()) {
    if (report.issues.size() == EventImportReport::kMostIssues) return;
    report.issues.push_back({path, issue.offset, issue.message});
  }
}

// Orders the points and counts what later sessions supersede.
void tidyUp(std::vector<Session>& sessions, EventImportReport& report) {
  std::map<std::string, std::int64_t> counts;
  std::int64_t limit = std::numeric_limits<std::int64_t>::max();
  for (auto session = sessions.rbegin(); session != sessions.rend(); ++session) {
    for (auto& [name, points] : session->series) {
      std::stable_sort(points.begin(), points.end(), [](const Point& a, const Point& b) { return a.step < b.step; });
      counts[name] += static_cast<std::int64_t>(points.size());
      for (const Point& point : points) report.superseded += point.step >= limit;
    }
    limit = std::min(limit, session->fromStep);
  }
  for (const auto& [name, count] : counts) {
    report.series.push_back({name, count});
    report.points += count;
  }
  report.sessions = static_cast<std::int64_t>(sessions.size());
}

struct Extent {
  std::int64_t firstStep = std::numeric_limits<std::int64_t>::max();
  std::int64_t lastStep = std::numeric_limits<std::int64_t>::min();
  double firstWall = std::numeric_limits<double>::infinity();
  double lastWall = -std::numeric_limits<double>::infinity();
};

Extent extentOf(const std::vector<Session>& sessions) {
  Extent extent;
  for (const auto& session : sessions) {
    for (const auto& [name, points] : session.series) {
      extent.firstStep = std::min(extent.firstStep, points.front().step);
      extent.lastStep = std::max(extent.lastStep, points.back().step);
      for (const Point& point : points) {
        extent.firstWall = std::min(extent.firstWall, point.wall);
        extent.lastWall = std::max(extent.lastWall, point.wall);
      }
    }
  }
  return extent;
}

void writeState(RunWriter& writer, const EventImportRequest& request, const Extent& extent) {
  const auto number = [](double value) { return formatNumber(value, 17); };
  writer.setState(state_key::kState, toString(RunState::Done));
  writer.setState(state_key::kMessage, "imported from " + request.source.string());
  writer.setState(state_key::kDataset, "TensorBoard event files");
  writer.setState(state_key::kStarted, number(extent.firstWall));
  writer.setState(state_key::kEnded, number(extent.lastWall));
  writer.setState(state_key::kActiveSeconds, number(extent.lastWall - extent.firstWall));
  writer.setState(state_key::kStep, std::to_string(extent.lastStep));
  writer.setState(state_key::kSteps, std::to_string(extent.lastStep));
}

void writeRun(const EventImportRequest& request, const std::vector<Session>& sessions, const Extent& extent) {
  RunWriter writer(RunLock(RunDirectory::create(request.run), ""));
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    writer.beginSegment(i == 0 ? extent.firstStep : sessions[i].fromStep, i == 0 ? "start" : "resume");
    for (const auto& [name, points] : sessions[i].series) {
      const SeriesId series = writer.series(name);
      for (const Point& point : points) writer.append(series, point.step, point.value, point.wall);
      if (name == "loss") writer.setState(state_key::kLoss, formatNumber(points.back().value, 17));
    }
  }
  writeState(writer, request, extent);
  if (writer.close() > 0) {
    throw Error(ErrorKind::Data, "'" + request.run.string() +
                                     "' could not be written whole: the disk refused it; "
                                     "free some space, remove that folder and import again");
  }
}

}  // namespace

EventImportReport importEvents(const EventImportRequest& request) {
  EventImportReport report;
  if (RunDirectory::isRun(request.run)) RunDirectory::create(request.run);  // says that there is a run already
  report.files = filesOf(request.source, report);
  std::vector<Session> sessions(1);
  for (const auto& file : report.files) readFile(file, sessions, report);
  tidyUp(sessions, report);
  if (report.points == 0) {
    std::string why = "; there is no scalar in it";
    if (report.issueCount > 0) {
      const auto& first = report.issues.front();
      why = "; at byte " + std::to_string(first.offset) + " " + first.message;
    }
    throw Error(ErrorKind::Data, "'" + request.source.string() + "' gives no curve" + why);
  }
  const Extent extent = extentOf(sessions);
  report.firstStep = extent.firstStep;
  report.lastStep = extent.lastStep;
  writeRun(request, sessions, extent);
  return report;
}

}  // namespace slab::jobs
