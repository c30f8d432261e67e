#include "core/formats/file_system.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace slab {
namespace {

class SystemFileSystem final : public FileSystem {
 public:
  int createFile(const std::string& path) override {
    return ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
  }
  int openDirectory(const std::string& path) override {
    return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  }
  std::ptrdiff_t write(int fd, const void* data, std::size_t size) override { return ::write(fd, data, size); }
  int fsync(int fd) override { return ::fsync(fd); }
  int close(int fd) override { return ::close(fd); }
  int mkdir(const std::string& path) override { return ::mkdir(path.c_str(), 0755); }
  int rename(const std::string& from, const std::string& to) override { return ::rename(from.c_str(), to.c_str()); }
  int renameNew(const std::string& from, const std::string& to) override {
    const int result = ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE);
    if (result == 0 || (errno != EINVAL && errno != ENOSYS)) return result;
    // File systems without the flag (NFS): the run's lock leaves no second writer to race with.
    if (::access(to.c_str(), F_OK) == 0) {
      errno = EEXIST;
      return -1;
    }
    return ::rename(from.c_str(), to.c_str());
  }
  int unlink(const std::string& path) override { return ::unlink(path.c_str()); }
  int rmdir(const std::string& path) override { return ::rmdir(path.c_str()); }
};

}  // namespace

FileSystem& systemFileSystem() {
  static SystemFileSystem instance;
  return instance;
}

}  // namespace slab
