#include <algorithm>

#include "core/base/error.h"
#include "core/export/operations.h"

namespace slab::onnx {
namespace {

using Integers = std::vector<std::int64_t>;

struct Operand {
  std::string value;    // ONNX name
  std::string letters;  // one an axis
};

bool has(const std::string& letters, char letter) {
  return letters.find(letter) != std::string::npos;
}

// The letters for which `wanted` holds, in their order.
template <class Wanted>
std::string select(const std::string& letters, const Wanted& wanted) {
  std::string chosen;
  std::copy_if(letters.begin(), letters.end(), std::back_inserter(chosen), wanted);
  return chosen;
}

// Brings the operand's axes into the order of `target`; letters it lacks become axes of one.
std::string arranged(GraphBuilder& graph, const Operand& operand, const std::string& target) {
  Integers order, missing;
  for (std::size_t i = 0; i < target.size(); ++i) {
    const auto at = operand.letters.find(target[i]);
    if (at == std::string::npos) {
      missing.push_back(static_cast<std::int64_t>(i));
    } else {
      order.push_back(static_cast<std::int64_t>(at));
    }
  }
  std::string x = operand.value;
  if (!std::is_sorted(order.begin(), order.end())) x = graph.node("Transpose", {x}, {{"perm", order}});
  return missing.empty() ? x : graph.node("Unsqueeze", {x, graph.integers(missing)});
}

std::string direct(GraphBuilder& graph, const std::vector<Operand>& operands, const std::string& result) {
  std::string equation;
  std::vector<std::string> values;
  for (const auto& operand : operands) {
    equation += (equation.empty() ? "" : ",") + operand.letters;
    values.push_back(operand.value);
  }
  return graph.node("Einsum", values, {{"equation", equation + "->" + result}});
}

// The sum over products of a and b that keeps the letters in `kept`.
Operand contract(GraphBuilder& graph, const Operand& a, const Operand& b, const std::string& kept) {
  const auto shared = [&](char c) { return has(a.letters, c) && has(b.letters, c); };
  const std::string batch = select(a.letters, [&](char c) { return shared(c) && has(kept, c); });
  const std::string summed = select(a.letters, [&](char c) { return shared(c) && !has(kept, c); });
  const std::string left = select(a.letters, [&](char c) { return !shared(c); });
  const std::string right = select(b.letters, [&](char c) { return !shared(c); });
  const std::string letters = select(batch + left + right, [&](char c) { return has(kept, c); });
  const bool dropsOwn = letters.size() < batch.size() + left.size() + right.size();
  if (!dropsOwn && summed.empty()) {
    return {graph.node("Mul", {arranged(graph, a, letters), arranged(graph, b, letters)}), letters};
  }
  if (dropsOwn || summed.size() > 1 || left.size() > 1 || right.size() > 1) {
    return {direct(graph, {a, b}, letters), letters};
  }
  // A missing row or column is an axis of one that goes again after the product; '-' stands for it.
  const std::string row = left.empty() ? "-" : left, column = right.empty() ? "-" : right;
  std::string product =
      graph.node("MatMul", {arranged(graph, a, batch + row + summed), arranged(graph, b, batch + summed + column)});
  Integers ones;
  if (left.empty()) ones.push_back(static_cast<std::int64_t>(batch.size()));
  if (right.empty()) ones.push_back(static_cast<std::int64_t>(batch.size()) + 1);
  if (!ones.empty()) product = graph.node("Squeeze", {product, graph.integers(ones)});
  return {product, letters};
}

}  // namespace

std::string einsum(GraphBuilder& graph, const std::string& equation, std::vector<std::string> values) {
  const std::string compact = select(equation, [](char c) { return c != ' '; });
  const auto arrow = compact.find("->");
  if (arrow == std::string::npos || has(compact, '.')) {
    throw Error(ErrorKind::Internal, "ONNX: einsum \"" + equation + "\" has no explicit result; write one with ->");
  }
  const std::string result = compact.substr(arrow + 2);
  std::vector<Operand> operands;
  for (std::size_t begin = 0; auto& value : values) {
    const std::size_t end = std::min(compact.find(',', begin), arrow);
    operands.push_back({std::move(value), compact.substr(begin, end - begin)});
    begin = end + 1;
  }
  if (operands.size() == 1) return direct(graph, operands, result);
  Operand product = operands.front();
  for (std::size_t i = 1; i < operands.size(); ++i) {
    std::string kept = result;
    for (std::size_t j = i + 1; j < operands.size(); ++j) kept += operands[j].letters;
    product = contract(graph, product, operands[i], kept);
  }
  return product.letters == result ? product.value : arranged(graph, product, result);
}

}  // namespace slab::onnx
