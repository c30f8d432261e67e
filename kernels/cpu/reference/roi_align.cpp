#include "kernels/roi_align.h"

#include <vector>

#include "kernels/common/checks.h"
#include "kernels/common/roi_axis.h"

namespace slab::kernels::reference {
namespace {

/// The samples of one region, bin by bin; geometry in float32 as the header says.
struct Region {
  Region(const RoiAlignShape& shape, const float* numbers)
      : image(static_cast<std::int64_t>(numbers[0])),
        y(roiAxis(numbers[2], numbers[4], shape.scale, shape.rows, shape.height, shape.samplingRatio)),
        x(roiAxis(numbers[1], numbers[3], shape.scale, shape.columns, shape.width, shape.samplingRatio)) {
    isThere = numbers[0] >= 0.0f && numbers[0] < static_cast<float>(shape.images);
  }

  /// Calls visit(pixel, weight) for the four pixels of every sample of a bin.
  template <class Visit>
  void forEachTap(const RoiAlignShape& shape, std::int64_t row, std::int64_t column, Visit visit) const {
    if (!isThere) return;
    const double count = static_cast<double>(y.samples * x.samples);
    for (std::int64_t i = 0; i < y.samples; ++i) {
      for (std::int64_t j = 0; j < x.samples; ++j) {
        const RoiTap down = roiTap(roiSamplePosition(y, row, i), y.size);
        const RoiTap right = roiTap(roiSamplePosition(x, column, j), x.size);
        if (!down.isInside || !right.isInside) continue;
        for (int corner = 0; corner < 4; ++corner) {
          const bool lower = corner >= 2, further = corner % 2 == 1;
          const double share = (lower ? down.upper : 1.0 - down.upper) * (further ? right.upper : 1.0 - right.upper);
          if (share == 0.0) continue;
          visit((image * shape.height + down.low + lower) * shape.width + right.low + further, share / count);
        }
      }
    }
  }

  std::int64_t image;
  RoiAxis y, x;
  bool isThere = false;
};

/// Calls visit(output index of channel 0, region, row, column) for every bin.
template <class Visit>
void forEachBin(const RoiAlignShape& shape, const float* rois, Visit visit) {
  for (std::int64_t roi = 0; roi < shape.rois; ++roi) {
    const Region region(shape, rois + roi * 5);
    for (std::int64_t row = 0; row < shape.rows; ++row) {
      for (std::int64_t column = 0; column < shape.columns; ++column) {
        visit(((roi * shape.rows + row) * shape.columns + column) * shape.channels, region, row, column);
      }
    }
  }
}

}  // namespace

Status roiAlignForward(const RoiAlignForward& call) {
  if (const Status status = check(call); status != Status::Ok) return status;
  const RoiAlignShape& shape = call.shape;
  std::vector<double> sum(static_cast<std::size_t>(shape.channels));
  forEachBin(shape, call.rois, [&](std::int64_t index, const Region& region, std::int64_t row, std::int64_t column) {
    sum.assign(sum.size(), 0.0);
    region.forEachTap(shape, row, column, [&](std::int64_t pixel, double weight) {
      for (std::size_t c = 0; c < sum.size(); ++c) {
        sum[c] += weight * static_cast<double>(call.map[pixel * shape.channels + static_cast<std::int64_t>(c)]);
      }
    });
    for (std::size_t c = 0; c < sum.size(); ++c) {
      call.output[index + static_cast<std::int64_t>(c)] = static_cast<float>(sum[c]);
    }
  });
  return Status::Ok;
}

Status roiAlignBackward(const RoiAlignBackward& call) {
  if (const Status status = check(call); status != Status::Ok) return status;
  const RoiAlignShape& shape = call.shape;
  std::vector<double> sums(static_cast<std::size_t>(shape.images * shape.height * shape.width * shape.channels));
  forEachBin(shape, call.rois, [&](std::int64_t index, const Region& region, std::int64_t row, std::int64_t column) {
    region.forEachTap(shape, row, column, [&](std::int64_t pixel, double weight) {
      for (std::int64_t c = 0; c < shape.channels; ++c) {
        sums[static_cast<std::size_t>(pixel * shape.channels + c)] +=
            weight * static_cast<double>(call.dOutput[index + c]);
      }
    });
  });
  for (std::size_t i = 0; i < sums.size(); ++i) call.dMap[i] = static_cast<float>(sums[i]);
  return Status::Ok;
}

}  // namespace slab::kernels::reference
