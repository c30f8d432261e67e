// Power loss, in the manner of ALICE (OSDI 2014): record what saving does to the file system, then
// build every state a crash could leave and look at the checkpoints in it.
#include <algorithm>
#include <functional>
#include <memory>
#include <set>

#include "core/formats/checkpoint.h"
#include "core/formats/fault_file_system.h"
#include "core/formats/support.h"

namespace slab {
namespace {

using test::Operation;
using test::RecordingFileSystem;
using test::TemporaryDirectory;
using test::toBytes;
using Kind = Operation::Kind;

constexpr std::size_t kSector = 512;

/// What a crash left: names in directories, and bytes in files.
struct CrashState {
  std::map<int, std::map<std::string, int>> directories;
  std::map<int, std::string> files;
};

bool isName(const Operation& operation) {
  return operation.kind != Kind::Write && operation.kind != Kind::SyncFile && operation.kind != Kind::SyncDirectory;
}

void applyName(const Operation& operation, CrashState& state) {
  auto& names = state.directories[operation.directory];
  switch (operation.kind) {
    case Kind::Create:
    case Kind::MakeDirectory: names[operation.name] = operation.node; break;
    case Kind::Rename:
      if (names.erase(operation.name) > 0) names[operation.newName] = operation.node;
      break;
    default: names.erase(operation.name);
  }
}

/// The contents a file may have after the crash: `synced` bytes are certain, the rest may be absent,
/// cut or garbled at a sector, or there with its length but without its bytes.
std::vector<std::string> possibleContents(const std::string& written, std::size_t synced) {
  std::vector<std::string> contents{written};
  if (synced == written.size()) return contents;
  for (std::size_t cut = synced; cut < written.size(); cut = (cut / kSector + 1) * kSector) {
    contents.push_back(written.substr(0, cut));
    contents.push_back(written.substr(0, cut) + std::string(written.size() - cut, '\0'));
    // Reordered: a lost sector before ones that arrived.
    std::string holed = written;
    std::fill_n(holed.begin() + static_cast<std::ptrdiff_t>(cut), std::min(kSector, written.size() - cut), '?');
    contents.push_back(holed);
  }
  return contents;
}

/// Visits every crash state after the first `length` operations.
void forEachCrashState(const std::vector<Operation>& log, std::size_t length,
                       const std::function<void(const CrashState&)>& visit) {
  std::map<int, std::string> written;
  std::map<int, std::size_t> synced;
  std::vector<const Operation*> names;
  std::vector<bool> certain;
  for (std::size_t i = 0; i < length; ++i) {
    const Operation& operation = log[i];
    if (isName(operation)) {
      names.push_back(&operation);
      certain.push_back(false);
      if (operation.kind == Kind::Create) written[operation.node];
    } else if (operation.kind == Kind::Write) {
      written[operation.node] += operation.data;
    } else if (operation.kind == Kind::SyncFile) {
      synced[operation.node] = written[operation.node].size();
    } else {
      for (std::size_t n = 0; n < names.size(); ++n) {
        if (names[n]->directory == operation.node) certain[n] = true;
      }
    }
  }
  std::vector<std::size_t> open;
  for (std::size_t n = 0; n < names.size(); ++n) {
    if (!certain[n]) open.push_back(n);
  }
  ASSERT_LT(open.size(), 16U);

  for (unsigned chosen = 0; chosen < 1U << open.size(); ++chosen) {
    CrashState state;
    for (std::size_t n = 0; n < names.size(); ++n) {
      const auto at = std::find(open.begin(), open.end(), n);
      const bool happened = at == open.end() || (chosen >> (at - open.begin()) & 1U) != 0;
      if (happened) applyName(*names[n], state);
    }
    for (const auto& [node, bytes] : written) state.files[node] = bytes;
    visit(state);
    // Unsynced files vary one at a time: a checkpoint is bad if any one of its files is.
    for (const auto& [node, bytes] : written) {
      for (const std::string& content : possibleContents(bytes, synced[node])) {
        state.files[node] = content;
        visit(state);
      }
      state.files[node] = bytes;
    }
  }
}

/// Everything in `directory` of a crash state, by name.
std::map<std::string, std::string> filesIn(const CrashState& state, int directory) {
  std::map<std::string, std::string> files;
  const auto found = state.directories.find(directory);
  if (found == state.directories.end()) return files;
  for (const auto& [name, node] : found->second) files[name] = state.files.at(node);
  return files;
}

struct Recording {
  std::vector<Operation> log;
  /// Length of the log when `commit` returned, and the name it returned.
  std::vector<std::pair<std::size_t, std::string>> acknowledged;
  std::map<std::string, std::map<std::string, std::string>> expected;
};

Recording record(bool dropSyncs) {
  TemporaryDirectory run;
  RecordingFileSystem fileSystem(run.path());
  fileSystem.dropSyncs = dropSyncs;
  Recording recording;
  const std::string checkpoints = run.file("checkpoints");
  for (const std::int64_t step : {10, 20, 20, 30}) {
    const std::size_t known = recording.acknowledged.size();
    CheckpointWriter writer(checkpoints, step, "hash", fileSystem);
    writer.addFile("model.safetensors", [&](ByteSink& sink) {
      for (std::size_t piece = 0; piece < 42; ++piece) {
        sink.write(toBytes(std::string(700 + piece, static_cast<char>('a' + known))));
      }
    });
    writer.addFile("state.safetensors", [&](ByteSink& sink) {
      for (int piece = 0; piece < 20; ++piece) sink.write(toBytes(std::string(900, static_cast<char>('A' + known))));
    });
    const std::string path = writer.commit().path;
    const std::string name = std::filesystem::path(path).filename().string();
    recording.acknowledged.emplace_back(fileSystem.log.size(), name);
    for (const char* file : {"model.safetensors", "state.safetensors", "manifest.json"}) {
      recording.expected[name][file] = test::readFile(path + "/" + file);
    }
  }
  recording.log = fileSystem.log;
  return recording;
}

struct Count {
  long states = 0;
  long bad = 0;
  long lost = 0;
};

Count examine(const Recording& recording) {
  Count count;
  for (std::size_t length = 0; length <= recording.log.size(); ++length) {
    forEachCrashState(recording.log, length, [&](const CrashState& state) {
      ++count.states;
      std::set<std::string> good;
      const auto outermost = state.directories.find(0);
      if (outermost != state.directories.end() && outermost->second.count("checkpoints") > 0) {
        const auto checkpoints = state.directories.find(outermost->second.at("checkpoints"));
        if (checkpoints != state.directories.end()) {
          for (const auto& [name, node] : checkpoints->second) {
            if (!name.starts_with("step-")) continue;
            const bool whole = filesIn(state, node) == recording.expected.at(name);
            whole ? static_cast<void>(good.insert(name)) : static_cast<void>(++count.bad);
          }
        }
      }
      for (const auto& [since, name] : recording.acknowledged) {
        if (since <= length && good.count(name) == 0) ++count.lost;
      }
    });
  }
  return count;
}

TEST(CrashStates, NoPowerLossLeavesAHalfCheckpointOrLosesAnAcknowledgedOne) {
  const Count count = examine(record(false));
  EXPECT_GE(count.states, 100'000);
  EXPECT_EQ(count.bad, 0);
  EXPECT_EQ(count.lost, 0);
  RecordProperty("states", std::to_string(count.states));
}

TEST(CrashStates, AWriterWithoutFsyncWouldBeFoundOut) {
  // The same recording as if the disk had ignored every fsync: only its first checkpoint, to keep
  // the number of open names small.
  Recording recording = record(true);
  recording.log.resize(recording.acknowledged.front().first);
  recording.acknowledged.resize(1);
  const Count count = examine(recording);
  EXPECT_GT(count.bad, 0);
  EXPECT_GT(count.lost, 0);
}

}  // namespace
}  // namespace slab
