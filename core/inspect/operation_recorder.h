// Which products and norms a forward runs on this thread, and on what.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/record_function.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace slab::inspect {

struct RecordedOperation {
  enum class Kind { Linear, Convolution, Product, Norm };
  Kind kind = Kind::Product;
  const void* parameter = nullptr;  // storage of the weight; null for a product of two activations
  std::vector<std::int64_t> input, output;
  bool isTransposed = false;  // channels come second, as BatchNorm wants them
  std::int64_t macs = 0;      // 0 for norms
};

/// Listens to ATen's operations on the constructing thread while it lives. An operation that another recorded
/// one is made of is not recorded again.
class OperationRecorder {
 public:
  OperationRecorder();
  ~OperationRecorder();
  OperationRecorder(const OperationRecorder&) = delete;
  OperationRecorder& operator=(const OperationRecorder&) = delete;

  [[nodiscard]] const std::vector<RecordedOperation>& operations() const { return operations_; }

 private:
  static std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction& call);
  static void end(const at::RecordFunction& call, at::ObserverContext* begun);

  at::CallbackHandle handle_;
  OperationRecorder* outer_;  // of this thread, before
  int inside_ = 0;            // recorded operations that have begun and not ended
  std::vector<RecordedOperation> operations_;
};

}  // namespace slab::inspect
