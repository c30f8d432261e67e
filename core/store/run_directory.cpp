#include "core/store/run_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "core/base/error.h"

namespace slab {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxNameBytes = 200;  // leaves room for suffixes within a file name's 255

[[noreturn]] void fail(const char* what, const fs::path& file, int code) {
  throw Error(ErrorKind::Data, std::string(what) + " '" + file.string() + "': " + errnoMessage(code));
}

// A descriptor that closes itself; close() reports what the kernel kept back until then.
class File {
 public:
  File(const fs::path& path, int flags, int mode = 0644) : fd_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int fd() const { return fd_; }
  bool close() {
    const int fd = fd_;
    fd_ = -1;
    return ::close(fd) == 0 || errno == EINTR;
  }

 private:
  int fd_;
};

bool writeAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

int syncFile(int fd) {
  int result = 0;
  do {
    result = ::fsync(fd);
  } while (result != 0 && errno == EINTR);
  return result;
}

}  // namespace

RunDirectory::RunDirectory(fs::path path) : path_(fs::absolute(path).lexically_normal()) {
  if (!path_.has_filename()) path_ = path_.parent_path();
}

bool RunDirectory::isRun(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path / "run.db", ignored) || fs::exists(path / "config.json", ignored);
}

RunDirectory RunDirectory::create(const fs::path& path) {
  RunDirectory run(path);
  if (isRun(run.path())) {
    throw Error(ErrorKind::Config,
                "'" + run.path().string() + "' already holds a run; give another --run, or resume it with --resume");
  }
  std::error_code error;
  for (const auto& folder : {run.path(), run.checkpoints(), run.exports()}) {
    fs::create_directories(folder, error);
    if (error) fail("can't make the run directory", folder, error.value());
  }
  return run;
}

RunDirectory RunDirectory::open(const fs::path& path) {
  RunDirectory run(path);
  if (!isRun(run.path())) {
    throw Error(ErrorKind::Data, "'" + run.path().string() + "' is not a run: it holds neither run.db nor config.json");
  }
  return run;
}

fs::path RunDirectory::checkpoint(std::int64_t step) const {
  char name[32];
  std::snprintf(name, sizeof name, "step-%08lld", static_cast<long long>(step));
  return checkpoints() / name;
}

void requireRunName(const std::string& name) {
  const bool has_control =
      std::any_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 32; });
  if (name.empty() || name.size() > kMaxNameBytes || name.front() == '.' || has_control ||
      name.find('/') != std::string::npos) {
    throw Error(ErrorKind::Config, "'" + name + "' can't be a run's name: it must be a file name of at most " +
                                       std::to_string(kMaxNameBytes) +
                                       " bytes without '/' that does not begin with a dot");
  }
}

void replaceFile(const fs::path& file, std::string_view text, bool durable) {
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  const fs::path temporary = folder / ("." + file.filename().string() + "." + std::to_string(::getpid()));
  try {
    File out(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);
    if (out.fd() < 0 || !writeAll(out.fd(), text) || (durable && syncFile(out.fd()) != 0) || !out.close()) {
      fail("can't write", file, errno);
    }
    if (::rename(temporary.c_str(), file.c_str()) != 0) fail("can't replace", file, errno);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  if (!durable) return;
  const File directory(folder, O_RDONLY | O_DIRECTORY);
  if (directory.fd() < 0 || syncFile(directory.fd()) != 0) fail("can't make durable", folder, errno);
}

std::string readTextFile(const fs::path& file, std::uint64_t max_bytes) {
  const File in(file, O_RDONLY);
  struct stat info {};
  if (in.fd() < 0 || ::fstat(in.fd(), &info) != 0) fail("can't read", file, errno);
  if (!S_ISREG(info.st_mode)) throw Error(ErrorKind::Data, "'" + file.string() + "' is not a file");
  std::string text;
  char buffer[1 << 16];
  for (;;) {
    const ssize_t n = ::read(in.fd(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("can't read", file, errno);
    if (n == 0) return text;
    text.append(buffer, static_cast<std::size_t>(n));
    if (text.size() > max_bytes) {
      throw Error(ErrorKind::Data, "'" + file.string() + "' is larger than " + std::to_string(max_bytes) + " bytes");
    }
  }
}

}  // namespace slab
