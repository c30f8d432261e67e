// A file of strangers, opened to be handed on.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>

namespace slab::sandbox {

/// Open for reading, closed at the end of the scope. A named pipe is refused without waiting for a writer. Throws
/// ImageError(Unreadable) with the cause for what can't be opened or is no regular file.
class RegularFile {
 public:
  explicit RegularFile(const std::string& path);
  ~RegularFile();
  RegularFile(const RegularFile&) = delete;
  RegularFile& operator=(const RegularFile&) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] std::uint64_t bytes() const { return static_cast<std::uint64_t>(status_.st_size); }
  /// Of the content; throws ImageError(Unreadable) where reading fails.
  [[nodiscard]] std::string sha256() const;

 private:
  [[noreturn]] void refuse(const std::string& cause) const;

  std::string path_;
  int fd_;
  struct stat status_ {};
};

}  // namespace slab::sandbox
