#include "core/ops/linear_choice.h"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <limits>
#include <utility>

#include "core/base/error.h"

namespace slab::ops {
namespace {

constexpr int kTurns = 4;
constexpr std::array<std::pair<LinearPass, const char*>, 4> kPassNames{{{LinearPass::Forward, "forward"},
                                                                        {LinearPass::InputGradient, "input_gradient"},
                                                                        {LinearPass::WeightGradient, "weight_gradient"},
                                                                        {LinearPass::ForwardGelu, "forward_gelu"}}};

double secondsOf(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

bool isFaster(const std::function<void()>& first, const std::function<void()>& second) {
  first();
  second();
  double firstBest = std::numeric_limits<double>::infinity(), secondBest = firstBest;
  for (int turn = 0; turn < kTurns; ++turn) {
    firstBest = std::min(firstBest, secondsOf(first));
    secondBest = std::min(secondBest, secondsOf(second));
  }
  return firstBest < secondBest;
}

std::int64_t roundRows(std::int64_t rows) {
  return rows < 1 ? rows : static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(rows)));
}

}  // namespace

bool LinearChoiceTable::useOneDnn(LinearChoice choice, const std::function<void()>& oneDnn,
                                  const std::function<void()>& torch) {
  const Key key{roundRows(choice.rows), choice.in, choice.out, choice.type, choice.pass};
  const std::lock_guard lock(mutex_);
  if (const auto found = choices_.find(key); found != choices_.end()) return found->second;
  return choices_[key] = isFaster(oneDnn, torch);
}

std::vector<LinearChoice> LinearChoiceTable::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<LinearChoice> list;
  for (const auto& [key, oneDnn] : choices_) {
    const auto& [rows, in, out, type, pass] = key;
    list.push_back({rows, in, out, type, pass, oneDnn});
  }
  return list;
}

void LinearChoiceTable::replace(const std::vector<LinearChoice>& choices) {
  const std::lock_guard lock(mutex_);
  choices_.clear();
  for (const auto& choice : choices) {
    choices_[{roundRows(choice.rows), choice.in, choice.out, choice.type, choice.pass}] = choice.oneDnn;
  }
}

LinearChoiceTable& linearChoiceTable() {
  static LinearChoiceTable table;
  return table;
}

std::vector<LinearChoice> linearChoices() {
  return linearChoiceTable().all();
}

void setLinearChoices(const std::vector<LinearChoice>& choices) {
  linearChoiceTable().replace(choices);
}

std::string toString(LinearPass pass) {
  for (const auto& [value, name] : kPassNames) {
    if (value == pass) return name;
  }
  return "forward";
}

LinearPass linearPassFromName(const std::string& name) {
  for (const auto& [value, known] : kPassNames) {
    if (name == known) return value;
  }
  throw Error(ErrorKind::Config, "the table of timed choices names the unknown pass \"" + name +
                                     "\"; delete the table to have the shapes timed again");
}

}  // namespace slab::ops
