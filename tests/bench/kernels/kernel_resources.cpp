#include <cxxabi.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>

#include "tests/bench/kernels/cuda_traffic.h"

namespace slab::kernels::bench {
namespace {

/// Largest figures among a kernel's variants.
struct Resources {
  int variants = 0, registers = 0, spilledBytes = 0, sharedBytes = 0;
};

using Table = std::map<std::pair<std::string, std::string>, Resources>;

/// The number that stands before `label` in the line, 0 without it.
int figureBefore(const std::string& line, const std::string& label) {
  const std::size_t at = line.find(label);
  if (at == std::string::npos || at == 0) return 0;
  const std::size_t start = line.find_last_not_of("0123456789", at - 1);
  return std::atoi(line.c_str() + (start == std::string::npos ? 0 : start + 1));
}

/// The part of the line between two quotes that follows `label`.
std::string quotedAfter(const std::string& line, const std::string& label) {
  const std::size_t from = line.find(label);
  if (from == std::string::npos) return {};
  const std::size_t start = from + label.size();
  return line.substr(start, line.find('\'', start) - start);
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

void readMessages(std::istream& messages, Table& table) {
  Resources* entry = nullptr;
  for (std::string line; std::getline(messages, line);) {
    if (const std::string kernel = quotedAfter(line, "entry function '"); !kernel.empty()) {
      entry = &table[{kernelName(kernel), quotedAfter(line, "for '")}];
      ++entry->variants;
    }
    if (entry == nullptr) continue;
    entry->registers = std::max(entry->registers, figureBefore(line, " registers"));
    entry->spilledBytes = std::max(entry->spilledBytes, figureBefore(line, " bytes spill stores"));
    entry->sharedBytes = std::max(entry->sharedBytes, figureBefore(line, " bytes smem"));
  }
}

}  // namespace

void printKernelResources(const char* directory) {
  Table table;
  std::error_code none;
  for (const auto& file : std::filesystem::directory_iterator(directory, none)) {
    if (file.path().extension() != ".ptxas") continue;
    std::ifstream messages(file.path());
    readMessages(messages, table);
  }
  if (table.empty()) {
    std::printf("\nnothing in %s: build slab_kernels_cuda (needs nvcc) for registers and spills\n", directory);
    return;
  }
  std::printf("\n%-34s %-8s %9s %10s %14s %14s\n", "kernel", "arch", "variants", "registers", "spilled bytes",
              "static shared");
  for (const auto& [key, entry] : table) {
    std::printf("%-34s %-8s %9d %10d %14d %14d\n", key.first.c_str(), key.second.c_str(), entry.variants,
                entry.registers, entry.spilledBytes, entry.sharedBytes);
  }
}

}  // namespace slab::kernels::bench
