// Small pieces both ends of the local socket share.
#pragma once

#include <sys/un.h>

#include <filesystem>
#include <utility>

namespace slab {

/// A descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] explicit operator bool() const { return fd_ >= 0; }
  void reset();

 private:
  int fd_;
};

/// Throws Error(Config) when the path does not fit.
sockaddr_un socketAddress(const std::filesystem::path& path);

/// Whether the process at the other end belongs to this user.
bool isOwnPeer(int socket);

}  // namespace slab
