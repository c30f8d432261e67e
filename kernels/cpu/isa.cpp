#include "kernels/cpu/isa.h"

#ifdef __x86_64__
#include <cpuid.h>
#endif

#include <algorithm>
#include <atomic>

namespace slab::kernels {
namespace {

std::atomic<Isa> highestWanted{Isa::Avx512};

#ifdef __x86_64__
// Half-precision conversions. Asked of the processor itself: clang 14 has no name for them in
// __builtin_cpu_supports (which looks at what the system saves of the registers; AVX2 covers that here).
bool hasF16c() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  return __get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0 && (ecx & bit_F16C) != 0;
}
#endif

Isa detect() {
#ifdef __x86_64__
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && hasF16c();
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
