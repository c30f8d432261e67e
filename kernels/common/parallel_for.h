#pragma once

#include <cstdint>
#include <type_traits>

namespace slab::kernels {

/// The caller's way to run a loop on several threads: kernels never start threads themselves.
///
/// A non-owning, copyable reference. The caller's Run function splits [begin, end) into sub-ranges of at least `grain`
/// indices, calls body(state, subBegin, subEnd) for each, from any threads, and returns when all are done.
/// Default-constructed, the loop runs on the calling thread.
///
/// Kernels divide their work by the problem's sizes alone and combine partial results in a fixed order, so a result
/// does not depend on how Run divides the range.
class ParallelFor {
 public:
  using Body = void (*)(void* state, std::int64_t begin, std::int64_t end);
  using Run = void (*)(void* context, std::int64_t begin, std::int64_t end, std::int64_t grain, Body body, void* state);

  ParallelFor() = default;

  /// `context` is handed to `run` unchanged and must outlive every loop.
  explicit ParallelFor(Run run, void* context = nullptr) : run_(run), context_(context) {}

  /// Calls function(subBegin, subEnd) over a division of [begin, end); `function` must be safe to call concurrently
  /// on disjoint ranges and must not throw.
  template <class Function>
  void operator()(std::int64_t begin, std::int64_t end, std::int64_t grain, Function&& function) const {
    if (begin >= end) return;
    if (run_ == nullptr || end - begin <= grain) {
      function(begin, end);
      return;
    }
    using Callable = std::remove_reference_t<Function>;
    const Body body = [](void* state, std::int64_t subBegin, std::int64_t subEnd) {
      (*static_cast<Callable*>(state))(subBegin, subEnd);
    };
    run_(context_, begin, end, grain, body, const_cast<void*>(static_cast<const void*>(&function)));
  }

 private:
  Run run_ = nullptr;
  void* context_ = nullptr;
};

}  // namespace slab::kernels
