#pragma once

#include <gtest/gtest.h>

#include "kernels/cpu/isa.h"

namespace slab::kernels::test {

/// Runs the body once for each instruction set of this processor.
template <class Body>
void forEachIsa(Body body) {
  for (const Isa isa : {Isa::Generic, Isa::Avx2, Isa::Avx512}) {
    if (isa > supportedIsa()) continue;
    SCOPED_TRACE(kernels::toString(isa));
    limitIsa(isa);
    body();
  }
  limitIsa(Isa::Avx512);
}

}  // namespace slab::kernels::test
