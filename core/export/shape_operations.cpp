#include <algorithm>
#include <limits>
#include <numeric>

#include "core/export/operations.h"

namespace slab::onnx {
namespace {

using Integers = std::vector<std::int64_t>;

std::string transposed(const Call& call, const std::string& x, Integers order) {
  if (std::is_sorted(order.begin(), order.end())) return x;
  return call.graph().node("Transpose", {x}, {{"perm", std::move(order)}});
}

std::string sliced(const Call& call, const std::string& x, std::int64_t axis, std::int64_t begin, std::int64_t end,
                   std::int64_t step = 1) {
  auto& graph = call.graph();
  return graph.node(
      "Slice", {x, graph.integers({begin}), graph.integers({end}), graph.integers({axis}), graph.integers({step})});
}

void same(const Call& call) {
  call.setResult(call.tensor(0));
}

// A conversion that changes the type; devices and layouts mean nothing here.
void convert(const Call& call) {
  if (call.type(0) == call.resultType()) return same(call);
  const std::int64_t type = onnxElementType(elementType(call.resultType()));
  call.setResult(call.graph().node("Cast", {call.tensor(0)}, {{"to", type}}));
}

void dropout(const Call& call) {
  if (call.flag(2)) call.refuse("is in training mode");
  same(call);
}

// view, reshape, flatten, unsqueeze, squeeze, ...: whatever the arguments said, the result's shape is known.
void reshape(const Call& call) {
  call.setResult(call.graph().reshape(call.tensor(0), call.shape(0), call.resultShape()));
}

void permute(const Call& call) {
  call.setResult(transposed(call, call.tensor(0), call.axes(1)));
}

Integers identityOrder(std::int64_t rank) {
  Integers order(static_cast<std::size_t>(rank));
  std::iota(order.begin(), order.end(), 0);
  return order;
}

void transpose(const Call& call) {
  auto order = identityOrder(call.rank(0));
  std::swap(order.at(static_cast<std::size_t>(call.axis(1))), order.at(static_cast<std::size_t>(call.axis(2))));
  call.setResult(transposed(call, call.tensor(0), order));
}

void matrixTranspose(const Call& call) {
  auto order = identityOrder(call.rank(0));
  std::reverse(order.begin(), order.end());
  call.setResult(transposed(call, call.tensor(0), order));
}

// ONNX's Expand leaves alone what it is given as 1, so that only sizes that grow can follow the batch.
void expand(const Call& call) {
  const Shape from = call.shape(0), to = call.resultShape();
  if (from == to) return same(call);
  Shape wanted = to;
  const std::size_t added = to.size() - from.size();
  for (std::size_t i = added; i < to.size(); ++i) {
    if (to[i] == from[i - added]) wanted[i] = {1, 0};
  }
  call.setResult(call.graph().node("Expand", {call.tensor(0), call.graph().shapeVector(wanted)}));
}

void repeat(const Call& call) {
  const auto counts = call.integers(1);
  Shape padded = call.shape(0);
  padded.insert(padded.begin(), counts.size() - padded.size(), Size{1, 0});
  const std::string x = call.graph().reshape(call.tensor(0), call.shape(0), padded);
  call.setResult(call.graph().node("Tile", {x, call.graph().integers(counts)}));
}

void select(const Call& call) {
  auto& graph = call.graph();
  call.setResult(graph.node("Gather", {call.tensor(0), graph.integer(call.integer(2))}, {{"axis", call.axis(1)}}));
}

void indexSelect(const Call& call) {
  call.setResult(call.graph().node("Gather", {call.tensor(0), call.tensor(2)}, {{"axis", call.axis(1)}}));
}

void slice(const Call& call) {
  constexpr auto kEnd = std::numeric_limits<std::int64_t>::max();
  const std::int64_t begin = call.isNone(2) ? 0 : call.integer(2), end = call.isNone(3) ? kEnd : call.integer(3);
  const std::int64_t step = call.integer(4);
  if (begin == 0 && step == 1 && call.shape(0) == call.resultShape()) return same(call);
  call.setResult(sliced(call, call.tensor(0), call.axis(1), begin, end, step));
}

void narrow(const Call& call) {
  const std::int64_t begin = call.integer(2);
  call.setResult(sliced(call, call.tensor(0), call.axis(1), begin, begin + call.integer(3)));
}

// chunk, split, split_with_sizes: (x, how, axis).
void split(const Call& call) {
  const auto axis = call.axis(2);
  Integers sizes;
  for (std::size_t i = 0; i < call.results(); ++i) {
    const Size size = call.resultShape(i).at(static_cast<std::size_t>(axis));
    if (size.perBatch != 0) call.refuse("divides the batch");
    sizes.push_back(size.fixed);
  }
  const auto parts =
      call.graph().nodes("Split", {call.tensor(0), call.graph().integers(sizes)}, {{"axis", axis}}, call.results());
  for (std::size_t i = 0; i < parts.size(); ++i) call.setResult(parts[i], i);
}

void unbind(const Call& call) {
  auto& graph = call.graph();
  for (std::size_t i = 0; i < call.results(); ++i) {
    const auto index = static_cast<std::int64_t>(i);
    call.setResult(graph.node("Gather", {call.tensor(0), graph.integer(index)}, {{"axis", call.axis(1)}}), i);
  }
}

std::int64_t axisOfResult(const Call& call, std::int64_t axis) {
  return axis < 0 ? axis + static_cast<std::int64_t>(call.resultShape().size()) : axis;
}

void concatenate(const Call& call) {
  call.setResult(call.graph().node("Concat", call.tensors(0), {{"axis", axisOfResult(call, call.integer(1))}}));
}

void stack(const Call& call) {
  auto& graph = call.graph();
  const auto axis = axisOfResult(call, call.integer(1));
  std::vector<std::string> parts;
  for (const auto& part : call.tensors(0)) parts.push_back(graph.node("Unsqueeze", {part, graph.integers({axis})}));
  call.setResult(graph.node("Concat", std::move(parts), {{"axis", axis}}));
}

// y[i] = x[i - shift]: the last `shift` entries come first.
void roll(const Call& call) {
  constexpr auto kEnd = std::numeric_limits<std::int64_t>::max();
  const auto shifts = call.integers(1), axes = call.axes(2);
  if (shifts.size() != axes.size()) call.refuse("rolls the flattened tensor");
  std::string x = call.tensor(0);
  for (std::size_t i = 0; i < shifts.size(); ++i) {
    const Size size = call.shape(0).at(static_cast<std::size_t>(axes[i]));
    if (size.perBatch != 0) call.refuse("rolls the batch");
    const std::int64_t cut = ((-shifts[i]) % size.fixed + size.fixed) % size.fixed;
    if (cut == 0) continue;
    x = call.graph().node("Concat", {sliced(call, x, axes[i], cut, kEnd), sliced(call, x, axes[i], 0, cut)},
                          {{"axis", axes[i]}});
  }
  call.setResult(x);
}

// ATen lists paddings from the last dimension, begin and end; ONNX all begins, then all ends.
void pad(const Call& call) {
  if (call.operation() == "aten::pad" && call.text(2) != "constant") call.refuse("pads with more than a constant");
  const auto given = call.integers(1);
  const auto rank = static_cast<std::size_t>(call.rank(0));
  Integers pads(2 * rank, 0);
  for (std::size_t i = 0; i < given.size() / 2; ++i) {
    pads[rank - 1 - i] = given[2 * i];
    pads[2 * rank - 1 - i] = given[2 * i + 1];
  }
  const std::size_t valueAt = call.operation() == "aten::pad" ? 3 : 2;
  const double value = call.isNone(valueAt) ? 0.0 : call.real(valueAt);
  auto& graph = call.graph();
  call.setResult(graph.node("Pad", {call.tensor(0), graph.integers(pads), graph.real(value, call.resultType())}));
}

constexpr Operation kOperations[] = {
    {"aten::alias", same},
    {"aten::cat", concatenate},
    {"aten::chunk", split},
    {"aten::clone", same},
    {"aten::constant_pad_nd", pad},
    {"aten::contiguous", same},
    {"aten::detach", same},
    {"aten::dropout", dropout},
    {"aten::expand", expand},
    {"aten::expand_as", expand},
    {"aten::flatten", reshape},
    {"aten::index_select", indexSelect},
    {"aten::narrow", narrow},
    {"aten::pad", pad},
    {"aten::permute", permute},
    {"aten::repeat", repeat},
    {"aten::reshape", reshape},
    {"aten::reshape_as", reshape},
    {"aten::roll", roll},
    {"aten::select", select},
    {"aten::slice", slice},
    {"aten::split", split},
    {"aten::split_with_sizes", split},
    {"aten::squeeze", reshape},
    {"aten::stack", stack},
    {"aten::t", matrixTranspose},
    {"aten::to", convert},
    {"aten::transpose", transpose},
    {"aten::type_as", convert},
    {"aten::unbind", unbind},
    {"aten::unflatten", reshape},
    {"aten::unsqueeze", reshape},
    {"aten::view", reshape},
    {"aten::view_as", reshape},
};

}  // namespace

std::span<const Operation> shapeOperations() {
  return kOperations;
}

}  // namespace slab::onnx
