#include <ATen/ATen.h>

#include "core/ops/detection_binding.h"

namespace slab::ops {
namespace {

kernels::RoiAlignShape shapeOf(const at::Tensor& map, const at::Tensor& rois, const RoiAlignGrid& grid) {
  return {map.size(0),       map.size(2), map.size(3),  map.size(1),
          rois.size(0),      grid.rows,   grid.columns, static_cast<float>(grid.scale),
          grid.samplingRatio};
}

}  // namespace

at::Tensor runRoiAlignForward(const at::Tensor& map, const at::Tensor& rois, const RoiAlignGrid& grid,
                              const KernelEntry<kernels::RoiAlignForward>& entry) {
  const auto input = map.contiguous(at::MemoryFormat::ChannelsLast), regions = rois.contiguous();
  const auto output = at::empty({rois.size(0), map.size(1), grid.rows, grid.columns},
                                map.options().memory_format(at::MemoryFormat::ChannelsLast));
  kernels::RoiAlignForward call;
  call.shape = shapeOf(map, rois, grid);
  call.map = floats(input);
  call.rois = floats(regions);
  call.output = mutableFloats(output);
  runKernel(entry, call, input, "roi_align");
  return output;
}

at::Tensor runRoiAlignBackward(const at::Tensor& dOutput, const at::Tensor& rois, std::int64_t images,
                               std::int64_t height, std::int64_t width, const RoiAlignGrid& grid,
                               const KernelEntry<kernels::RoiAlignBackward>& entry) {
  const auto upstream = dOutput.contiguous(at::MemoryFormat::ChannelsLast), regions = rois.contiguous();
  const auto dMap = at::empty({images, dOutput.size(1), height, width},
                              dOutput.options().memory_format(at::MemoryFormat::ChannelsLast));
  kernels::RoiAlignBackward call;
  call.shape = shapeOf(dMap, rois, grid);
  call.dOutput = floats(upstream);
  call.rois = floats(regions);
  call.dMap = mutableFloats(dMap);
  runKernel(entry, call, upstream, "roi_align");
  return dMap;
}

at::Tensor runNms(const at::Tensor& boxes, const at::Tensor& groupBegin, double threshold,
                  const KernelEntry<kernels::Nms>& entry) {
  const auto keep = at::empty({boxes.size(0)}, boxes.options().dtype(at::kByte));
  const auto begin = groupBegin.contiguous();
  kernels::Nms call;
  call.boxes = boxes.size(0);
  call.groups = groupBegin.size(0) - 1;
  call.box = floats(boxes);
  call.groupBegin = begin.const_data_ptr<std::int64_t>();
  call.threshold = static_cast<float>(threshold);
  call.keep = keep.mutable_data_ptr<std::uint8_t>();
  runKernel(entry, call, boxes, "nms");
  return keep.to(at::kBool);
}

}  // namespace slab::ops
