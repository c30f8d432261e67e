// A whole file, read-only in memory without copying.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace slab {

/// Maps a regular file. The bytes live as long as this object. A file that another process cuts
/// while it is mapped raises SIGBUS on access; checkpoints are immutable for that reason.
/// Throws Error(Data) naming the path when it is missing, unreadable or not a regular file.
class MappedFile {
 public:
  explicit MappedFile(std::string path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  [[nodiscard]] std::span<const std::byte> bytes() const { return {data_, size_}; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace slab
