#include "tests/bench/kernels/cuda_traffic.h"

#include <cstdio>
#include <string>

#include "tests/support/cuda_on_cpu.h"
// The emulation must precede device code.
#include "kernels/cuda/prep_bn_launch.cuh"
#include "kernels/cuda/sla_launch.cuh"
#include "tests/kernels/prep_bn_cases.h"
#include "tests/kernels/sla_cases.h"

namespace slab::kernels::bench {
namespace {

using cuda_on_cpu::Launcher;
using test::Scratch;

/// `leastBytes`: what the algorithm cannot do without.
void printRow(const std::string& name, const Launcher& launcher, double leastBytes, Status status) {
  const cuda_on_cpu::Traffic& traffic = launcher.traffic();
  const double bytes = static_cast<double>(traffic.bytesRead + traffic.bytesWritten);
  std::printf("%-40s %9lld %11.3f %11.3f %8.2f %9.1f%%%s\n", name.c_str(), static_cast<long long>(traffic.launches),
              bytes / 1e6, leastBytes / 1e6, bytes / leastBytes, 100.0 * traffic.sectorEfficiency(),
              status == Status::Ok ? "" : toString(status));
}

template <class Call, class Launch>
Status withScratch(Call call, std::size_t bytes, Launch launch) {
  Scratch scratch(bytes);
  call.workspace = scratch.data();
  call.workspaceBytes = scratch.size();
  return launch(call);
}

void tracePrepBn(const std::string& name, const test::PrepBnCase& with) {
  test::PrepBnProblem problem(with);
  const double matrix = static_cast<double>(with.rows * with.channels) * static_cast<double>(sizeOf(with.dtype));
  Launcher forward, backward;
  const PrepBnForward there = problem.forwardCall();
  const Status first = withScratch(there, cuda::prep_bn::ForwardPlan(there, nullptr).bytes,
                                   [&](const auto& call) { return cuda::prep_bn::launchForward(call, forward); });
  printRow(name + " forward", forward, 3.0 * matrix, first);
  const PrepBnBackward back = problem.backwardCall();
  const Status second = withScratch(back, cuda::prep_bn::BackwardPlan(back, nullptr).bytes,
                                    [&](const auto& call) { return cuda::prep_bn::launchBackward(call, backward); });
  printRow(name + " backward", backward, 5.0 * matrix, second);
}

void traceSla(const std::string& name, const test::SlaCase& with) {
  test::SlaProblem problem(with);
  const double matrix =
      static_cast<double>(with.batch * problem.shape.keys * problem.channels) * static_cast<double>(sizeOf(with.dtype));
  const double position = static_cast<double>(problem.shape.keys * problem.channels) * sizeof(float);
  Launcher forward, backward;
  const SlaForward there = problem.forwardCall();
  const Status first = withScratch(there, cuda::sla::ForwardPlan(there, nullptr).workspace.used(),
                                   [&](const auto& call) { return cuda::sla::launchForward(call, forward); });
  // k, v and P for the sums over keys, then q, v and the output.
  printRow(name + " forward", forward, 5.0 * matrix + position, first);
  const SlaBackward back = problem.backwardCall();
  const Status second = withScratch(back, cuda::sla::BackwardPlan(back, nullptr).workspace.used(),
                                    [&](const auto& call) { return cuda::sla::launchBackward(call, backward); });
  // q and dOut for dq and the sums over queries; then k, v, P and dOut for dk, dv and dP.
  printRow(name + " backward", backward, 8.0 * matrix + 2.0 * position, second);
}

}  // namespace

void printCudaTraffic() {
  std::printf("\nCUDA kernels, counted while they run on the CPU; bytes are those of warp accesses, caches unseen\n");
  std::printf("%-40s %9s %11s %11s %8s %10s\n", "case", "launches", "MB", "least MB", "ratio", "sectors");
  tracePrepBn("prep_bn 1x3136x96 f32", {3136, 96});
  tracePrepBn("prep_bn 1x3136x96 bf16", {3136, 96, PrepBnMode::Mixed, DType::BF16});
  tracePrepBn("prep_bn 8x49x768 bf16", {392, 768, PrepBnMode::Mixed, DType::BF16});
  traceSla("sla 2x56x56 C64 h2 f32", {2, 56, 56, 2, 32});
  traceSla("sla 2x56x56 C64 h2 bf16", {2, 56, 56, 2, 32, 5, DType::BF16});
  traceSla("sla 2x28x28 C192 h6 bf16", {2, 28, 28, 6, 32, 5, DType::BF16});
  traceSla("sla 2x14x14 C192 h3 bf16 (DeiT-T)", {2, 14, 14, 3, 64, 5, DType::BF16});
}

}  // namespace slab::kernels::bench
