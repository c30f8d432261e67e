#include "core/device/device.h"

#include <ATen/ATen.h>
#include <ATen/Version.h>
#include <dlfcn.h>
#include <sched.h>
#include <torch/version.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <thread>

#include "core/base/error.h"
#include "core/device/cuda_module.h"

namespace slab::device {
namespace {

c10::Device requireGpu(int index) {
  if (!at::hasCUDA() || cudaModule().services == nullptr) {
    const auto& reason = cudaModule().reason;
    throw Error(ErrorKind::Device, "no GPU can be used (" + (reason.empty() ? "LibTorch sees none" : reason) +
                                       "); set device to cpu or auto");
  }
  const int count = static_cast<int>(at::globalContext().getAcceleratorHooksInterface(at::kCUDA).deviceCount());
  if (index >= count) {
    throw Error(ErrorKind::Device, "device is cuda:" + std::to_string(index) + " but this machine has " +
                                       std::to_string(count) + " GPUs; the first is cuda:0");
  }
  return {c10::kCUDA, static_cast<c10::DeviceIndex>(index)};
}

/// The value of a "key : value" line of /proc files, without leading blanks; "" where absent.
std::string procField(const char* file, const std::string& key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.compare(0, key.size(), key) != 0) continue;
    const auto colon = line.find(':');
    if (colon == std::string::npos) continue;
    const auto first = line.find_first_not_of(" \t", colon + 1);
    return first == std::string::npos ? "" : line.substr(first);
  }
  return "";
}

std::string oneDnnVersion() {
  const std::string text = at::get_mkldnn_version();  // "Intel(R) MKL-DNN v3.10.2 (Git Hash ...)"
  const auto start = text.find(" v");
  if (start == std::string::npos) return "";
  return text.substr(start + 2, text.find(' ', start + 2) - start - 2);
}

}  // namespace

c10::Device parseDevice(const std::string& text) {
  if (text == "cpu") return c10::Device(c10::kCPU);
  if (text == "auto") {
    const bool usable = cudaModule().services != nullptr && at::hasCUDA() &&
                        at::globalContext().getAcceleratorHooksInterface(at::kCUDA).deviceCount() > 0;
    return usable ? c10::Device(c10::kCUDA, 0) : c10::Device(c10::kCPU);
  }
  if (text == "cuda") return requireGpu(0);
  if (text.rfind("cuda:", 0) == 0) {
    int index = -1;
    const auto* end = text.data() + text.size();
    const auto result = std::from_chars(text.data() + 5, end, index);
    if (result.ec == std::errc() && result.ptr == end && index >= 0) return requireGpu(index);
  }
  throw Error(ErrorKind::Config, "device is \"" + text + "\"; write auto, cpu, cuda or cuda:N");
}

int availableProcessors() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  if (sched_getaffinity(0, sizeof mask, &mask) == 0) return std::max(1, CPU_COUNT(&mask));
  return std::max(1U, std::thread::hardware_concurrency());
}

int setThreads(int threads) {
  at::set_num_threads(threads > 0 ? threads : availableProcessors());
  return at::get_num_threads();
}

int threads() {
  return at::get_num_threads();
}

void stayOnThisThread() {
  // at::set_num_threads would set it for threads to come as well. The project's files are compiled without OpenMP, and
  // LibTorch brings the runtime.
  at::get_num_threads();  // gives the thread its number, so that nothing does so later
  const auto set = reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "omp_set_num_threads"));
  if (set != nullptr) set(1);
}

void seedAll(std::uint64_t seed) {
  at::manual_seed(seed);
}

std::int64_t peakMemoryBytes(c10::Device device) {
  if (device.is_cuda()) {
    auto* services = cudaModule().services;
    return services != nullptr ? services->peakMemoryBytes(std::max<int>(0, device.index())) : 0;
  }
  std::int64_t kibibytes = 0;
  std::istringstream(procField("/proc/self/status", "VmHWM")) >> kibibytes;
  return kibibytes * 1024;
}

void resetPeakMemory(c10::Device device) {
  if (device.is_cuda()) {
    if (auto* services = cudaModule().services) services->resetPeakMemory(std::max<int>(0, device.index()));
    return;
  }
  // "5" resets VmHWM to the present resident set (proc(5), clear_refs); refused in some containers.
  std::ofstream("/proc/self/clear_refs") << "5";
}

MachineCard machineCard() {
  MachineCard card;
  card.processor = procField("/proc/cpuinfo", "model name");
  if (card.processor.empty()) card.processor = "unknown processor";
  card.processors = availableProcessors();
  card.threads = threads();
  card.instructions = at::get_cpu_capability();
  card.torch = TORCH_VERSION;
  card.oneDnn = oneDnnVersion();
  if (auto* services = cudaModule().services) card.gpu = services->deviceName(0);
  return card;
}

std::string describe(const MachineCard& card) {
  std::string text = card.processor + ", " + std::to_string(card.threads) + " of " + std::to_string(card.processors) +
                     " threads, " + card.instructions + ", torch " + card.torch;
  if (!card.oneDnn.empty()) text += ", oneDNN " + card.oneDnn;
  if (!card.gpu.empty()) text += ", " + card.gpu;
  return text;
}

}  // namespace slab::device
