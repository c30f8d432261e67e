#pragma once

namespace slab::kernels {

/// Instruction sets that the CPU implementations are compiled for, in rising order.
enum class Isa { Generic, Avx2, Avx512 };

/// The best one that both this program and the processor offer.
[[nodiscard]] Isa supportedIsa();

/// What the kernels use: the supported one, or less after limitIsa.
[[nodiscard]] Isa activeIsa();

/// Tests and benchmarks walk the instruction sets with this; takes effect for calls that start afterwards.
void limitIsa(Isa highest);

[[nodiscard]] const char* toString(Isa isa);

}  // namespace slab::kernels
