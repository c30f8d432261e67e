// File systems for tests of durability: one that fails a chosen call, one that records every call.
#pragma once

#include <cerrno>
#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/formats/file_system.h"

namespace slab::test {

/// Passes calls on to the real file system, counts them, and lets one of them fail.
class FaultFileSystem final : public FileSystem {
 public:
  static constexpr int kShortWrite = -1;

  /// Call number `at` (from 0) fails with errno `code` (or, with kShortWrite, writes one byte);
  /// with `lasting`, so does every later call of its kind.
  FaultFileSystem(long at, int code, bool lasting = false) : at_(at), code_(code), lasting_(lasting) {}

  int createFile(const std::string& path) override { return fails(0) ? -1 : real_.createFile(path); }
  int openDirectory(const std::string& path) override { return fails(1) ? -1 : real_.openDirectory(path); }
  std::ptrdiff_t write(int fd, const void* data, std::size_t size) override {
    if (fails(2)) return -1;
    return real_.write(fd, data, std::exchange(shorten_, false) && size > 1 ? 1 : size);
  }
  int fsync(int fd) override { return fails(3) ? -1 : real_.fsync(fd); }
  int close(int fd) override {
    const bool fail = fails(4);
    const int result = real_.close(fd);  // Linux closes the descriptor whatever it reports.
    if (!fail) return result;
    errno = code_;
    return -1;
  }
  int mkdir(const std::string& path) override { return fails(5) ? -1 : real_.mkdir(path); }
  int rename(const std::string& from, const std::string& to) override { return fails(6) ? -1 : real_.rename(from, to); }
  int renameNew(const std::string& from, const std::string& to) override {
    return fails(6) ? -1 : real_.renameNew(from, to);
  }
  int unlink(const std::string& path) override { return fails(7) ? -1 : real_.unlink(path); }
  int rmdir(const std::string& path) override { return fails(8) ? -1 : real_.rmdir(path); }

  [[nodiscard]] long calls() const { return calls_; }
  [[nodiscard]] bool struck() const { return struck_; }

 private:
  bool fails(int kind) {
    const bool now = calls_++ == at_;
    if (now) struckKind_ = kind;
    struck_ = struck_ || now;
    if (!now && !(lasting_ && struck_ && kind == struckKind_)) return false;
    if (code_ == kShortWrite) {
      shorten_ = kind == 2;
      return false;
    }
    errno = code_;
    return true;
  }

  FileSystem& real_ = systemFileSystem();
  long at_;
  int code_;
  bool lasting_;
  long calls_ = 0;
  int struckKind_ = -1;
  bool struck_ = false;
  bool shorten_ = false;
};

/// One recorded change. Files and directories are numbered; number 0 is the outermost directory.
struct Operation {
  enum class Kind { Create, MakeDirectory, Write, SyncFile, SyncDirectory, Rename, Unlink, RemoveDirectory } kind;
  int directory = 0;  // that holds the name
  std::string name;
  std::string newName;  // Rename, within the same directory
  int node = 0;         // what was created, written, synced or moved
  std::string data;
};

/// Carries out every call for real below `root` and writes down what it meant.
class RecordingFileSystem final : public FileSystem {
 public:
  explicit RecordingFileSystem(std::string root) : root_(std::move(root)) { nodes_[root_] = 0; }

  int createFile(const std::string& path) override {
    const int fd = real_.createFile(path);
    if (fd >= 0) descriptors_[fd] = {add(Operation::Kind::Create, path), false};
    return fd;
  }
  int openDirectory(const std::string& path) override {
    const int fd = real_.openDirectory(path);
    if (fd >= 0) descriptors_[fd] = {nodes_.at(path), true};
    return fd;
  }
  std::ptrdiff_t write(int fd, const void* data, std::size_t size) override {
    const std::ptrdiff_t written = real_.write(fd, data, size);
    if (written > 0) {
      log.push_back({Operation::Kind::Write, 0, "", "", descriptors_.at(fd).first,
                     std::string(static_cast<const char*>(data), static_cast<std::size_t>(written))});
    }
    return written;
  }
  int fsync(int fd) override {
    const auto [node, isDirectory] = descriptors_.at(fd);
    const auto kind = isDirectory ? Operation::Kind::SyncDirectory : Operation::Kind::SyncFile;
    if (!dropSyncs) log.push_back({kind, 0, "", "", node, ""});
    return real_.fsync(fd);
  }
  int close(int fd) override {
    descriptors_.erase(fd);
    return real_.close(fd);
  }
  int mkdir(const std::string& path) override {
    const int result = real_.mkdir(path);
    if (result == 0) add(Operation::Kind::MakeDirectory, path);
    return result;
  }
  int rename(const std::string& from, const std::string& to) override { return move(from, to, real_.rename(from, to)); }
  int renameNew(const std::string& from, const std::string& to) override {
    return move(from, to, real_.renameNew(from, to));
  }
  int unlink(const std::string& path) override { return remove(Operation::Kind::Unlink, path, real_.unlink(path)); }
  int rmdir(const std::string& path) override {
    return remove(Operation::Kind::RemoveDirectory, path, real_.rmdir(path));
  }

  std::vector<Operation> log;
  /// Forget every fsync: a writer without them must be found out.
  bool dropSyncs = false;

 private:
  static std::pair<std::string, std::string> split(const std::string& path) {
    const auto slash = path.rfind('/');
    return {path.substr(0, slash), path.substr(slash + 1)};
  }

  int add(Operation::Kind kind, const std::string& path) {
    const auto [parent, name] = split(path);
    nodes_[path] = next_;
    log.push_back({kind, nodes_.at(parent), name, "", next_, ""});
    return next_++;
  }

  int move(const std::string& from, const std::string& to, int result) {
    if (result != 0) return result;
    log.push_back({Operation::Kind::Rename, nodes_.at(split(from).first), split(from).second, split(to).second,
                   nodes_.at(from), ""});
    std::map<std::string, int> moved;
    for (const auto& [path, node] : nodes_) {
      const bool inside = path == from || path.starts_with(from + "/");
      moved[inside ? to + path.substr(from.size()) : path] = node;
    }
    nodes_ = std::move(moved);
    return result;
  }

  int remove(Operation::Kind kind, const std::string& path, int result) {
    if (result == 0) log.push_back({kind, nodes_.at(split(path).first), split(path).second, "", nodes_.at(path), ""});
    return result;
  }

  FileSystem& real_ = systemFileSystem();
  std::string root_;
  std::map<std::string, int> nodes_;
  std::map<int, std::pair<int, bool>> descriptors_;
  int next_ = 1;
};

}  // namespace slab::test
