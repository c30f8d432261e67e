// Files that are either wholly on the disk or not there at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "core/base/error.h"
#include "core/formats/file_system.h"
#include "core/formats/sha256.h"

namespace slab {

/// A failed write, with its `errno`. The sentence names the path, the cause and what is still safe.
class WriteError : public Error {
 public:
  WriteError(ErrorKind kind, const std::string& message, int code) : Error(kind, message), code_(code) {}
  [[nodiscard]] int code() const noexcept { return code_; }
  /// No space or quota left: worth trying again after room was made.
  [[nodiscard]] bool isDiskFull() const noexcept;

 private:
  int code_;
};

/// Where encoders send their bytes.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  virtual void write(std::span<const std::byte> bytes) = 0;
};

/// A new file, hashed while it is written. `finish` makes it durable (not its directory entry);
/// without `finish` the destructor only closes it. Throws WriteError(kind).
class DurableFile final : public ByteSink {
 public:
  DurableFile(std::string path, FileSystem& fileSystem = systemFileSystem(), ErrorKind kind = ErrorKind::Data);
  ~DurableFile() override;
  DurableFile(const DurableFile&) = delete;
  DurableFile& operator=(const DurableFile&) = delete;

  /// Short writes and EINTR are continued.
  void write(std::span<const std::byte> bytes) override;
  /// fsync and close.
  void finish();

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] std::string sha256() const { return hash_.hex(); }

 private:
  std::string path_;
  FileSystem& fileSystem_;
  ErrorKind kind_;
  int fd_;
  std::uint64_t size_ = 0;
  Sha256 hash_;
};

/// fsync of a directory: makes renames and new entries in it durable.
void syncDirectory(const std::string& path, FileSystem& fileSystem = systemFileSystem(),
                   ErrorKind kind = ErrorKind::Data);

/// Writes beside `path` and renames, so that readers see the old content or the new one, both
/// whole; the temporary is removed on failure. `produce` writes the content.
void writeFileAtomically(const std::string& path, const std::function<void(ByteSink&)>& produce,
                         FileSystem& fileSystem = systemFileSystem(), ErrorKind kind = ErrorKind::Data);

void writeFileAtomically(const std::string& path, std::span<const std::byte> content,
                         FileSystem& fileSystem = systemFileSystem(), ErrorKind kind = ErrorKind::Data);

}  // namespace slab
