// Weights packed for inference, kept while their memory lives and stays unchanged.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <tuple>
#include <vector>

namespace slab::ops {

/// A cache from weights to their packed forms. A weight is known by the memory it occupies and its layout, so that a
/// view made afresh in every forward is found again. An entry is used only while that very storage is alive (a weak
/// reference guards against a reused address), the version counter has not moved and a sample of the values has not
/// changed: the sample notices writes through data pointers, which count no version. Thread-safe.
class PackedWeights {
 public:
  /// The packed form of `weight` for about `rows` tokens, made at the first call for a version, so that all calls round
  /// alike; tensors without a version (inference mode) as they are.
  at::Tensor find(const at::Tensor& weight, std::int64_t rows);
  void clear();
  [[nodiscard]] std::size_t size() const;

 private:
  /// Address, sizes and strides.
  using Key = std::tuple<const void*, std::int64_t, std::int64_t, std::int64_t, std::int64_t>;
  struct Entry {
    c10::weak_intrusive_ptr<c10::StorageImpl> owner;
    std::uint32_t version = 0;
    std::vector<std::uint8_t> sample;
    std::int64_t rows = 0;
    at::Tensor packed;
  };

  void forgetDead();

  mutable std::mutex mutex_;
  std::map<Key, Entry> entries_;
};

/// The process's cache, which `linear` uses.
PackedWeights& packedWeights();

}  // namespace slab::ops
