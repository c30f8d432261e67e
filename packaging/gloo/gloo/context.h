// Declared for LibTorch's ProcessGroupGloo.hpp; the definition is inside libtorch_cpu.
#pragma once

#include <chrono>

namespace gloo {

class Context {
 public:
  void setTimeout(std::chrono::milliseconds timeout);
};

}  // namespace gloo
