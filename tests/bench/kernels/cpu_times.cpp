#include "tests/bench/kernels/cpu_times.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <vector>

#include "kernels/cpu/isa.h"
#include "tests/bench/kernels/worker_pool.h"
#include "tests/kernels/nms_cases.h"
#include "tests/kernels/prep_bn_cases.h"
#include "tests/kernels/roi_align_cases.h"
#include "tests/kernels/sla_cases.h"

namespace slab::kernels::bench {
namespace {

using test::PrepBnProblem;
using test::Scratch;
using test::SlaProblem;

/// Median milliseconds of `runs` calls after one that is not counted.
double medianMilliseconds(int runs, const std::function<void()>& call) {
  if (runs > 1) call();
  std::vector<double> times;
  for (int i = 0; i < runs; ++i) {
    const auto start = std::chrono::steady_clock::now();
    call();
    times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  std::nth_element(times.begin(), times.begin() + runs / 2, times.end());
  return times[static_cast<std::size_t>(runs / 2)];
}

/// Calls of one case; each returns false when a kernel refused.
struct Timed {
  std::string name;
  std::function<bool(const ParallelFor&)> forward, backward;
  std::function<bool()> reference;
};

void printRow(const Timed& timed, int runs) {
  bool sound = true;
  const auto time = [&](const ParallelFor& loop, const auto& function) {
    return medianMilliseconds(runs, [&] { sound = function(loop) && sound; });
  };
  WorkerPool two(2);
  const double forwardOne = time(ParallelFor(), timed.forward), backwardOne = time(ParallelFor(), timed.backward);
  const double forwardTwo = time(two.parallelFor(), timed.forward);
  const double backwardTwo = time(two.parallelFor(), timed.backward);
  const double plain = medianMilliseconds(1, [&] { sound = timed.reference() && sound; });
  std::printf("%-34s %9.3f %9.3f %9.3f %9.3f %10.1f %7.0fx%s\n", timed.name.c_str(), forwardOne, backwardOne,
              forwardTwo, backwardTwo, plain, plain / (forwardOne + backwardOne), sound ? "" : "  REFUSED");
}

template <class Call>
Call withScratch(Call call, Scratch& scratch) {
  call.workspace = scratch.data();
  call.workspaceBytes = scratch.size();
  return call;
}

void timePrepBn(const std::string& label, const test::PrepBnCase& with, int runs) {
  PrepBnProblem problem(with), plain(with);
  Scratch forward(prepBnForwardWorkspaceBytes(problem.forwardCall()));
  Scratch backward(prepBnBackwardWorkspaceBytes(problem.backwardCall()));
  const PrepBnForward forwardCall = withScratch(problem.forwardCall(), forward);
  const PrepBnBackward backwardCall = withScratch(problem.backwardCall(), backward);
  printRow({label, [&](const ParallelFor& loop) { return prepBnForward(forwardCall, loop) == Status::Ok; },
            [&](const ParallelFor& loop) { return prepBnBackward(backwardCall, loop) == Status::Ok; },
            [&] {
              return reference::prepBnForward(plain.forwardCall()) == Status::Ok &&
                     reference::prepBnBackward(plain.backwardCall()) == Status::Ok;
            }},
           runs);
}

void timeSla(const std::string& label, const test::SlaCase& with, int runs) {
  SlaProblem problem(with), plain(with);
  Scratch forward(slaForwardWorkspaceBytes(problem.forwardCall()));
  Scratch backward(slaBackwardWorkspaceBytes(problem.backwardCall()));
  const SlaForward forwardCall = withScratch(problem.forwardCall(), forward);
  const SlaBackward backwardCall = withScratch(problem.backwardCall(), backward);
  printRow({label, [&](const ParallelFor& loop) { return slaForward(forwardCall, loop) == Status::Ok; },
            [&](const ParallelFor& loop) { return slaBackward(backwardCall, loop) == Status::Ok; },
            [&] {
              return reference::slaForward(plain.forwardCall()) == Status::Ok &&
                     reference::slaBackward(plain.backwardCall()) == Status::Ok;
            }},
           runs);
}

void timeRoiAlign(const std::string& label, const test::RoiAlignCase& with, int runs) {
  test::RoiAlignProblem problem(with), plain(with);
  Scratch forward(roiAlignForwardWorkspaceBytes(problem.forwardCall()));
  Scratch backward(roiAlignBackwardWorkspaceBytes(problem.backwardCall()));
  const RoiAlignForward forwardCall = withScratch(problem.forwardCall(), forward);
  const RoiAlignBackward backwardCall = withScratch(problem.backwardCall(), backward);
  printRow({label, [&](const ParallelFor& loop) { return roiAlignForward(forwardCall, loop) == Status::Ok; },
            [&](const ParallelFor& loop) { return roiAlignBackward(backwardCall, loop) == Status::Ok; },
            [&] {
              return reference::roiAlignForward(plain.forwardCall()) == Status::Ok &&
                     reference::roiAlignBackward(plain.backwardCall()) == Status::Ok;
            }},
           runs);
}

/// It has no backward: those columns are empty loops.
void timeNms(const std::string& label, const test::NmsCase& with, int runs) {
  test::NmsProblem problem(with), plain(with);
  Scratch scratch(nmsWorkspaceBytes(problem.call()));
  const Nms call = withScratch(problem.call(), scratch);
  printRow({label, [&](const ParallelFor& loop) { return nms(call, loop) == Status::Ok; },
            [](const ParallelFor&) { return true; }, [&] { return reference::nms(plain.call()) == Status::Ok; }},
           runs);
}

}  // namespace

void printCpuTimes(int runs) {
  std::printf("CPU kernels, %s, median of %d, milliseconds; the rightmost ratio is plain double loops / one thread\n",
              toString(activeIsa()), runs);
  std::printf("%-34s %9s %9s %9s %9s %10s\n", "case", "fwd 1t", "bwd 1t", "fwd 2t", "bwd 2t", "plain");
  const DType f32 = DType::F32;
  timePrepBn("prep_bn 8x3136x96", {8 * 3136, 96}, runs);
  timePrepBn("prep_bn 8x784x192", {8 * 784, 192}, runs);
  timePrepBn("prep_bn 8x196x384", {8 * 196, 384}, runs);
  timePrepBn("prep_bn 8x49x768", {8 * 49, 768}, runs);
  timePrepBn("prep_bn 8x3136x96 bf16", {8 * 3136, 96, PrepBnMode::Mixed, DType::BF16}, runs);
  timePrepBn("layer_norm 8x3136x96", {8 * 3136, 96, PrepBnMode::LayerNorm}, runs);
  timeSla("sla 1x56x56 C96 h3", {1, 56, 56, 3, 32, 5, f32}, runs);
  timeSla("sla 8x56x56 C96 h3", {8, 56, 56, 3, 32, 5, f32}, runs);
  timeSla("sla 1x28x28 C192 h6", {1, 28, 28, 6, 32, 5, f32}, runs);
  timeSla("sla 8x28x28 C192 h6", {8, 28, 28, 6, 32, 5, f32}, runs);
  timeSla("sla 8x14x14 C192 h3 (DeiT-T)", {8, 14, 14, 3, 64, 5, f32}, runs);
  timeSla("sla 8x7x7 C512 h8 (PVT, qk first)", {8, 7, 7, 8, 64, 5, f32}, runs);
  timeSla("sla 8x56x56 C96 h3 bf16", {8, 56, 56, 3, 32, 5, DType::BF16}, runs);
  timeRoiAlign("roi_align 2x200x272 C256 1024x7x7", {200, 272, 256, 1024, 7, 7, 0.25f, 0, 2, 0.1f}, runs);
  timeRoiAlign("roi_align 2x200x272 C256 256x14x14", {200, 272, 256, 256, 14, 14, 0.25f, 0, 2, 0.1f}, runs);
  timeNms("nms 4x2000 at 0.7 (proposals)", {{2000, 2000, 2000, 2000}, 0.7f, 400.0f}, runs);
}

}  // namespace slab::kernels::bench
