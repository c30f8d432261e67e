// Declared for LibTorch's ProcessGroupGloo.hpp; the definitions are inside libtorch_cpu.
#pragma once

namespace gloo::transport {

class Device;

class UnboundBuffer {
 public:
  virtual ~UnboundBuffer();
};

}  // namespace gloo::transport
