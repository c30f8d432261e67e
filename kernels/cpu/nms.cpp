#include "kernels/nms.h"

#include <algorithm>

#include "kernels/common/checks.h"
#include "kernels/common/workspace.h"
#include "kernels/cpu/isa.h"
#include "kernels/cpu/nms_rows.h"

namespace slab::kernels {
namespace {

NmsRow row() {
  switch (activeIsa()) {
#ifdef SLAB_KERNELS_X86
    case Isa::Avx512: return kNmsRowAvx512;
    case Isa::Avx2: return kNmsRowAvx2;
#endif
    default: return kNmsRowGeneric;
  }
}

struct Plan {
  Plan(const Nms& call, void* base) {
    Workspace workspace(base);
    for (float** column : {&columns.x1, &columns.y1, &columns.x2, &columns.y2, &columns.area, &columns.suppressed}) {
      *column = workspace.take<float>(call.boxes);
    }
    bytes = workspace.used();
  }
  NmsColumns columns;
  std::size_t bytes;
};

void fillColumns(const Nms& call, const NmsColumns& to, std::int64_t begin, std::int64_t end) {
  for (std::int64_t i = begin; i < end; ++i) {
    const float* box = call.box + 4 * i;
    to.x1[i] = box[0];
    to.y1[i] = box[1];
    to.x2[i] = box[2];
    to.y2[i] = box[3];
    to.area[i] = (box[2] - box[0]) * (box[3] - box[1]);
    to.suppressed[i] = 0.0f;
  }
}

}  // namespace

std::size_t nmsWorkspaceBytes(const Nms& call) {
  return check(call) == Status::Ok ? Plan(call, nullptr).bytes : 0;
}

Status nms(const Nms& call, const ParallelFor& parallelFor) {
  if (const Status status = check(call); status != Status::Ok || call.boxes == 0) return status;
  const Plan plan(call, call.workspace);
  if (const Status room = checkWorkspace(call.workspace, call.workspaceBytes, plan.bytes); room != Status::Ok) {
    return room;
  }
  const NmsColumns& columns = plan.columns;
  const NmsRow suppress = row();
  parallelFor(0, call.groups, 1, [&](std::int64_t firstGroup, std::int64_t lastGroup) {
    for (std::int64_t group = firstGroup; group < lastGroup; ++group) {
      const std::int64_t begin = call.groupBegin[group], end = call.groupBegin[group + 1];
      fillColumns(call, columns, begin, end);
      for (std::int64_t i = begin; i < end; ++i) {
        call.keep[i] = columns.suppressed[i] > 0.0f ? 0 : 1;
        if (call.keep[i] != 0) suppress(columns, i, i + 1, end, call.threshold);
      }
    }
  });
  return Status::Ok;
}

}  // namespace slab::kernels
