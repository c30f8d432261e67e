#include "core/base/rank_environment.h"

#include <charconv>
#include <cstdlib>
#include <limits>
#include <string_view>

#include "core/base/error.h"

namespace slab {
namespace {

constexpr int kLargestPort = 65535;

std::string valueOf(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

[[noreturn]] void refuse(const char* name, const std::string& problem) {
  throw Error(ErrorKind::Config, std::string("the environment variable ") + name + " " + problem +
                                     "; start distributed trainings with slab launch or torchrun --no-python");
}

int numberOf(const char* name, int smallest, int largest) {
  const std::string text = valueOf(name);
  if (text.empty()) refuse(name, "is not set although WORLD_SIZE is");
  int number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end != text.data() + text.size() || number < smallest || number > largest) {
    refuse(name, "is \"" + text + "\", which is no number from " + std::to_string(smallest) + " to " +
                     std::to_string(largest));
  }
  return number;
}

int numberOr(const char* name, int fallback) {
  return valueOf(name).empty() ? fallback : numberOf(name, 0, std::numeric_limits<int>::max());
}

}  // namespace

RankEnvironment RankEnvironment::read() {
  constexpr int kAny = std::numeric_limits<int>::max();
  RankEnvironment environment;
  if (valueOf("WORLD_SIZE").empty()) return environment;
  environment.size = numberOf("WORLD_SIZE", 1, kAny);
  if (!environment.isDistributed()) return environment;
  environment.rank = numberOf("RANK", 0, environment.size - 1);
  environment.localSize = numberOf("LOCAL_WORLD_SIZE", 1, environment.size);
  environment.localRank = numberOf("LOCAL_RANK", 0, environment.localSize - 1);
  environment.address = valueOf("MASTER_ADDR");
  if (environment.address.empty()) refuse("MASTER_ADDR", "is not set although WORLD_SIZE is");
  environment.port = numberOf("MASTER_PORT", 1, kLargestPort);
  environment.launcherAnswers = valueOf("TORCHELASTIC_USE_AGENT_STORE") == "True";
  environment.attempt = numberOr("TORCHELASTIC_RESTART_COUNT", 0);
  environment.masterSocket = numberOr("SLAB_MASTER_FD", -1);
  return environment;
}

}  // namespace slab
