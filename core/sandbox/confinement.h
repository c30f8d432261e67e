// What a process gives up before it parses files of strangers.
#pragma once

#include <cstdint>
#include <string>

namespace slab::sandbox {

/// What the kernel granted.
struct Confinement {
  /// Landlock's ABI: 0 where the kernel has none. From 4 on it covers TCP, from 6 on abstract sockets and signals.
  std::int32_t landlock = 0;
  /// System calls are filtered.
  std::int32_t seccomp = 0;

  [[nodiscard]] bool isWhole() const { return landlock > 0 && seccomp != 0; }
};

/// Gives up for good: every file by name (Landlock), every system call beyond reading, writing and memory (seccomp:
/// opening answers "permission denied", anything else ends the process by SIGSYS), new executable memory, more than
/// `memoryBytes` of address space, core dumps, writing files. What is open stays usable. A kernel that lacks
/// Landlock or seccomp leaves that part out, and the return value says so. To be called once, by the only thread.
/// landlock(7), seccomp(2), setrlimit(2).
Confinement confine(std::uint64_t memoryBytes);

/// "Landlock ABI 7 and a system call filter", or what is missing and what that means.
std::string describe(const Confinement& confinement);

}  // namespace slab::sandbox
