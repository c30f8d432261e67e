#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "core/base/clock.h"
#include "core/base/rng.h"
#include "core/wire/socket.h"

namespace slab {
namespace {

namespace fs = std::filesystem;

// Makes the directory for this user alone, and refuses one that others can write to or own.
void makePrivate(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    throw Error(ErrorKind::Config,
                "can't make the directory for sockets '" + folder.string() + "': " + errnoMessage(errno));
  }
  struct stat info {};
  if (::lstat(folder.c_str(), &info) != 0 || !S_ISDIR(info.st_mode) || info.st_uid != ::geteuid() ||
      (info.st_mode & 077) != 0) {
    throw Error(ErrorKind::Config, "the directory for sockets '" + folder.string() +
                                       "' must be a directory of this user alone; remove it or set XDG_RUNTIME_DIR");
  }
}

}  // namespace

fs::path socketPath(const std::string& id) {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  std::error_code ignored;
  fs::path folder;
  if (runtime != nullptr && runtime[0] == '/' && fs::is_directory(runtime, ignored)) {
    folder = fs::path(runtime) / "slab";
  } else {
    folder = fs::temp_directory_path() / ("slab-" + std::to_string(::geteuid()));
  }
  makePrivate(folder);
  fs::path path = folder / (id + ".sock");
  if (path.native().size() >= sizeof(sockaddr_un::sun_path)) {
    throw Error(ErrorKind::Config,
                "the socket path '" + path.string() + "' is too long; set XDG_RUNTIME_DIR to a shorter one");
  }
  return path;
}

std::string newSocketId(const std::string& role) {
  const auto pid = static_cast<std::uint64_t>(::getpid());
  const auto now = static_cast<std::uint64_t>(monotonicSeconds() * 1e9);
  char suffix[32];
  std::snprintf(suffix, sizeof suffix, "-%llu-%04llx", static_cast<unsigned long long>(pid),
                static_cast<unsigned long long>(hashKeys(pid, now) & 0xFFFF));
  return role + suffix;
}

}  // namespace slab
