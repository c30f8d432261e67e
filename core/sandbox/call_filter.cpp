#include "core/sandbox/call_filter.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace slab::sandbox {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
constexpr std::array kOldOpeningCalls{SYS_open, SYS_access, SYS_stat, SYS_lstat, SYS_readlink};
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
constexpr std::array<int, 0> kOldOpeningCalls{};
#else
constexpr std::uint32_t kArchitecture = 0;
constexpr std::array<int, 0> kOldOpeningCalls{};
#endif

// Requests and answers, memory, the end of the process; clocks and processors, which allocators and TBB ask for.
constexpr std::array kAllowed{
    SYS_read,           SYS_write,         SYS_recvmsg,         SYS_sendmsg,      SYS_recvfrom,
    SYS_sendto,         SYS_close,         SYS_fstat,           SYS_lseek,        SYS_pread64,
    SYS_munmap,         SYS_mremap,        SYS_madvise,         SYS_brk,          SYS_futex,
    SYS_getrandom,      SYS_clock_gettime, SYS_gettimeofday,    SYS_sched_yield,  SYS_sched_getaffinity,
    SYS_sysinfo,        SYS_getpid,        SYS_gettid,          SYS_rt_sigreturn, SYS_rt_sigaction,
    SYS_rt_sigprocmask, SYS_rseq,          SYS_restart_syscall, SYS_exit,         SYS_exit_group};
constexpr std::array kRefused{SYS_openat, SYS_faccessat, SYS_newfstatat, SYS_statx, SYS_readlinkat, SYS_ioctl};

/// A program of the classic packet filter over seccomp_data, instruction by instruction.
class Program {
 public:
  void load(std::size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset), 0, 0); }
  void answer(std::uint32_t action) { add(BPF_RET | BPF_K, action, 0, 0); }
  /// The next instruction runs only when the loaded word is `value`.
  void onlyIf(std::uint32_t value) { add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1); }
  /// The next instruction runs only when the loaded word is not `value`.
  void unless(std::uint32_t value) { add(BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0); }
  /// The next `count` instructions run only when the loaded word is `value`.
  void skipUnless(std::uint32_t value, std::uint8_t count) { add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, count); }
  /// The next instruction runs only when the loaded word shares a bit with `bits`.
  void onlyIfAny(std::uint32_t bits) { add(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1); }

  [[nodiscard]] bool install() {
    const sock_fprog program{static_cast<unsigned short>(code_.size()), code_.data()};
    return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
  }

 private:
  void add(int code, std::uint32_t operand, std::uint8_t ifTrue, std::uint8_t ifFalse) {
    code_.push_back({static_cast<std::uint16_t>(code), ifTrue, ifFalse, operand});
  }

  std::vector<sock_filter> code_;
};

/// The low half: both architectures are little-endian.
constexpr std::size_t argument(std::size_t index) {
  return offsetof(seccomp_data, args) + index * sizeof(std::uint64_t);
}

/// Memory is granted unless it is to be executed.
void allowPlainMemory(Program& program, long call) {
  constexpr std::uint8_t kBody = 4;
  program.skipUnless(static_cast<std::uint32_t>(call), kBody);
  program.load(argument(2));
  program.onlyIfAny(PROT_EXEC);
  program.answer(SECCOMP_RET_KILL_PROCESS);
  program.answer(SECCOMP_RET_ALLOW);
}

/// abort() sends itself a signal; others must not get one.
void allowOwnSignal(Program& program) {
  constexpr std::uint8_t kBody = 4;
  program.skipUnless(SYS_tgkill, kBody);
  program.load(argument(0));
  program.onlyIf(static_cast<std::uint32_t>(::getpid()));
  program.answer(SECCOMP_RET_ALLOW);
  program.answer(SECCOMP_RET_KILL_PROCESS);
}

}  // namespace

bool filterCalls() {
  if (kArchitecture == 0) return false;
  Program program;
  program.load(offsetof(seccomp_data, arch));
  program.unless(kArchitecture);
  program.answer(SECCOMP_RET_KILL_PROCESS);
  program.load(offsetof(seccomp_data, nr));
  allowPlainMemory(program, SYS_mmap);
  allowPlainMemory(program, SYS_mprotect);
  allowOwnSignal(program);
  const auto answerAll = [&](const auto& calls, std::uint32_t action) {
    for (const auto call : calls) {
      program.onlyIf(static_cast<std::uint32_t>(call));
      program.answer(action);
    }
  };
  answerAll(kAllowed, SECCOMP_RET_ALLOW);
  answerAll(kRefused, SECCOMP_RET_ERRNO | EACCES);
  answerAll(kOldOpeningCalls, SECCOMP_RET_ERRNO | EACCES);
  program.answer(SECCOMP_RET_KILL_PROCESS);
  return program.install();
}

}  // namespace slab::sandbox
