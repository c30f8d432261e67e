// The device services of the CUDA module; `slabCudaServices` is what the program looks up after dlopen.
#include <ATen/cuda/CUDAContext.h>
#include <ATen/cuda/CUDAEvent.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <cstring>

#include "core/device/cuda_module.h"

namespace slab::cuda {
namespace {

c10::DeviceIndex deviceIndex(int index) {
  return static_cast<c10::DeviceIndex>(index);
}

class TimedEvent final : public device::CudaServices::Event {
 public:
  explicit TimedEvent(int index) : index_(deviceIndex(index)), event_(cudaEventDefault) {}

  void record() override { event_.record(c10::cuda::getCurrentCUDAStream(index_)); }

  double elapsedMs(Event& later) override {
    auto& end = dynamic_cast<TimedEvent&>(later);
    event_.synchronize();
    end.event_.synchronize();
    return event_.elapsed_time(end.event_);
  }

 private:
  c10::DeviceIndex index_;
  at::cuda::CUDAEvent event_;
};

class CapturedGraph final : public device::CudaServices::Graph {
 public:
  CapturedGraph(int index, const std::function<void()>& work) {
    const c10::cuda::CUDAGuard device(deviceIndex(index));
    const auto side = c10::cuda::getStreamFromPool(/*isHighPriority=*/false, deviceIndex(index));
    c10::cuda::getCurrentCUDAStream(deviceIndex(index)).synchronize();
    const c10::cuda::CUDAStreamGuard stream(side);
    graph_.capture_begin();
    work();
    graph_.capture_end();
  }

  void replay() override { graph_.replay(); }

 private:
  at::cuda::CUDAGraph graph_;
};

class Services final : public device::CudaServices {
 public:
  void synchronize(int index) override { c10::cuda::getCurrentCUDAStream(deviceIndex(index)).synchronize(); }

  void* currentStream(int index) override { return c10::cuda::getCurrentCUDAStream(deviceIndex(index)).stream(); }

  std::unique_ptr<Event> makeEvent(int index) override { return std::make_unique<TimedEvent>(index); }

  std::unique_ptr<Graph> capture(int index, const std::function<void()>& work) override {
    return std::make_unique<CapturedGraph>(index, work);
  }

  std::int64_t peakMemoryBytes(int index) override {
    constexpr auto kAggregate = static_cast<std::size_t>(c10::CachingAllocator::StatType::AGGREGATE);
    return c10::cuda::CUDACachingAllocator::getDeviceStats(deviceIndex(index)).allocated_bytes[kAggregate].peak;
  }

  void resetPeakMemory(int index) override { c10::cuda::CUDACachingAllocator::resetPeakStats(deviceIndex(index)); }

  std::string deviceName(int index) override { return at::cuda::getDeviceProperties(deviceIndex(index))->name; }

  std::array<std::int64_t, 2> deviceId(int index) override {
    std::array<std::int64_t, 2> id{};
    const auto& uuid = at::cuda::getDeviceProperties(deviceIndex(index))->uuid;
    static_assert(sizeof uuid == sizeof id);
    std::memcpy(id.data(), &uuid, sizeof id);
    return id;
  }
};

}  // namespace
}  // namespace slab::cuda

extern "C" __attribute__((visibility("default"))) slab::device::CudaServices* slabCudaServices() {
  static slab::cuda::Services services;
  return &services;
}
