#include "core/ops/roi_align.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/device/cuda_module.h"
#include "core/device/parallel_for.h"
#include "core/ops/autocast.h"
#include "core/ops/detection_binding.h"
#include "core/ops/options.h"
#include "kernels/common/roi_axis.h"

namespace slab::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

at::Tensor forwardOnCpu(const at::Tensor& map, const at::Tensor& rois, std::int64_t rows, std::int64_t columns,
                        double scale, std::int64_t samplingRatio) {
  const auto pool = device::kernelParallelFor();
  return runRoiAlignForward(map, rois, {rows, columns, scale, samplingRatio},
                            {&kernels::roiAlignForwardWorkspaceBytes, [&](const kernels::RoiAlignForward& call) {
                               return kernels::roiAlignForward(call, pool);
                             }});
}

at::Tensor backwardOnCpu(const at::Tensor& dOutput, const at::Tensor& rois, std::int64_t images, std::int64_t height,
                         std::int64_t width, double scale, std::int64_t samplingRatio) {
  const auto pool = device::kernelParallelFor();
  return runRoiAlignBackward(
      dOutput, rois, images, height, width, {dOutput.size(2), dOutput.size(3), scale, samplingRatio},
      {&kernels::roiAlignBackwardWorkspaceBytes,
       [&](const kernels::RoiAlignBackward& call) { return kernels::roiAlignBackward(call, pool); }});
}

at::Tensor dispatchForward(const at::Tensor& map, const at::Tensor& rois, std::int64_t rows, std::int64_t columns,
                           double scale, std::int64_t samplingRatio) {
  static const auto op =
      c10::Dispatcher::singleton().findSchemaOrThrow("slab::roi_align_forward", "").typed<decltype(forwardOnCpu)>();
  return op.call(map, rois, rows, columns, scale, samplingRatio);
}

class RoiAlignFunction : public torch::autograd::Function<RoiAlignFunction> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& map, const at::Tensor& rois, std::int64_t rows,
                            std::int64_t columns, double scale, std::int64_t samplingRatio) {
    const at::AutoDispatchBelowADInplaceOrView below;
    context->save_for_backward({rois});
    context->saved_data["sizes"] = map.sizes().vec();
    context->saved_data["scale"] = scale;
    context->saved_data["ratio"] = samplingRatio;
    return dispatchForward(map, rois, rows, columns, scale, samplingRatio);
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    static const auto op =
        c10::Dispatcher::singleton().findSchemaOrThrow("slab::roi_align_backward", "").typed<decltype(backwardOnCpu)>();
    const auto rois = context->get_saved_variables()[0];
    const auto sizes = context->saved_data["sizes"].toIntVector();
    const at::AutoDispatchBelowADInplaceOrView below;
    return {op.call(gradients[0], rois, sizes[0], sizes[2], sizes[3], context->saved_data["scale"].toDouble(),
                    context->saved_data["ratio"].toInt()),
            {},
            {},
            {},
            {},
            {}};
  }
};

at::Tensor withAutograd(const at::Tensor& map, const at::Tensor& rois, std::int64_t rows, std::int64_t columns,
                        double scale, std::int64_t samplingRatio) {
  return RoiAlignFunction::apply(map, rois, rows, columns, scale, samplingRatio);
}

TORCH_LIBRARY_FRAGMENT(slab, library) {
  library.def("roi_align(Tensor map, Tensor rois, int rows, int columns, float scale, int sampling_ratio) -> Tensor");
  library.def(
      "roi_align_forward(Tensor map, Tensor rois, int rows, int columns, float scale, int sampling_ratio) -> Tensor");
  library.def(
      "roi_align_backward(Tensor d_output, Tensor rois, int images, int height, int width, float scale, "
      "int sampling_ratio) -> Tensor");
}

TORCH_LIBRARY_IMPL(slab, CPU, library) {
  library.impl("roi_align", dispatchForward);
  library.impl("roi_align_forward", forwardOnCpu);
  library.impl("roi_align_backward", backwardOnCpu);
}

TORCH_LIBRARY_IMPL(slab, CUDA, library) {
  library.impl("roi_align", dispatchForward);
}

TORCH_LIBRARY_IMPL(slab, Autograd, library) {
  library.impl("roi_align", withAutograd);
}

void require(bool condition, const char* what) {
  if (!condition) throw Error(ErrorKind::Internal, std::string("RoIAlign: ") + what);
}

bool takesKernel(const at::Tensor& map) {
  const auto backend = options().backend;
  if (backend == Backend::Reference) return false;
  const bool hasDevice = map.device().is_cpu() || (map.device().is_cuda() && device::cudaModule().services != nullptr);
  if (hasDevice && hasKernelType(map)) return true;
  if (backend == Backend::Auto) return false;
  throw Error(ErrorKind::Config, std::string("ops.backend=kernel has no RoIAlign for ") +
                                     at::toString(map.scalar_type()) + " on " + map.device().str() +
                                     "; set ops.backend to auto");
}

// (bins, size): a row holds the weights of a bin's pixels.
at::Tensor binWeights(float low, float high, std::int64_t bins, std::int64_t size, const RoiAlignGrid& grid) {
  const auto axis = kernels::roiAxis(low, high, static_cast<float>(grid.scale), bins, size, grid.samplingRatio);
  at::Tensor weights = at::zeros({bins, size}, at::kFloat);
  for (std::int64_t bin = 0; bin < bins; ++bin) {
    float* row = weights.mutable_data_ptr<float>() + bin * size;
    for (kernels::RoiBinWalk walk(axis, bin); walk.next();) row[walk.pixel] = walk.weight;
  }
  return weights;
}

// A region is row weights x map x column weights.
at::Tensor composite(const at::Tensor& map, const at::Tensor& rois, const RoiAlignGrid& grid) {
  const auto numbers = rois.to(at::kCPU, at::kFloat).contiguous();
  std::vector<at::Tensor> regions;
  for (std::int64_t roi = 0; roi < rois.size(0); ++roi) {
    const float* n = numbers.const_data_ptr<float>() + roi * 5;
    if (!(n[0] >= 0.0f && n[0] < static_cast<float>(map.size(0)))) {
      regions.push_back(at::zeros({map.size(1), grid.rows, grid.columns}, map.options()));
      continue;
    }
    const auto down = binWeights(n[2], n[4], grid.rows, map.size(2), grid).to(map.options());
    const auto right = binWeights(n[1], n[3], grid.columns, map.size(3), grid).to(map.options());
    regions.push_back(at::matmul(at::matmul(down, map.select(0, static_cast<std::int64_t>(n[0]))), right.t()));
  }
  if (regions.empty()) return at::empty({0, map.size(1), grid.rows, grid.columns}, map.options());
  return at::stack(regions);
}

}  // namespace

at::Tensor roiAlign(const at::Tensor& given, const at::Tensor& rois, const RoiAlignGrid& grid) {
  require(given.dim() == 4, "the map is not (B, C, H, W)");
  require(rois.dim() == 2 && rois.size(1) == 5, "the regions are not (K, 5)");
  require(grid.rows > 0 && grid.columns > 0 && grid.scale > 0.0 && grid.samplingRatio >= 0, "a bad grid");
  const at::Tensor map = widened(given);
  if (!takesKernel(map)) return composite(map, rois, grid);
  static const auto op =
      c10::Dispatcher::singleton().findSchemaOrThrow("slab::roi_align", "").typed<decltype(withAutograd)>();
  return op
      .call(map.to(at::kFloat), rois.to(map.device(), at::kFloat), grid.rows, grid.columns, grid.scale,
            grid.samplingRatio)
      .to(map.scalar_type());
}

}  // namespace slab::ops
