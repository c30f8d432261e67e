#include "core/formats/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "core/base/error.h"

namespace slab {
namespace {

[[noreturn]] void refuse(int fd, const std::string& message) {
  if (fd >= 0) ::close(fd);
  throw Error(ErrorKind::Data, message);
}

}  // namespace

MappedFile::MappedFile(std::string path) : path_(std::move(path)) {
  // O_NONBLOCK: opening a named pipe by mistake must not wait for a writer.
  const int fd = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) refuse(fd, path_ + " can't be opened: " + errnoMessage(errno));
  struct stat status {};
  if (::fstat(fd, &status) != 0) refuse(fd, path_ + " can't be examined: " + errnoMessage(errno));
  if (!S_ISREG(status.st_mode)) refuse(fd, path_ + " is not a regular file");
  size_ = static_cast<std::size_t>(status.st_size);
  if (size_ > 0) {
    void* address = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd, 0);
    if (address == MAP_FAILED) refuse(fd, path_ + " can't be mapped: " + errnoMessage(errno));
    data_ = static_cast<const std::byte*>(address);
  }
  ::close(fd);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

}  // namespace slab
