#include "core/store/process_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/error.h"
#include "core/store/run_directory.h"

namespace slab {
namespace {

// The text is padded to one write of a fixed size, so that a reader never meets half of it.
constexpr std::size_t kLockBytes = 1024;

// Asks again when a signal came in between.
template <typename Call>
auto uninterrupted(Call&& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

std::string bootId() {
  try {
    std::string text = readTextFile("/proc/sys/kernel/random/boot_id", 256);
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
  } catch (const Error&) {
    return "";
  }
}

struct ProcessStat {
  char state = '?';
  std::uint64_t startTime = 0;
};

std::optional<ProcessStat> processStat(int pid) {
  try {
    const std::string text = readTextFile("/proc/" + std::to_string(pid) + "/stat", 4096);
    // The second field, the name in parentheses, may itself hold spaces and parentheses.
    std::size_t at = text.rfind(')');
    if (at == std::string::npos || at + 2 >= text.size()) return std::nullopt;
    ProcessStat stat;
    stat.state = text[at + 2];
    at += 2;
    for (int field = 3; field < 22 && at != std::string::npos; ++field) at = text.find(' ', at + 1);
    if (at == std::string::npos) return std::nullopt;
    stat.startTime = std::strtoull(text.c_str() + at, nullptr, 10);
    return stat;
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::string lockText(const std::string& socket) {
  const auto self = processStat(::getpid());
  const nlohmann::ordered_json json = {
      {"pid", ::getpid()}, {"boot_id", bootId()}, {"socket", socket}, {"start_time", self ? self->startTime : 0}};
  std::string text = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  if (text.size() < kLockBytes) text.resize(kLockBytes, ' ');
  return text;
}

std::string heldMessage(const std::filesystem::path& file, const LockWords& words) {
  const auto holder = readLock(file);
  return words.held + " by " + (holder ? "process " + std::to_string(holder->pid) : std::string("another process")) +
         "; " + words.mend;
}

}  // namespace

std::optional<LockInfo> readLock(const std::filesystem::path& file) {
  try {
    const auto json = nlohmann::json::parse(readTextFile(file, 4 * kLockBytes), nullptr, false);
    if (!json.is_object()) return std::nullopt;
    LockInfo info;
    info.pid = json.value("pid", 0);
    info.bootId = json.value("boot_id", std::string());
    info.socket = json.value("socket", std::string());
    info.startTime = json.value("start_time", std::uint64_t{0});
    if (info.pid <= 0) return std::nullopt;
    return info;
  } catch (const Error&) {
    return std::nullopt;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

bool isAlive(const LockInfo& holder) {
  if (holder.pid <= 0 || holder.bootId != bootId()) return false;
  const auto stat = processStat(holder.pid);
  return stat && stat->startTime == holder.startTime && stat->state != 'Z' && stat->state != 'X';
}

ProcessLock::ProcessLock(std::filesystem::path file, const std::string& socket, const LockWords& words) {
  file_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (file_ < 0) {
    throw Error(ErrorKind::Data, "can't open the lock '" + file.string() + "': " + errnoMessage(errno));
  }
  const int result = uninterrupted([&] { return ::flock(file_, LOCK_EX | LOCK_NB); });
  const int code = errno;
  const std::string text = lockText(socket);
  if (result == 0 && uninterrupted([&] {
                       return ::pwrite(file_, text.data(), text.size(), 0);
                     }) == static_cast<ssize_t>(text.size()) &&
      uninterrupted([&] { return ::ftruncate(file_, static_cast<off_t>(text.size())); }) == 0) {
    return;
  }
  const int write_code = errno;
  ::close(file_);
  if (result != 0 && code == EWOULDBLOCK) throw Error(ErrorKind::Config, heldMessage(file, words));
  throw Error(ErrorKind::Data,
              "can't take the lock '" + file.string() + "': " + errnoMessage(result != 0 ? code : write_code));
}

ProcessLock::ProcessLock(ProcessLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

ProcessLock::~ProcessLock() {
  if (file_ < 0) return;
  // The file stays: unlinking it would let two holders lock two files of the same name.
  if (::ftruncate(file_, 0) != 0) { /* a dead pid in the file is as good as none */
  }
  ::close(file_);
}

}  // namespace slab
