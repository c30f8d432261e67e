#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <random>
#include <string>
#include <vector>

#include "kernels/cpu/reference/elements.h"

namespace slab::kernels::test {

inline const char* toString(DType dtype) {
  return dtype == DType::F32 ? "f32" : dtype == DType::BF16 ? "bf16" : "f16";
}

/// Memory on a 64-byte boundary, like a tensor's.
template <class T>
struct AlignedAllocator {
  using value_type = T;
  T* allocate(std::size_t count) { return static_cast<T*>(::operator new(count * sizeof(T), std::align_val_t(64))); }
  void deallocate(T* memory, std::size_t) { ::operator delete(memory, std::align_val_t(64)); }
  bool operator==(const AlignedAllocator&) const = default;
};

using AlignedBytes = std::vector<unsigned char, AlignedAllocator<unsigned char>>;

/// A strided array of the storage type that ends exactly after its last element, so that a sanitizer sees every
/// overrun; the gaps between rows hold a pattern that nobody may change.
class Strided {
 public:
  Strided(DType dtype, std::int64_t rows, std::int64_t columns, std::int64_t stride)
      : dtype_(dtype), rows_(rows), columns_(columns), stride_(stride) {
    const std::int64_t elements = rows == 0 ? 0 : (rows - 1) * stride + columns;
    bytes_.assign(static_cast<std::size_t>(elements) * sizeOf(dtype), kPattern);
  }

  template <class Value>
  void fill(Value value) {
    for (std::int64_t r = 0; r < rows_; ++r) {
      for (std::int64_t c = 0; c < columns_; ++c) {
        reference::put(dtype_, bytes_.data(), r * stride_ + c, value(r, c));
      }
    }
  }

  void* data() { return bytes_.data(); }
  [[nodiscard]] std::int64_t stride() const { return stride_; }
  [[nodiscard]] double at(std::int64_t r, std::int64_t c) const {
    return reference::get(dtype_, bytes_.data(), r * stride_ + c);
  }
  [[nodiscard]] const AlignedBytes& bytes() const { return bytes_; }

  /// The gaps between rows are as they were.
  [[nodiscard]] bool gapsUntouched() const {
    const auto size = static_cast<std::int64_t>(sizeOf(dtype_));
    for (std::int64_t r = 0; r + 1 < rows_; ++r) {
      for (std::int64_t b = (r * stride_ + columns_) * size; b < (r + 1) * stride_ * size; ++b) {
        if (bytes_[static_cast<std::size_t>(b)] != kPattern) return false;
      }
    }
    return true;
  }

  [[nodiscard]] std::vector<double> values() const {
    std::vector<double> result;
    for (std::int64_t r = 0; r < rows_; ++r) {
      for (std::int64_t c = 0; c < columns_; ++c) result.push_back(at(r, c));
    }
    return result;
  }

 private:
  static constexpr unsigned char kPattern = 0xff;  // NaN in every storage type
  DType dtype_;
  std::int64_t rows_, columns_, stride_;
  AlignedBytes bytes_;
};

/// A 64-byte aligned workspace filled with NaNs, exactly as large as asked for.
class Scratch {
 public:
  explicit Scratch(std::size_t bytes) : bytes_(bytes), storage_(::operator new(bytes + 1, std::align_val_t(64))) {
    std::memset(storage_.get(), 0xff, bytes);
  }
  void* data() { return storage_.get(); }
  [[nodiscard]] std::size_t size() const { return bytes_; }

 private:
  struct Free {
    void operator()(void* memory) const { ::operator delete(memory, std::align_val_t(64)); }
  };
  std::size_t bytes_;
  std::unique_ptr<void, Free> storage_;
};

inline std::vector<float> randomFloats(std::mt19937& generator, std::int64_t count, float mean, float deviation) {
  std::normal_distribution<float> normal(mean, deviation);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = normal(generator);
  return values;
}

inline std::vector<double> widened(const std::vector<float>& values) {
  return {values.begin(), values.end()};
}

/// Largest difference, relative to the largest expected magnitude, or to `scale` where that is larger (the size of the
/// terms of a sum that may cancel); infinity where a value is not finite.
inline double relativeError(const std::vector<double>& actual, const std::vector<double>& expected,
                            double scale = 0.0) {
  if (actual.size() != expected.size()) return INFINITY;
  double error = 0.0;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    if (!std::isfinite(actual[i]) || !std::isfinite(expected[i])) return INFINITY;
    error = std::max(error, std::abs(actual[i] - expected[i]));
    scale = std::max(scale, std::abs(expected[i]));
  }
  return scale == 0.0 ? error : error / scale;
}

/// What rounding to the storage type may add to a result, relative to the largest value: one unit in the last place.
inline double storageTolerance(DType dtype) {
  return dtype == DType::F32 ? 0.0 : dtype == DType::BF16 ? 0x1p-8 : 0x1p-11;
}

}  // namespace slab::kernels::test
