// Stands for slab-decode after an image has taken it over: the file's text says what to do.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/formats/image_fault.h"
#include "core/sandbox/decode_service.h"

namespace {

using slab::ImageError;
using slab::ImageFault;

[[noreturn]] void report(const std::string& call, long result) {
  const std::string outcome = result < 0 ? slab::errnoMessage(errno) : "done";
  throw ImageError("image", ImageFault::Damaged, call + ": " + outcome);
}

void loop() {
  volatile bool forever = true;
  while (forever) continue;
}

void fillMemory() {
  std::vector<std::vector<char>> blocks;
  for (;;) blocks.emplace_back(16 << 20, 'x');
}

const std::map<std::string, std::function<void()>>& deeds() {
  static const std::map<std::string, std::function<void()>> kDeeds{
      {"segfault", [] { ::raise(SIGSEGV); }},
      {"abort", [] { std::abort(); }},
      {"wild write", [] { *reinterpret_cast<volatile int*>(8) = 1; }},
      {"exit", [] { ::_exit(0); }},
      {"loop", loop},
      {"memory", fillMemory},
      {"nonsense", [] { report("write", ::write(3, std::string(64, '\x7F').data(), 64)); }},
      {"open", [] { report("open", ::open("/etc/passwd", O_RDONLY)); }},
      {"create", [] { report("create", ::open("/tmp/slab-hostile", O_WRONLY | O_CREAT, 0600)); }},
      {"socket", [] { report("socket", ::socket(AF_INET, SOCK_STREAM, 0)); }},
      {"unlink", [] { report("unlink", ::unlink("/tmp/slab-hostile")); }},
      {"exec", [] { report("exec", ::execl("/bin/true", "true", nullptr)); }},
      {"fork", [] { report("fork", ::fork()); }},
      {"kill", [] { report("kill", ::kill(::getppid(), SIGTERM)); }},
      {"signal another", [] { report("tgkill", ::syscall(SYS_tgkill, 1, 1, SIGTERM)); }},
      {"executable memory",
       [] {
         void* page = ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
         report("mmap", page == MAP_FAILED ? -1 : 0);
       }},
  };
  return kDeeds;
}

slab::Image obey(std::span<const std::byte> file, const std::string&) {
  const std::string wish(reinterpret_cast<const char*>(file.data()), file.size());
  if (const auto deed = deeds().find(wish); deed != deeds().end()) deed->second();
  throw ImageError("image", ImageFault::NotAnImage, "survived '" + wish + "'");
}

}  // namespace

int main(int argc, char** argv) {
  return argc == 3 ? slab::sandbox::serveDecodes(std::atoi(argv[1]), std::strtoull(argv[2], nullptr, 10), obey) : 2;
}
