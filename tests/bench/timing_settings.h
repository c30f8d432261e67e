// The options that benchmarks of paired timings take.
#pragma once

#include <cstdlib>
#include <string>

namespace slab::bench {

/// --threads N --seconds S --filter TEXT
struct TimingSettings {
  int threads = 0;     // 0: all
  double seconds = 0;  // of each comparison
  std::string filter;  // what its name must hold
};

/// Takes each option given into `settings`; false where one is unknown or has no value.
inline bool parse(int argc, char** argv, TimingSettings& settings) {
  for (int i = 1; i < argc; i += 2) {
    const std::string key = argv[i];
    if (i + 1 >= argc) return false;
    if (key == "--threads") {
      settings.threads = std::atoi(argv[i + 1]);
    } else if (key == "--seconds") {
      settings.seconds = std::atof(argv[i + 1]);
    } else if (key == "--filter") {
      settings.filter = argv[i + 1];
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace slab::bench
