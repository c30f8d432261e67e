#pragma once

#include <cstddef>
#include <cstdint>

namespace slab::kernels {

/// Cuts a caller's workspace into 64-byte aligned arrays. Over a null base it only counts, so one function describes
/// both how much is needed and where everything lies.
class Workspace {
 public:
  explicit Workspace(void* base) : base_(static_cast<unsigned char*>(base)) {}

  template <class T>
  T* take(std::int64_t count) {
    const std::size_t offset = used_;
    used_ += (static_cast<std::size_t>(count) * sizeof(T) + 63) / 64 * 64;
    return base_ == nullptr ? nullptr : reinterpret_cast<T*>(base_ + offset);
  }

  [[nodiscard]] std::size_t used() const { return used_; }

 private:
  unsigned char* base_;
  std::size_t used_ = 0;
};

[[nodiscard]] constexpr std::int64_t ceilDiv(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

}  // namespace slab::kernels
