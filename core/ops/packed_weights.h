// Weights packed for inference, kept while their tensor lives and stays unchanged.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace slab::ops {

/// A cache from weight tensor to its packed form. An entry is used only while the very same tensor object is
/// alive (a weak reference guards against a reused address), its version counter has not moved and a sample
/// of its values has not changed: the sample notices writes through data pointers, which count no version.
/// Thread-safe.
class PackedWeights {
 public:
  /// The packed form of `weight` for about `rows` tokens, made at the second call for the same version (a
  /// weight that is a temporary is never packed); until then, and for tensors without a version, `weight`.
  at::Tensor find(const at::Tensor& weight, std::int64_t rows);
  void clear();
  [[nodiscard]] std::size_t size() const;

 private:
  struct Entry {
    c10::weak_intrusive_ptr<at::TensorImpl> owner;
    std::uint32_t version = 0;
    std::vector<std::uint8_t> sample;
    std::int64_t rows = 0;
    at::Tensor packed;
  };

  void forgetDead();

  mutable std::mutex mutex_;
  std::unordered_map<const at::TensorImpl*, Entry> entries_;
};

/// The process's cache, which `linear` uses.
PackedWeights& packedWeights();

}  // namespace slab::ops
