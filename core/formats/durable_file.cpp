#include "core/formats/durable_file.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <utility>

namespace slab {
namespace {

[[noreturn]] void failWrite(ErrorKind kind, const std::string& path, const char* action, int code) {
  std::string message = path + " can't be " + action + ": " + errnoMessage(code) + "; nothing written before is lost";
  if (code == ENOSPC || code == EDQUOT) message += ", free some space and try again";
  throw WriteError(kind, message, code);
}

std::string temporaryBeside(const std::string& path) {
  static std::atomic<unsigned> counter{0};
  const auto slash = path.find_last_of('/');
  const std::size_t name = slash == std::string::npos ? 0 : slash + 1;
  return path.substr(0, name) + "." + path.substr(name) + "." + std::to_string(::getpid()) + "." +
         std::to_string(counter++) + ".tmp";
}

std::string parentOf(const std::string& path) {
  const auto slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

bool WriteError::isDiskFull() const noexcept {
  return code_ == ENOSPC || code_ == EDQUOT;
}

DurableFile::DurableFile(std::string path, FileSystem& fileSystem, ErrorKind kind)
    : path_(std::move(path)),
      fileSystem_(fileSystem),
      kind_(kind),
      fd_(uninterrupted([&] { return fileSystem_.createFile(path_); })) {
  if (fd_ < 0) failWrite(kind_, path_, "created", errno);
}

DurableFile::~DurableFile() {
  if (fd_ >= 0) fileSystem_.close(fd_);
}

void DurableFile::write(std::span<const std::byte> bytes) {
  hash_.update(bytes);
  size_ += bytes.size();
  while (!bytes.empty()) {
    const std::ptrdiff_t written = uninterrupted([&] { return fileSystem_.write(fd_, bytes.data(), bytes.size()); });
    if (written < 0) failWrite(kind_, path_, "written", errno);
    // Zero bytes without an error would loop for ever; POSIX leaves it open, so it counts as an I/O error.
    if (written == 0) failWrite(kind_, path_, "written", EIO);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void DurableFile::finish() {
  // A failed fsync is not retried: the kernel may have dropped the dirty pages already.
  if (uninterrupted([&] { return fileSystem_.fsync(fd_); }) != 0) failWrite(kind_, path_, "flushed to the disk", errno);
  const int fd = std::exchange(fd_, -1);
  // Linux has closed the descriptor even where close reports EINTR.
  if (fileSystem_.close(fd) != 0 && errno != EINTR) failWrite(kind_, path_, "closed", errno);
}

void syncDirectory(const std::string& path, FileSystem& fileSystem, ErrorKind kind) {
  const int fd = uninterrupted([&] { return fileSystem.openDirectory(path); });
  if (fd < 0) failWrite(kind, path, "opened", errno);
  const int result = uninterrupted([&] { return fileSystem.fsync(fd); });
  const int code = errno;
  fileSystem.close(fd);
  if (result != 0) failWrite(kind, path, "flushed to the disk", code);
}

void writeFileAtomically(const std::string& path, const std::function<void(ByteSink&)>& produce, FileSystem& fileSystem,
                         ErrorKind kind) {
  const std::string temporary = temporaryBeside(path);
  DurableFile file(temporary, fileSystem, kind);
  try {
    produce(file);
    file.finish();
    if (uninterrupted([&] { return fileSystem.rename(temporary, path); }) != 0) {
      failWrite(kind, path, "replaced", errno);
    }
  } catch (...) {
    fileSystem.unlink(temporary);
    throw;
  }
  syncDirectory(parentOf(path), fileSystem, kind);
}

void writeFileAtomically(const std::string& path, std::span<const std::byte> content, FileSystem& fileSystem,
                         ErrorKind kind) {
  writeFileAtomically(
      path, [&](ByteSink& sink) { sink.write(content); }, fileSystem, kind);
}

}  // namespace slab
