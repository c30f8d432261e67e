#include "kernels/common/checks.h"

namespace slab::kernels {
namespace {

/// Every one of the pointers is given.
template <class... Pointer>
bool given(const Pointer*... pointer) {
  return (... && (pointer != nullptr));
}

Status verdict(bool sound) {
  return sound ? Status::Ok : Status::BadArgument;
}

bool soundMatrix(const void* data, std::int64_t stride, std::int64_t channels) {
  return data != nullptr && stride >= channels;
}

/// BN's variance needs two values a channel.
bool soundSizes(PrepBnMode mode, std::int64_t rows, std::int64_t channels) {
  return rows >= 0 && channels >= 1 && !(hasRepBn(mode) && rows == 1);
}

bool soundTokens(const void* data, std::int64_t tokenStride, std::int64_t batchStride, const SlaShape& shape) {
  return data != nullptr && tokenStride >= shape.heads * shape.headDim && batchStride >= 0;
}

bool soundShape(const SlaShape& shape) {
  if (shape.batch < 0 || shape.queries < 1 || shape.keys < 1 || shape.heads < 1 || shape.headDim < 1) return false;
  if (shape.kernel == 0) return true;
  return shape.kernel >= 1 && shape.kernel <= 15 && shape.kernel % 2 == 1 && shape.height >= 1 && shape.width >= 1 &&
         shape.height * shape.width == shape.keys && shape.keys == shape.queries;
}

}  // namespace

Status check(const PrepBnForward& call) {
  if (!soundSizes(call.mode, call.rows, call.channels)) return Status::BadArgument;
  if (call.rows == 0) return Status::Ok;
  bool sound = soundMatrix(call.x, call.xStride, call.channels) && soundMatrix(call.y, call.yStride, call.channels);
  if (hasLayerNorm(call.mode)) sound = sound && given(call.lnWeight, call.lnBias, call.lnMean, call.lnRstd);
  if (hasRepBn(call.mode)) {
    sound = sound && given(call.bnWeight, call.bnBias, call.alpha, call.bnMean, call.bnRstd) &&
            (call.runningMean == nullptr) == (call.runningVar == nullptr);
  }
  return verdict(sound);
}

Status check(const PrepBnBackward& call) {
  if (!soundSizes(call.mode, call.rows, call.channels)) return Status::BadArgument;
  if (call.rows == 0) return Status::Ok;
  bool sound = soundMatrix(call.x, call.xStride, call.channels) && soundMatrix(call.dy, call.dyStride, call.channels);
  sound = sound && (call.dx == nullptr || call.dxStride >= call.channels);
  if (hasLayerNorm(call.mode)) sound = sound && given(call.lnWeight, call.lnMean, call.lnRstd);
  if (hasRepBn(call.mode)) sound = sound && given(call.bnWeight, call.alpha, call.bnMean, call.bnRstd);
  return verdict(sound);
}

Status check(const RepBnInference& call) {
  if (call.rows < 0 || call.channels < 1) return Status::BadArgument;
  if (call.rows == 0) return Status::Ok;
  return verdict(soundMatrix(call.x, call.xStride, call.channels) && soundMatrix(call.y, call.yStride, call.channels) &&
                 given(call.weight, call.bias, call.alpha, call.runningMean, call.runningVar));
}

Status check(const SlaShape& shape) {
  return verdict(soundShape(shape));
}

Status check(const SlaForward& call) {
  if (!soundShape(call.shape)) return Status::BadArgument;
  if (call.shape.batch == 0) return Status::Ok;
  bool sound = soundTokens(call.q.data, call.q.tokenStride, call.q.batchStride, call.shape) &&
               soundTokens(call.k.data, call.k.tokenStride, call.k.batchStride, call.shape) &&
               soundTokens(call.v.data, call.v.tokenStride, call.v.batchStride, call.shape) &&
               soundTokens(call.out.data, call.out.tokenStride, call.out.batchStride, call.shape);
  if (call.shape.kernel > 0) sound = sound && given(call.convWeight, call.convBias);
  return verdict(sound && given(call.position));
}

Status check(const SlaBackward& call) {
  if (!soundShape(call.shape)) return Status::BadArgument;
  if (call.shape.batch == 0) return Status::Ok;
  bool sound = soundTokens(call.q.data, call.q.tokenStride, call.q.batchStride, call.shape) &&
               soundTokens(call.k.data, call.k.tokenStride, call.k.batchStride, call.shape) &&
               soundTokens(call.v.data, call.v.tokenStride, call.v.batchStride, call.shape) &&
               soundTokens(call.dOut.data, call.dOut.tokenStride, call.dOut.batchStride, call.shape) &&
               soundTokens(call.dq.data, call.dq.tokenStride, call.dq.batchStride, call.shape) &&
               soundTokens(call.dk.data, call.dk.tokenStride, call.dk.batchStride, call.shape) &&
               soundTokens(call.dv.data, call.dv.tokenStride, call.dv.batchStride, call.shape);
  if (call.shape.kernel > 0) sound = sound && given(call.convWeight);
  return verdict(sound && given(call.position));
}

Status check(const RoiAlignShape& shape) {
  constexpr std::int64_t kMostPixels = std::int64_t{1} << 24;  // a side: what float32 counts
  const bool map = shape.images >= 1 && shape.height >= 1 && shape.width >= 1 && shape.channels >= 1 &&
                   shape.height <= kMostPixels && shape.width <= kMostPixels && shape.images <= kMostPixels;
  const bool bins = shape.rois >= 0 && shape.rows >= 1 && shape.columns >= 1 && shape.rows <= kMostPixels &&
                    shape.columns <= kMostPixels;
  return verdict(map && bins && shape.scale > 0.0f && shape.samplingRatio >= 0);
}

Status check(const RoiAlignForward& call) {
  if (const Status status = check(call.shape); status != Status::Ok || call.shape.rois == 0) return status;
  return verdict(given(call.map, call.rois, call.output));
}

Status check(const RoiAlignBackward& call) {
  if (const Status status = check(call.shape); status != Status::Ok) return status;
  return verdict(given(call.dMap) && (call.shape.rois == 0 || given(call.rois, call.dOutput)));
}

Status check(const Nms& call) {
  if (call.boxes < 0 || call.groups < 0 || (call.groups == 0 && call.boxes > 0)) return Status::BadArgument;
  if (call.boxes == 0) return Status::Ok;
  return verdict(call.box != nullptr && call.groupBegin != nullptr && call.keep != nullptr);
}

Status checkWorkspace(const void* workspace, std::size_t bytes, std::size_t needed) {
  if (needed == 0) return Status::Ok;
  if (bytes < needed) return Status::WorkspaceTooSmall;
  const bool aligned = workspace != nullptr && reinterpret_cast<std::uintptr_t>(workspace) % 64 == 0;
  return verdict(aligned);
}

}  // namespace slab::kernels
