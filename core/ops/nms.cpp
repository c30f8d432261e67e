#include "core/ops/nms.h"

#include <ATen/ATen.h>
#include <torch/library.h>

#include "core/base/error.h"
#include "core/device/cuda_module.h"
#include "core/device/parallel_for.h"
#include "core/ops/detection_binding.h"
#include "core/ops/options.h"

namespace slab::ops {
namespace {

at::Tensor nmsOnCpu(const at::Tensor& boxes, const at::Tensor& groupBegin, double threshold) {
  if (options().backend == Backend::Reference) {
    return runNms(boxes, groupBegin, threshold,
                  {[](const kernels::Nms&) { return std::size_t{0}; }, &kernels::reference::nms});
  }
  const auto pool = device::kernelParallelFor();
  return runNms(boxes, groupBegin, threshold,
                {&kernels::nmsWorkspaceBytes, [&](const kernels::Nms& call) { return kernels::nms(call, pool); }});
}

TORCH_LIBRARY_FRAGMENT(slab, library) {
  library.def("nms(Tensor boxes, Tensor group_begin, float threshold) -> Tensor");
}

TORCH_LIBRARY_IMPL(slab, CPU, library) {
  library.impl("nms", nmsOnCpu);
}

// The number of a box's group, which ascends, turned into where each group begins.
at::Tensor beginsOf(const at::Tensor& sortedGroups) {
  const auto counts = std::get<2>(at::unique_consecutive(sortedGroups, /*return_inverse=*/false,
                                                         /*return_counts=*/true));
  return at::cat({at::zeros({1}, counts.options()), counts.cumsum(0)});
}

}  // namespace

at::Tensor nms(const at::Tensor& boxes, const at::Tensor& scores, const at::Tensor& groups, double threshold) {
  const bool agree = boxes.dim() == 2 && boxes.size(1) == 4 && scores.dim() == 1 && scores.size(0) == boxes.size(0) &&
                     (!groups.defined() || groups.sizes() == scores.sizes());
  if (!agree) throw Error(ErrorKind::Internal, "NMS: boxes are not (N, 4) with N scores and groups");
  const at::NoGradGuard noGrad;
  const auto byScore = at::argsort(scores, /*stable=*/true, 0, /*descending=*/true);
  if (boxes.size(0) == 0) return byScore;
  const auto grouped = groups.defined() ? groups.index_select(0, byScore) : at::zeros_like(byScore);
  const auto [sorted, order] = at::sort(grouped, /*stable=*/true, 0, /*descending=*/false);
  const auto inOrder = boxes.index_select(0, byScore).index_select(0, order).to(at::kFloat).contiguous();
  // A CUDA tensor without the module has the loops of the CPU.
  const bool isAway = boxes.is_cuda() && device::cudaModule().services == nullptr;
  const auto run = [&](const at::Tensor& given, const at::Tensor& begins) {
    static const auto op = c10::Dispatcher::singleton().findSchemaOrThrow("slab::nms", "").typed<decltype(nmsOnCpu)>();
    return op.call(given, begins, threshold);
  };
  const auto kept =
      isAway ? run(inOrder.cpu(), beginsOf(sorted).cpu()).to(boxes.device()) : run(inOrder, beginsOf(sorted));
  const auto isKept = at::zeros_like(kept).index_put({order}, kept);
  return byScore.masked_select(isKept);
}

}  // namespace slab::ops
