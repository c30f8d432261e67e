#include "core/sandbox/sandboxed_decoder.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/sandbox/regular_file.h"

namespace slab::sandbox {
namespace {

constexpr int kChildSocket = 3;
constexpr int kStartSeconds = 60;

std::string programOrDefault(const std::string& given) {
  if (!given.empty()) return given;
  std::error_code ignored;
  const auto beside = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path() / "slab-decode";
  return std::filesystem::exists(beside, ignored) ? beside.string() : "slab-decode";
}

/// What the libraries need to be found, and no threads of their own.
std::vector<std::string> childEnvironment() {
  std::vector<std::string> environment{"OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1"};
  for (const char* name : {"PATH", "LD_LIBRARY_PATH"}) {
    if (const char* value = std::getenv(name)) environment.push_back(std::string(name) + "=" + value);
  }
  return environment;
}

std::vector<char*> pointersTo(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// Starts the program with the socket as descriptor 3, in a process group of its own, so that Ctrl+C on the terminal
/// reaches the scan alone. Returns an errno value.
int spawn(const std::string& program, int socket, std::uint64_t memoryBytes, pid_t& pid) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) {
    ::posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_WRONLY, 0);
  }
  ::posix_spawn_file_actions_adddup2(&actions, socket, kChildSocket);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  std::vector<std::string> arguments{program, std::to_string(kChildSocket), std::to_string(memoryBytes)};
  std::vector<std::string> environment = childEnvironment();
  const int code = ::posix_spawnp(&pid, program.c_str(), &actions, &attributes, pointersTo(arguments).data(),
                                  pointersTo(environment).data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  return code;
}

/// False when `seconds` passed without a word.
bool hasWords(int socket, int seconds) {
  pollfd wait{socket, POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&wait, 1, seconds * 1000);
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

Decoded verdict(ImageFault fault, const std::string& cause) {
  Decoded decoded;
  decoded.fault = fault;
  decoded.cause = cause;
  return decoded;
}

}  // namespace

SandboxedDecoder::SandboxedDecoder(DecoderOptions options) : options_(std::move(options)) {}

SandboxedDecoder::~SandboxedDecoder() {
  end();
}

void SandboxedDecoder::start() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw Error(ErrorKind::Internal, "no socket for the decoding process: " + errnoMessage(errno));
  }
  // dup2 of a descriptor onto itself would leave it closed on exec.
  if (ends[1] == kChildSocket) ends[1] = ::fcntl(std::exchange(ends[1], -1), F_DUPFD_CLOEXEC, kChildSocket + 1);
  const std::string program = programOrDefault(options_.program);
  const int code = spawn(program, ends[1], options_.memoryBytes, pid_);
  ::close(ends[1]);
  socket_ = ends[0];
  if (code != 0) {
    pid_ = -1;
    end();
    throw Error(ErrorKind::Internal, "the decoding program " + program + " can't be started: " + errnoMessage(code) +
                                         "; it is installed beside slab");
  }
  if (!hasWords(socket_, kStartSeconds) || !receiveAll(socket_, std::as_writable_bytes(std::span(&confinement_, 1)))) {
    end();
    throw Error(ErrorKind::Internal, "the decoding program " + program + " ended before its first image; try again");
  }
  hasStarted_ = true;
}

void SandboxedDecoder::end() {
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(std::exchange(pid_, -1), nullptr, 0);
}

void SandboxedDecoder::allowCpuTime() const {
  clockid_t clock{};
  timespec used{};
  if (::clock_getcpuclockid(pid_, &clock) != 0 || ::clock_gettime(clock, &used) != 0) return;
  // The kernel counts whole seconds.
  const rlimit limit{static_cast<rlim_t>(used.tv_sec + 1 + options_.cpuSeconds), RLIM_INFINITY};
  ::prlimit(pid_, RLIMIT_CPU, &limit, nullptr);
}

Decoded SandboxedDecoder::decode(int file, std::uint64_t bytes, int thumbnail) {
  if (pid_ <= 0) start();
  allowCpuTime();
  Decoded decoded;
  bool timedOut = false;
  if (sendRequest(socket_, {bytes, thumbnail}, file)) {
    timedOut = !hasWords(socket_, options_.wallSeconds);
    if (!timedOut && receiveVerdict(socket_, decoded)) return decoded;
  }
  return causeOfDeath(timedOut);
}

Decoded SandboxedDecoder::decode(const std::string& path, int thumbnail) {
  try {
    const RegularFile file(path);
    return decode(file.fd(), file.bytes(), thumbnail);
  } catch (const ImageError& error) {
    return verdict(error.fault(), error.cause());
  }
}

Decoded SandboxedDecoder::causeOfDeath(bool timedOut) {
  ++lost_;
  // Ends one that says nonsense instead of dying; a process on its way out keeps the status it has.
  ::kill(pid_, SIGKILL);
  ::close(std::exchange(socket_, -1));
  int status = 0;
  ::waitpid(std::exchange(pid_, -1), &status, 0);
  const std::string seconds = std::to_string(timedOut ? options_.wallSeconds : options_.cpuSeconds);
  if (timedOut) return verdict(ImageFault::Endless, "the decoder did not answer within " + seconds + " s");
  if (!WIFSIGNALED(status)) return verdict(ImageFault::Crashed, "the decoder ended without a verdict");
  switch (WTERMSIG(status)) {
    case SIGXCPU:
      return verdict(ImageFault::Endless, "the decoder did not finish within " + seconds + " s of processor time");
    case SIGSYS: return verdict(ImageFault::Forbidden, "the decoder tried a system call that the sandbox forbids");
    case SIGKILL: return verdict(ImageFault::Crashed, "the decoder had to be killed");
    default:
      return verdict(ImageFault::Crashed, std::string("the decoder crashed (") + sigdescr_np(WTERMSIG(status)) + ")");
  }
}

}  // namespace slab::sandbox
