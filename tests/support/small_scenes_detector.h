// The scenes' detector, small enough to train a few steps in a test.
#pragma once

#include <string>
#include <vector>

namespace slab::test {

/// Settings on top of the preset mask_rcnn_scenes: narrow, on scenes of 64 pixels, two images a step, without
/// evaluations but the last, and to the same bits on every machine.
inline std::vector<std::string> smallScenesDetector() {
  return {"data.sides=64",
          "model.embed_dim=8",
          "model.depths=[1,1,1,1]",
          "model.heads=[1,1,2,2]",
          "model.attention=LLSS",
          "model.window=8",
          "detector.channels=16",
          "detector.hidden=32",
          "detector.mask_channels=16",
          "train.batch=2",
          "train.eval_every=0",
          "device=cpu",
          "threads=1",
          "ops.linear=torch"};
}

}  // namespace slab::test
