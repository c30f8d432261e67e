// Preloaded into `slab`: a disk that is full for a while. While the file $SLAB_TEST_FULL_WHILE exists,
// writing to a file whose path begins with $SLAB_TEST_FULL_UNDER, or making one, fails with ENOSPC.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

bool isFull(const char* path) {
  const char* marker = std::getenv("SLAB_TEST_FULL_WHILE");
  const char* under = std::getenv("SLAB_TEST_FULL_UNDER");
  return marker != nullptr && under != nullptr && std::strncmp(path, under, std::strlen(under)) == 0 &&
         ::access(marker, F_OK) == 0;
}

bool refuses(const char* path) {
  const bool full = isFull(path);
  if (full) errno = ENOSPC;
  return full;
}

bool refuses(int fd) {
  const int before = errno;
  char link[64], path[4096];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t length = ::readlink(link, path, sizeof path - 1);
  errno = before;
  if (length <= 0) return false;
  path[length] = '\0';
  return refuses(path);
}

int openOr(const char* name, const char* path, int flags, mode_t mode) {
  if ((flags & O_CREAT) != 0 && ::access(path, F_OK) != 0 && refuses(path)) return -1;
  return next<int(const char*, int, ...)>(name)(path, flags, mode);
}

mode_t modeOf(int flags, va_list arguments) {
  return (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
}

}  // namespace

extern "C" {

ssize_t write(int fd, const void* bytes, size_t count) {
  static const auto real = next<ssize_t(int, const void*, size_t)>("write");
  return refuses(fd) ? -1 : real(fd, bytes, count);
}

ssize_t writev(int fd, const iovec* parts, int count) {
  static const auto real = next<ssize_t(int, const iovec*, int)>("writev");
  return refuses(fd) ? -1 : real(fd, parts, count);
}

ssize_t pwrite(int fd, const void* bytes, size_t count, off_t offset) {
  static const auto real = next<ssize_t(int, const void*, size_t, off_t)>("pwrite");
  return refuses(fd) ? -1 : real(fd, bytes, count, offset);
}

ssize_t pwrite64(int fd, const void* bytes, size_t count, off64_t offset) {
  static const auto real = next<ssize_t(int, const void*, size_t, off64_t)>("pwrite64");
  return refuses(fd) ? -1 : real(fd, bytes, count, offset);
}

int mkdir(const char* path, mode_t mode) {
  static const auto real = next<int(const char*, mode_t)>("mkdir");
  return refuses(path) ? -1 : real(path, mode);
}

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = modeOf(flags, arguments);
  va_end(arguments);
  return openOr("open", path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = modeOf(flags, arguments);
  va_end(arguments);
  return openOr("open64", path, flags, mode);
}

}  // extern "C"
