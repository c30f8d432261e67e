#include "core/train/rank_group.h"

#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string_view>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/device/cuda_module.h"

namespace slab::train {
namespace {

using c10d::ProcessGroupGloo;

constexpr std::chrono::minutes kMeeting{5};
// A training may be paused, or evaluate, for as long as it likes: a process that ends is noticed by its connection.
constexpr std::chrono::hours kExchange{24 * 365};
// Tells these messages from those of c10d's collectives.
constexpr int kBytesTag = 1;

c10::intrusive_ptr<c10d::Store> meetingPoint(const RankEnvironment& environment) {
  c10d::TCPStoreOptions options;
  options.port = static_cast<std::uint16_t>(environment.port);
  options.isServer = environment.isFirst() && !environment.launcherAnswers;
  options.waitWorkers = false;
  options.timeout = kMeeting;
  if (options.isServer && environment.masterSocket >= 0) options.masterListenFd = environment.masterSocket;
  const auto store = c10::make_intrusive<c10d::TCPStore>(environment.address, options);
  return c10::make_intrusive<c10d::PrefixStore>("slab/" + std::to_string(environment.attempt), store);
}

std::shared_ptr<gloo::transport::Device> network(const RankEnvironment& environment) {
  // The variable that PyTorch's own programs are told the network's interface by.
  const char* interface = std::getenv("GLOO_SOCKET_IFNAME");
  if (interface != nullptr && *interface != '\0') return ProcessGroupGloo::createDeviceForInterface(interface);
  return environment.isLocal() ? ProcessGroupGloo::createDeviceForHostname("127.0.0.1")
                               : ProcessGroupGloo::createDefaultDevice();
}

c10::intrusive_ptr<ProcessGroupGloo> meet(const RankEnvironment& environment,
                                          const c10::intrusive_ptr<c10d::Store>& store) {
  const auto options = ProcessGroupGloo::Options::create(kMeeting);
  options->devices.push_back(network(environment));
  auto gloo = c10::make_intrusive<ProcessGroupGloo>(store, environment.rank, environment.size, options);
  gloo->setTimeout(kExchange);
  return gloo;
}

// What follows it in LibTorch's errors is a stack trace.
std::string firstLine(const std::exception& error) {
  const auto* torch = dynamic_cast<const c10::Error*>(&error);
  const std::string text = torch != nullptr ? torch->what_without_backtrace() : error.what();
  return text.substr(0, text.find('\n'));
}

/// Whether NCCL may be used here, and which GPU this is.
at::Tensor cardOf(c10::Device device) {
  const at::Tensor card = at::zeros({3}, at::kLong);
  const device::CudaModule& module = device::cudaModule();
  const char* wanted = std::getenv("SLAB_EXCHANGE");
  const bool isHost = wanted != nullptr && std::string_view(wanted) == "host";
  if (!device.is_cuda() || module.makeExchange == nullptr || isHost) return card;
  const auto id = module.services->deviceId(std::max<int>(0, device.index()));
  card[0] = 1;
  card[1] = id[0];
  card[2] = id[1];
  return card;
}

/// Every process may, and no two have the same GPU, which NCCL refuses.
bool areApart(const at::Tensor& cards) {
  for (std::int64_t i = 0; i < cards.size(0); ++i) {
    if (cards[i][0].item<std::int64_t>() == 0) return false;
    for (std::int64_t j = 0; j < i; ++j) {
      if (cards[i].equal(cards[j])) return false;
    }
  }
  return true;
}

}  // namespace

std::string nameOfRank(int rank, int size) {
  return "process " + std::to_string(rank) + " of " + std::to_string(size);
}

RankGroup::RankGroup(const RankEnvironment& environment) : size_(environment.size), rank_(environment.rank) {
  try {
    store_ = meetingPoint(environment);
    gloo_ = meet(environment, store_);
  } catch (const std::exception& error) {
    throw Error(ErrorKind::Device, nameOfRank(rank_, size_) + " did not meet the others at " + environment.address +
                                       ":" + std::to_string(environment.port) + ": " + firstLine(error));
  }
}

template <typename Work>
void RankGroup::watched(Work&& work) {
  try {
    work();
  } catch (const std::exception& error) {
    throw Error(ErrorKind::Device, nameOfRank(rank_, size_) + " lost another process of the training (" +
                                       firstLine(error) + "); resume the run from its last checkpoint");
  }
}

bool RankGroup::useGpu(c10::Device device) {
  if (!areApart(gather(cardOf(device)))) return false;
  const auto store = c10::make_intrusive<c10d::PrefixStore>("nccl", store_);
  watched([&] { gpus_.reset(device::cudaModule().makeExchange(store.get(), rank_, size_)); });
  return true;
}

at::Tensor RankGroup::packed(const at::Tensor& values) const {
  const at::Tensor plain = values.detach();
  return (plain.is_cuda() && gpus_ != nullptr ? plain : plain.cpu()).contiguous();
}

void RankGroup::broadcast(const at::Tensor& values) {
  if (values.is_cuda()) return watched([&] { gpus_->broadcast(values); });
  std::vector<at::Tensor> host{values};
  watched([&] { gloo_->broadcast(host)->wait(); });
}

void RankGroup::sum(const at::Tensor& values) {
  if (values.is_cuda()) return watched([&] { gpus_->sum(values); });
  std::vector<at::Tensor> host{values};
  watched([&] { gloo_->allreduce(host)->wait(); });
}

at::Tensor RankGroup::gather(const at::Tensor& values) {
  at::Tensor gathered;
  if (values.is_cuda()) {
    watched([&] { gathered = gpus_->gather(values); });
    return gathered;
  }
  std::vector<at::Tensor> own{values};
  std::vector<std::vector<at::Tensor>> all(1);
  for (int i = 0; i < size_; ++i) all[0].push_back(at::empty_like(values));
  watched([&] { gloo_->allgather(all, own)->wait(); });
  return at::stack(all[0]);
}

void RankGroup::send(const at::Tensor& bytes, int to) {
  std::vector<at::Tensor> own{bytes};
  watched([&] { gloo_->send(own, to, kBytesTag)->wait(); });
}

void RankGroup::receive(const at::Tensor& bytes, int from) {
  std::vector<at::Tensor> own{bytes};
  watched([&] { gloo_->recv(own, from, kBytesTag)->wait(); });
}

}  // namespace slab::train
