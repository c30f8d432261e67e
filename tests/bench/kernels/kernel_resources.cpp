#include <cxxabi.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <utility>

#include "tests/bench/kernels/cuda_traffic.h"

namespace slab::kernels::bench {
namespace {

/// Largest figures among a kernel's variants.
struct Resources {
  int variants = 0, registers = 0, spilledStack = 0, sharedBytes = 0;
};

int figureAfter(const std::string& line, const std::string& label) {
  const std::size_t at = line.find(label);
  return at == std::string::npos ? 0 : std::atoi(line.c_str() + at + label.size());
}

/// "slab::kernels::cuda::sla::attend" of a mangled "void slab::kernels::cuda::sla::attend<float, 32, 16>(...)".
std::string kernelName(const std::string& mangled) {
  int status = 0;
  char* readable = abi::__cxa_demangle(mangled.c_str(), nullptr, nullptr, &status);
  std::string name = status == 0 ? readable : mangled;
  std::free(readable);
  name = name.substr(0, name.find_first_of("<("));
  const std::size_t prefix = name.find("cuda::");
  return prefix == std::string::npos ? name : name.substr(prefix + 6);
}

}  // namespace

void printKernelResources(const char* path) {
  std::ifstream file(path);
  if (!file) {
    std::printf("\nno %s: build slab_kernels_cuda (needs nvcc) for registers and spills\n", path);
    return;
  }
  std::map<std::pair<std::string, std::string>, Resources> table;
  std::string line, architecture, kernel;
  while (std::getline(file, line)) {
    if (const std::size_t at = line.find("arch = "); at != std::string::npos) architecture = line.substr(at + 7);
    if (const std::size_t at = line.find("Function "); at != std::string::npos) {
      kernel = kernelName(line.substr(at + 9, line.find(':', at) - at - 9));
    }
    if (line.find("REG:") == std::string::npos) continue;
    Resources& entry = table[{kernel, architecture}];
    ++entry.variants;
    entry.registers = std::max(entry.registers, figureAfter(line, "REG:"));
    entry.spilledStack = std::max(entry.spilledStack, figureAfter(line, "STACK:"));
    entry.sharedBytes = std::max(entry.sharedBytes, figureAfter(line, "SHARED:"));
  }
  std::printf("\n%-34s %-8s %9s %10s %12s %14s\n", "kernel", "arch", "variants", "registers", "stack bytes",
              "static shared");
  for (const auto& [key, entry] : table) {
    std::printf("%-34s %-8s %9d %10d %12d %14d\n", key.first.c_str(), key.second.c_str(), entry.variants,
                entry.registers, entry.spilledStack, entry.sharedBytes);
  }
}

}  // namespace slab::kernels::bench
