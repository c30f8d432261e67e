// One recorded operation, as its function in the table of operations.h sees it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/export/graph_builder.h"
#include "core/export/recording.h"

namespace slab::onnx {

/// A recorded operation as its function in the table sees it. Two recordings of the same model, at different
/// batches, stand behind it: sizes are compared and become functions of the batch, and a number that differs
/// between the two throws Error(Internal), since the graph could be right for one batch only.
class Call {
 public:
  /// The same step of both recordings; `names` are the ONNX values of the first one's tensors so far.
  Call(GraphBuilder& graph, const Recording& first, const Recording& second, std::size_t step,
       std::vector<std::string>& names);

  [[nodiscard]] GraphBuilder& graph() const { return graph_; }
  [[nodiscard]] const std::string& operation() const { return a_.operation; }
  /// The operation that made a tensor argument; "" for weights and the images.
  [[nodiscard]] std::string makerOf(std::size_t argument) const;
  /// No other operation reads that tensor.
  [[nodiscard]] bool isOnlyReader(std::size_t argument) const;
  [[nodiscard]] std::size_t arguments() const { return a_.arguments.size(); }
  [[nodiscard]] bool isNone(std::size_t argument) const;
  [[nodiscard]] bool isTensor(std::size_t argument) const;

  /// ONNX name of a tensor argument.
  [[nodiscard]] std::string tensor(std::size_t argument) const;
  [[nodiscard]] std::vector<std::string> tensors(std::size_t argument) const;
  /// A tensor, or a number as a scalar of the result's type.
  [[nodiscard]] std::string operand(std::size_t argument) const;
  [[nodiscard]] Shape shape(std::size_t argument) const;
  [[nodiscard]] std::int64_t rank(std::size_t argument) const;
  [[nodiscard]] at::ScalarType type(std::size_t argument) const;

  [[nodiscard]] std::int64_t integer(std::size_t argument) const;
  [[nodiscard]] double real(std::size_t argument) const;
  [[nodiscard]] bool flag(std::size_t argument) const;
  [[nodiscard]] std::string text(std::size_t argument) const;
  /// A list, or a single number as a list of one.
  [[nodiscard]] std::vector<std::int64_t> integers(std::size_t argument) const;
  /// A dimension of tensor 0, counted from the front.
  [[nodiscard]] std::int64_t axis(std::size_t argument) const;
  [[nodiscard]] std::vector<std::int64_t> axes(std::size_t argument) const;

  [[nodiscard]] std::size_t results() const { return a_.results.size(); }
  [[nodiscard]] Shape resultShape(std::size_t result = 0) const;
  [[nodiscard]] at::ScalarType resultType() const;
  void setResult(const std::string& name, std::size_t result = 0) const;

  /// Throws Error(Internal) that names the operation, its place and what about it can't be expressed.
  [[noreturn]] void refuse(const std::string& what) const;

 private:
  [[nodiscard]] const at::IValue& constant(std::size_t argument) const;
  [[nodiscard]] std::size_t value(std::size_t argument) const;
  [[nodiscard]] std::string nameOf(std::size_t value) const;
  [[nodiscard]] Shape shapeOf(std::size_t valueOfFirst, std::size_t valueOfSecond) const;

  GraphBuilder& graph_;
  const Recording& first_;
  const Recording& second_;
  const RecordedStep& a_;
  const RecordedStep& b_;
  std::vector<std::string>& names_;
};

}  // namespace slab::onnx
