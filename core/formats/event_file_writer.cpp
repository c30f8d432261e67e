#include "core/formats/event_file_writer.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdio>
#include <filesystem>

namespace slab {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& path, const char* action, int code) {
  throw WriteError(ErrorKind::Data, path + " can't be " + action + ": " + errnoMessage(code), code);
}

// A dot would end the name early for who takes it apart.
std::string hostName() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
  std::string text(name.data());
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) == 0 && c != '-'; }, '-');
  return text;
}

// The latest time in the names of the folder's files; 0 when there are none.
std::int64_t newestSeconds(const std::string& folder) {
  std::int64_t newest = 0;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (!name.starts_with(kEventFilePrefix)) continue;
    std::int64_t seconds = 0;
    std::from_chars(name.data() + kEventFilePrefix.size(), name.data() + name.size(), seconds);
    newest = std::max(newest, seconds);
  }
  return newest;
}

std::string fileName(const std::string& folder, double wall) {
  const std::int64_t seconds = std::max(static_cast<std::int64_t>(wall), newestSeconds(folder) + 1);
  std::array<char, 24> digits{};
  std::snprintf(digits.data(), digits.size(), "%010lld", static_cast<long long>(seconds));
  return std::string(kEventFilePrefix) + digits.data() + "." + hostName() + "." + std::to_string(::getpid());
}

}  // namespace

EventFileWriter::EventFileWriter(std::string folder, double wall, FileSystem& fileSystem) : fileSystem_(fileSystem) {
  if (uninterrupted([&] { return fileSystem_.mkdir(folder); }) != 0 && errno != EEXIST) fail(folder, "made", errno);
  path_ = folder + "/" + fileName(folder, wall);
  fd_ = uninterrupted([&] { return fileSystem_.createFile(path_); });
  if (fd_ < 0) fail(path_, "created", errno);
  LogEvent version;
  version.wall = wall;
  version.fileVersion = "brain.Event:2";
  add(version);
}

EventFileWriter::~EventFileWriter() {
  fileSystem_.close(fd_);
}

void EventFileWriter::flush() {
  std::size_t done = 0;
  std::ptrdiff_t written = 0;
  while (done < waiting_.size() && written >= 0) {
    written = uninterrupted([&] { return fileSystem_.write(fd_, waiting_.data() + done, waiting_.size() - done); });
    if (written == 0) {
      errno = EIO;  // as in DurableFile: else this would loop for ever
      written = -1;
    }
    if (written > 0) done += static_cast<std::size_t>(written);
  }
  const int code = errno;
  waiting_.erase(0, done);
  if (!waiting_.empty()) fail(path_, "written", code);
}

}  // namespace slab
