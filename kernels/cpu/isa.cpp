#include "kernels/cpu/isa.h"

#include <algorithm>
#include <atomic>

namespace slab::kernels {
namespace {

std::atomic<Isa> highestWanted{Isa::Avx512};

Isa detect() {
#ifdef __x86_64__
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (avx2 && avx512) return Isa::Avx512;
  if (avx2) return Isa::Avx2;
#endif
  return Isa::Generic;
}

}  // namespace

Isa supportedIsa() {
  static const Isa isa = detect();
  return isa;
}

Isa activeIsa() {
  return std::min(supportedIsa(), highestWanted.load(std::memory_order_relaxed));
}

void limitIsa(Isa highest) {
  highestWanted.store(highest, std::memory_order_relaxed);
}

const char* toString(Isa isa) {
  switch (isa) {
    case Isa::Generic: return "generic";
    case Isa::Avx2: return "avx2";
    case Isa::Avx512: return "avx512";
  }
  return "unknown";
}

}  // namespace slab::kernels
