#include "kernels/simplified_linear_attention.h"

#include <algorithm>

#include "kernels/common/checks.h"
#include "kernels/common/workspace.h"
#include "kernels/cpu/isa.h"
#include "kernels/cpu/sla_tiles.h"

namespace slab::kernels {
namespace {

/// Tasks that the work is divided into at least, where there is that much of it. Like everything about the division a
/// constant, so that results do not depend on the number of threads.
constexpr std::int64_t kTasks = 64;
/// Fewest tokens of a partial sum over tokens.
constexpr std::int64_t kChunkTokens = 256;
/// Width of the rows that tokens without a map are divided into.
constexpr std::int64_t kPlainWidth = 28;
/// Partial sums are added up in stretches of this many values.
constexpr std::int64_t kSumBlock = 256;

const SlaTiles& tilesFor(DType dtype) {
  const auto index = static_cast<std::size_t>(dtype);
  switch (activeIsa()) {
#ifdef SLAB_KERNELS_X86
    case Isa::Avx512: return kSlaTilesAvx512[index];
    case Isa::Avx2: return kSlaTilesAvx2[index];
#endif
    default: return kSlaTilesGeneric[index];
  }
}

SlaGrid gridOf(const SlaShape& shape, std::int64_t tokens) {
  if (shape.kernel > 0) return {shape.height, shape.width, tokens};
  const std::int64_t width = std::min(tokens, kPlainWidth);
  return {ceilDiv(tokens, width), width, tokens};
}

std::int64_t stateFloats(const SlaShape& shape) {
  return shape.headDim * (shape.headDim + 1);
}

/// A division of the tokens into equal chunks whose sums are formed apart.
struct Chunks {
  Chunks(const SlaShape& shape, std::int64_t tokens) {
    const std::int64_t heads = std::max<std::int64_t>(1, shape.batch * shape.heads);
    count = std::clamp<std::int64_t>(ceilDiv(kTasks, heads), 1, ceilDiv(tokens, kChunkTokens));
    size = ceilDiv(tokens, count);
    count = ceilDiv(tokens, size);
  }
  std::int64_t count, size;
};

/// A stretch of the batch.
struct Images {
  std::int64_t begin, end;
};

/// Bytes of q, k, v that are worked on at a time: what the second reading of v still finds in the caches.
constexpr std::int64_t kStretchBytes = 4 << 20;

/// Calls body(images) for stretches of the batch, one after the other.
template <class Body>
void forEachStretch(const SlaShape& shape, Body body) {
  const std::int64_t imageBytes =
      3 * shape.keys * shape.heads * shape.headDim * static_cast<std::int64_t>(sizeOf(shape.dtype));
  const std::int64_t images = std::max<std::int64_t>(1, kStretchBytes / imageBytes);
  for (std::int64_t b = 0; b < shape.batch; b += images) body(Images{b, std::min(shape.batch, b + images)});
}

/// Per image and head: a partial result of every chunk, and the sum. With one chunk the partial result is the sum.
struct ChunkedSums {
  ChunkedSums(const SlaShape& shape, std::int64_t tokens, Workspace& workspace, float* given)
      : chunks(shape, tokens), tokens(tokens), each(stateFloats(shape)) {
    const std::int64_t heads = shape.batch * shape.heads;
    total = given != nullptr ? given : workspace.take<float>(heads * each);
    partial = chunks.count == 1 ? total : workspace.take<float>(heads * chunks.count * each);
  }

  [[nodiscard]] SlaState at(std::int64_t index, std::int64_t headDim) const {
    const float* values = total + index * each;
    return {values, values + headDim * headDim};
  }

  /// Calls produce(head, first token, end, out) for every chunk of every head of the images, then adds the chunks up in
  /// order.
  template <class Produce>
  void run(const SlaShape& shape, Images images, const ParallelFor& parallelFor, Produce produce) const {
    const std::int64_t firstHead = images.begin * shape.heads, endHead = images.end * shape.heads;
    // Heads run fastest: the channels of all heads of a token lie side by side.
    parallelFor(firstHead * chunks.count, endHead * chunks.count, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t task = begin; task < end; ++task) {
        const SlaHead at{task / (shape.heads * chunks.count), task % shape.heads};
        const std::int64_t chunk = task / shape.heads % chunks.count, first = chunk * chunks.size;
        produce(at, first, std::min(tokens, first + chunks.size),
                partial + ((at.batch * shape.heads + at.head) * chunks.count + chunk) * each);
      }
    });
    if (chunks.count == 1) return;
    const std::int64_t blocks = ceilDiv(each, kSumBlock);
    parallelFor(firstHead * blocks, endHead * blocks, 8, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t task = begin; task < end; ++task) addChunks(task / blocks, task % blocks * kSumBlock);
    });
  }

  void addChunks(std::int64_t index, std::int64_t first) const {
    double sums[kSumBlock] = {};
    const std::int64_t count = std::min(kSumBlock, each - first);
    for (std::int64_t chunk = 0; chunk < chunks.count; ++chunk) {
      const float* from = partial + (index * chunks.count + chunk) * each + first;
      for (std::int64_t i = 0; i < count; ++i) sums[i] += static_cast<double>(from[i]);
    }
    for (std::int64_t i = 0; i < count; ++i) total[index * each + first + i] = static_cast<float>(sums[i]);
  }

  Chunks chunks;
  std::int64_t tokens, each;
  float* total;
  float* partial;
};

/// The filter as (tap, headDim), so that a vector of channels is contiguous.
void transposeFilter(const SlaShape& shape, const float* weight, float* taps) {
  const std::int64_t count = shape.kernel * shape.kernel;
  for (std::int64_t c = 0; c < shape.headDim; ++c) {
    for (std::int64_t tap = 0; tap < count; ++tap) taps[tap * shape.headDim + c] = weight[c * count + tap];
  }
}

void transposeState(std::int64_t headDim, const float* from, float* to) {
  for (std::int64_t c = 0; c < headDim; ++c) {
    for (std::int64_t e = 0; e < headDim; ++e) to[e * headDim + c] = from[c * headDim + e];
  }
}

struct ForwardPlan {
  ForwardPlan(const SlaForward& call, void* base)
      : workspace(base),
        taps(workspace.take<float>(call.shape.kernel * call.shape.kernel * call.shape.headDim)),
        keyValueFirst(slaKeyValueFirst(call.shape)),
        sums(call.shape, call.shape.keys, keyValueFirst ? workspace : unused, call.state) {}

  Workspace workspace;
  Workspace unused{nullptr};
  float* taps;
  bool keyValueFirst;
  ChunkedSums sums;
};

/// Division of dk, dv, dP and the filter's gradients: groups of images by bands of rows by heads. The images of a group
/// follow one another and add to the same partial sums.
struct BackwardPlan {
  BackwardPlan(const SlaBackward& call, void* base)
      : workspace(base),
        grid(gridOf(call.shape, call.shape.keys)),
        tileRows(slaTileRows(grid, call.shape.headDim)),
        bands(ceilDiv(grid.height, tileRows)),
        groups(std::clamp<std::int64_t>(ceilDiv(kTasks / 2, bands * call.shape.heads), 1,
                                        std::max<std::int64_t>(1, call.shape.batch))),
        filterFloats(call.shape.kernel > 0 ? (call.shape.kernel * call.shape.kernel + 1) * call.shape.headDim : 0),
        taps(workspace.take<float>(filterFloats)),
        state(call.shape, call.shape.keys, workspace, const_cast<float*>(givenState(call))),
        gradient(call.shape, call.shape.queries, workspace, nullptr),
        transposed(
            workspace.take<float>(call.shape.batch * call.shape.heads * call.shape.headDim * call.shape.headDim)),
        position(groups == 1 ? call.dPosition : workspace.take<float>(groups * positionFloats(call.shape))),
        filter(workspace.take<double>(tasks(call.shape) * filterFloats)) {}

  static const float* givenState(const SlaBackward& call) {
    return slaKeyValueFirst(call.shape) ? call.state : nullptr;
  }
  static std::int64_t positionFloats(const SlaShape& shape) { return shape.keys * shape.heads * shape.headDim; }
  [[nodiscard]] std::int64_t tasks(const SlaShape& shape) const { return groups * bands * shape.heads; }

  Workspace workspace;
  SlaGrid grid;
  std::int64_t tileRows, bands, groups, filterFloats;
  float* taps;
  ChunkedSums state, gradient;
  float* transposed;
  float* position;
  double* filter;
};

void transposeStates(const SlaShape& shape, const ChunkedSums& states, float* transposed,
                     const ParallelFor& parallelFor) {
  const std::int64_t square = shape.headDim * shape.headDim;
  parallelFor(0, shape.batch * shape.heads, 4, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t index = begin; index < end; ++index) {
      transposeState(shape.headDim, states.at(index, shape.headDim).kv, transposed + index * square);
    }
  });
}

void keyGradients(const SlaBackward& call, const BackwardPlan& plan, const ParallelFor& parallelFor) {
  const SlaShape& shape = call.shape;
  const SlaTiles& tiles = tilesFor(shape.dtype);
  parallelFor(0, plan.tasks(shape), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t task = begin; task < end; ++task) {
      const std::int64_t head = task % shape.heads, band = task / shape.heads % plan.bands;
      const std::int64_t group = task / (shape.heads * plan.bands);
      double* filter = plan.filter + task * plan.filterFloats;
      std::fill(filter, filter + plan.filterFloats, 0.0);
      const std::int64_t firstImage = group * shape.batch / plan.groups;
      for (std::int64_t b = firstImage; b < (group + 1) * shape.batch / plan.groups; ++b) {
        const std::int64_t index = b * shape.heads + head;
        float* position =
            call.dPosition != nullptr ? plan.position + group * BackwardPlan::positionFloats(shape) : nullptr;
        if (plan.groups == 1) position = call.dPosition;
        tiles.keyGradient(call, plan.grid, plan.gradient.at(index, shape.headDim),
                          plan.transposed + index * shape.headDim * shape.headDim, plan.taps, {b, head},
                          band * plan.tileRows, std::min(plan.grid.height, (band + 1) * plan.tileRows), position,
                          b != firstImage, filter);
      }
    }
  });
}

void finishParameterGradients(const SlaBackward& call, const BackwardPlan& plan, const ParallelFor& parallelFor) {
  const SlaShape& shape = call.shape;
  if (call.dPosition != nullptr && plan.groups > 1) {
    const std::int64_t floats = BackwardPlan::positionFloats(shape);
    parallelFor(0, floats, 4096, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        double sum = 0.0;
        for (std::int64_t group = 0; group < plan.groups; ++group) {
          sum += static_cast<double>(plan.position[group * floats + i]);
        }
        call.dPosition[i] = static_cast<float>(sum);
      }
    });
  }
  const std::int64_t taps = shape.kernel * shape.kernel;
  for (std::int64_t i = 0; i < plan.filterFloats; ++i) {
    double sum = 0.0;
    for (std::int64_t task = 0; task < plan.tasks(shape); ++task) sum += plan.filter[task * plan.filterFloats + i];
    const std::int64_t tap = i / shape.headDim, c = i % shape.headDim;
    float* target = tap == taps ? call.dConvBias : call.dConvWeight;
    if (target != nullptr) target[tap == taps ? c : c * taps + tap] = static_cast<float>(sum);
  }
}

void clearParameterGradients(const SlaBackward& call) {
  const SlaShape& shape = call.shape;
  const auto clear = [](float* target, std::int64_t count) {
    if (target != nullptr) std::fill(target, target + count, 0.0f);
  };
  clear(call.dPosition, BackwardPlan::positionFloats(shape));
  if (shape.kernel == 0) return;
  clear(call.dConvWeight, shape.headDim * shape.kernel * shape.kernel);
  clear(call.dConvBias, shape.headDim);
}

/// `call` must have passed its check. The plans need sound sizes.
template <class Call, class Plan>
Status checkPlan(const Call& call, const Plan& plan) {
  return checkWorkspace(call.workspace, call.workspaceBytes, plan.workspace.used());
}

/// Sums over keys, then the output, of a stretch of the batch.
void forwardImages(const SlaForward& call, const ForwardPlan& plan, Images images, const ParallelFor& parallelFor) {
  const SlaShape& shape = call.shape;
  const SlaTiles& tiles = tilesFor(shape.dtype);
  if (plan.keyValueFirst) {
    const SlaKeys keys{shape, call.k, call.v, call.position};
    plan.sums.run(shape, images, parallelFor, [&](SlaHead at, std::int64_t begin, std::int64_t end, float* out) {
      tiles.keyValues(keys, at, begin, end, out);
    });
  }
  const SlaGrid grid = gridOf(shape, shape.queries);
  const std::int64_t tileRows = slaTileRows(grid, shape.headDim), bands = ceilDiv(grid.height, tileRows);
  const std::int64_t tasks = bands * shape.heads;
  parallelFor(images.begin * tasks, images.end * tasks, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t task = begin; task < end; ++task) {
      const SlaHead at{task / tasks, task % shape.heads};
      const std::int64_t band = task / shape.heads % bands;
      const SlaState state =
          plan.keyValueFirst ? plan.sums.at(at.batch * shape.heads + at.head, shape.headDim) : SlaState{};
      tiles.forward(call, grid, state, plan.taps, at, band * tileRows, std::min(grid.height, (band + 1) * tileRows));
    }
  });
}

}  // namespace

std::size_t slaForwardWorkspaceBytes(const SlaForward& call) {
  return check(call.shape) == Status::Ok ? ForwardPlan(call, nullptr).workspace.used() : 0;
}

std::size_t slaBackwardWorkspaceBytes(const SlaBackward& call) {
  return check(call.shape) == Status::Ok ? BackwardPlan(call, nullptr).workspace.used() : 0;
}

Status slaForward(const SlaForward& call, const ParallelFor& parallelFor) {
  const SlaShape& shape = call.shape;
  if (const Status status = check(call); status != Status::Ok || shape.batch == 0) return status;
  if (shape.headDim > kSlaMaxHeadDim) return Status::Unsupported;
  const ForwardPlan plan(call, call.workspace);
  if (const Status status = checkPlan(call, plan); status != Status::Ok) return status;
  if (shape.kernel > 0) transposeFilter(shape, call.convWeight, plan.taps);
  forEachStretch(shape, [&](Images images) { forwardImages(call, plan, images, parallelFor); });
  return Status::Ok;
}

Status slaBackward(const SlaBackward& call, const ParallelFor& parallelFor) {
  const SlaShape& shape = call.shape;
  if (const Status status = check(call); status != Status::Ok) return status;
  if (shape.headDim > kSlaMaxHeadDim) return Status::Unsupported;
  if (shape.batch == 0) {
    clearParameterGradients(call);
    return Status::Ok;
  }
  const BackwardPlan plan(call, call.workspace);
  if (const Status status = checkPlan(call, plan); status != Status::Ok) return status;
  const SlaTiles& tiles = tilesFor(shape.dtype);
  if (shape.kernel > 0) transposeFilter(shape, call.convWeight, plan.taps);
  if (BackwardPlan::givenState(call) == nullptr) {
    const SlaKeys keys{shape, call.k, call.v, call.position};
    plan.state.run(shape, {0, shape.batch}, parallelFor,
                   [&](SlaHead at, std::int64_t begin, std::int64_t end, float* out) {
                     tiles.keyValues(keys, at, begin, end, out);
                   });
  }
  const std::int64_t square = shape.headDim * shape.headDim;
  transposeStates(shape, plan.state, plan.transposed, parallelFor);
  plan.gradient.run(shape, {0, shape.batch}, parallelFor,
                    [&](SlaHead at, std::int64_t begin, std::int64_t end, float* out) {
                      const std::int64_t index = at.batch * shape.heads + at.head;
                      tiles.queryGradient(call, plan.state.at(index, shape.headDim), plan.transposed + index * square,
                                          at, begin, end, out);
                    });
  transposeStates(shape, plan.gradient, plan.transposed, parallelFor);
  keyGradients(call, plan, parallelFor);
  finishParameterGradients(call, plan, parallelFor);
  return Status::Ok;
}

}  // namespace slab::kernels
