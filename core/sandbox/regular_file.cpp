#include "core/sandbox/regular_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <span>

#include "core/formats/image_fault.h"
#include "core/formats/sha256.h"

namespace slab::sandbox {

RegularFile::RegularFile(const std::string& path)
    : path_(path), fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
  if (fd_ < 0) refuse(errnoMessage(errno));
  const bool isKnown = ::fstat(fd_, &status_) == 0;
  const int code = errno;
  if (isKnown && S_ISREG(status_.st_mode)) return;
  ::close(fd_);
  refuse(isKnown ? "it is not a regular file" : errnoMessage(code));
}

RegularFile::~RegularFile() {
  ::close(fd_);
}

std::string RegularFile::sha256() const {
  Sha256 hash;
  std::array<std::byte, 1 << 16> block;
  for (off_t at = 0;;) {
    const ssize_t got = ::pread(fd_, block.data(), block.size(), at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) refuse(errnoMessage(errno));
    if (got == 0) return hash.hex();
    hash.update(std::span(block).first(static_cast<std::size_t>(got)));
    at += got;
  }
}

void RegularFile::refuse(const std::string& cause) const {
  throw ImageError(path_, ImageFault::Unreadable, cause);
}

}  // namespace slab::sandbox
