// The few system calls that durable writing needs, behind an interface, so that tests can record
// them, replay every crash state and fail each one in turn.
#pragma once

#include <cerrno>
#include <cstddef>
#include <string>

namespace slab {

/// Each function is the system call of its name: -1 and `errno` on failure, `write` may be short.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  /// A new file for writing; fails with EEXIST rather than open an existing one or follow a link.
  virtual int createFile(const std::string& path) = 0;
  /// An existing directory, to be given to `fsync`.
  virtual int openDirectory(const std::string& path) = 0;
  virtual std::ptrdiff_t write(int fd, const void* data, std::size_t size) = 0;
  virtual int fsync(int fd) = 0;
  virtual int close(int fd) = 0;
  virtual int mkdir(const std::string& path) = 0;
  /// Replaces an existing file.
  virtual int rename(const std::string& from, const std::string& to) = 0;
  /// Fails with EEXIST where `to` exists, whatever it is.
  virtual int renameNew(const std::string& from, const std::string& to) = 0;
  virtual int unlink(const std::string& path) = 0;
  virtual int rmdir(const std::string& path) = 0;
};

/// Calls again while a signal interrupts.
template <typename Call>
auto uninterrupted(Call&& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

/// The real one; stateless, usable from any thread.
FileSystem& systemFileSystem();

}  // namespace slab
