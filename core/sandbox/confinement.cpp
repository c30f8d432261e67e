#include "core/sandbox/confinement.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/sandbox/call_filter.h"

namespace slab::sandbox {
namespace {

// Of <linux/landlock.h>, whose copy in Debian 12 ends at ABI 2.
struct RulesetAttributes {
  std::uint64_t handledFiles = 0;
  std::uint64_t handledNetwork = 0;
  std::uint64_t scoped = 0;
};
constexpr unsigned kAskVersion = 1U << 0;
constexpr std::uint64_t kTcpBindAndConnect = 0b11, kAbstractSocketsAndSignals = 0b11;

/// Every right on files that an ABI knows: 13 of the first, then REFER, TRUNCATE, and IOCTL_DEV with the fifth.
std::uint64_t fileRights(int abi) {
  const int rights = abi >= 5 ? 16 : abi >= 3 ? 15 : abi == 2 ? 14 : 13;
  return (std::uint64_t{1} << rights) - 1;
}

/// A ruleset without a rule allows nothing of what it handles.
int forbidFiles() {
  const auto abi = static_cast<int>(::syscall(SYS_landlock_create_ruleset, nullptr, 0, kAskVersion));
  if (abi < 1) return 0;
  RulesetAttributes attributes;
  attributes.handledFiles = fileRights(abi);
  if (abi >= 4) attributes.handledNetwork = kTcpBindAndConnect;
  if (abi >= 6) attributes.scoped = kAbstractSocketsAndSignals;
  const std::size_t size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
  const auto ruleset = static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, size, 0));
  if (ruleset < 0) return 0;
  const bool restricted = ::syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
  ::close(ruleset);
  return restricted ? abi : 0;
}

void limit(int resource, std::uint64_t value) {
  const rlimit both{value, value};
  // A hard limit below the wish is as good.
  ::setrlimit(static_cast<__rlimit_resource>(resource), &both);
}

}  // namespace

Confinement confine(std::uint64_t memoryBytes) {
  limit(RLIMIT_AS, memoryBytes);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, 0);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  Confinement confinement;
  confinement.landlock = forbidFiles();
  confinement.seccomp = filterCalls() ? 1 : 0;
  return confinement;
}

std::string describe(const Confinement& confinement) {
  const std::string landlock = "Landlock ABI " + std::to_string(confinement.landlock);
  if (confinement.isWhole()) return landlock + " and a system call filter";
  if (confinement.seccomp != 0) return "a system call filter; this kernel offers no Landlock";
  if (confinement.landlock > 0) return landlock + "; this kernel offers no system call filter";
  return "limits of memory and time only: this kernel offers neither Landlock nor a system call filter";
}

}  // namespace slab::sandbox
