// What the program is.
#pragma once

#include <string>

namespace slab {

/// "slab 0.1.0 (LibTorch 2.11.0)".
std::string versionText();

/// "0.1.0"
std::string programVersion();

}  // namespace slab
