#include "core/train/ranks.h"

#include <torch/torch.h>

#include <chrono>
#include <cstdlib>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <utility>

#include "core/base/error.h"
#include "core/formats/sha256.h"

namespace slab::train {
namespace {

using c10d::ProcessGroupGloo;

constexpr std::chrono::minutes kMeeting{5};
// A training may be paused, or evaluate, for as long as it likes: a process that ends is noticed by its connection.
constexpr std::chrono::hours kExchange{24 * 365};
// Tells these messages from those of c10d's collectives.
constexpr int kCollectTag = 1;

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

c10::intrusive_ptr<ProcessGroupGloo> meet(const RankEnvironment& environment) {
  const auto options = ProcessGroupGloo::Options::create(kMeeting);
  options->devices.push_back(network(environment));
  auto gloo =
      c10::make_intrusive<ProcessGroupGloo>(meetingPoint(environment), environment.rank, environment.size, options);
  gloo->setTimeout(kExchange);
  return gloo;
}

std::string nameOf(int rank, int size) {
  return "process " + std::to_string(rank) + " of " + std::to_string(size);
}

/// 64 bits of the SHA-256 of a tensor's values.
std::int64_t fingerprint(const at::Tensor& tensor) {
  const at::Tensor plain = tensor.cpu().contiguous();
  const std::string hex = sha256Hex({static_cast<const std::byte*>(plain.const_data_ptr()), plain.nbytes()});
  return static_cast<std::int64_t>(std::stoull(hex.substr(0, 16), nullptr, 16));
}

}  // namespace

class Ranks::Group {
 public:
  explicit Group(const RankEnvironment& environment) : size_(environment.size), rank_(environment.rank) {
    try {
      gloo_ = meet(environment);
    } catch (const std::exception& error) {
      throw Error(ErrorKind::Device, nameOf(rank_, size_) + " did not meet the others at " + environment.address + ":" +
                                         std::to_string(environment.port) + ": " + firstLine(error));
    }
  }

  /// Waits for what `begin` starts on the group.
  template <typename Begin>
  void exchange(Begin&& begin) {
    const at::NoGradGuard noGrad;
    try {
      begin(*gloo_)->wait();
    } catch (const std::exception& error) {
      throw Error(ErrorKind::Device, nameOf(rank_, size_) + " lost another process of the training (" +
                                         firstLine(error) + "); resume the run from its last checkpoint");
    }
  }

  [[nodiscard]] int rank() const { return rank_; }
  [[nodiscard]] int size() const { return size_; }

 private:
  // What follows it in LibTorch's errors is a stack trace.
  static std::string firstLine(const std::exception& error) {
    const auto* torch = dynamic_cast<const c10::Error*>(&error);
    const std::string text = torch != nullptr ? torch->what_without_backtrace() : error.what();
    return text.substr(0, text.find('\n'));
  }

  int size_, rank_;
  c10::intrusive_ptr<ProcessGroupGloo> gloo_;
};

std::unique_ptr<Ranks> Ranks::join(const RankEnvironment& environment) {
  if (!environment.isDistributed()) return nullptr;
  return std::unique_ptr<Ranks>(new Ranks(std::make_unique<Group>(environment)));
}

Ranks::Ranks(std::unique_ptr<Group> group) : group_(std::move(group)) {}
Ranks::~Ranks() = default;

int Ranks::rank() const {
  return group_->rank();
}
int Ranks::size() const {
  return group_->size();
}

void Ranks::broadcast(const std::vector<at::Tensor>& tensors) {
  const at::NoGradGuard noGrad;
  for (const at::Tensor& tensor : tensors) {
    std::vector<at::Tensor> host{tensor.detach().cpu().contiguous()};
    group_->exchange([&](ProcessGroupGloo& gloo) { return gloo.broadcast(host); });
    if (!isFirst() && host[0].data_ptr() != tensor.data_ptr()) tensor.copy_(host[0]);
  }
}

std::string Ranks::broadcast(const std::string& text) {
  const at::Tensor length = at::full({1}, static_cast<std::int64_t>(text.size()), at::kLong);
  broadcast({length});
  std::string received = text;
  received.resize(static_cast<std::size_t>(length.item<std::int64_t>()));
  if (received.empty()) return received;
  broadcast({at::from_blob(received.data(), {length.item<std::int64_t>()}, at::kByte)});
  return received;
}

void Ranks::sum(const at::Tensor& values) {
  const at::NoGradGuard noGrad;
  std::vector<at::Tensor> host{values.cpu().contiguous()};
  group_->exchange([&](ProcessGroupGloo& gloo) { return gloo.allreduce(host); });
  if (!host[0].is_same(values)) values.copy_(host[0]);
}

at::Tensor Ranks::gather(const at::Tensor& values) {
  const at::NoGradGuard noGrad;
  std::vector<at::Tensor> own{values.cpu().contiguous()};
  std::vector<std::vector<at::Tensor>> all(1);
  for (int i = 0; i < size(); ++i) all[0].push_back(at::empty_like(own[0]));
  group_->exchange([&](ProcessGroupGloo& gloo) { return gloo.allgather(all, own); });
  return at::stack(all[0]).to(values.device());
}

std::vector<std::string> Ranks::collect(std::string bytes) {
  const at::Tensor lengths = gather(at::scalar_tensor(static_cast<std::int64_t>(bytes.size()), at::kLong));
  const auto view = [](std::string& text) {
    return std::vector<at::Tensor>{at::from_blob(text.data(), {static_cast<std::int64_t>(text.size())}, at::kByte)};
  };
  if (!isFirst()) {
    auto own = view(bytes);
    if (!bytes.empty()) group_->exchange([&](ProcessGroupGloo& gloo) { return gloo.send(own, 0, kCollectTag); });
    return {};
  }
  std::vector<std::string> all(static_cast<std::size_t>(size()));
  all[0] = std::move(bytes);
  for (int rank = 1; rank < size(); ++rank) {
    std::string& theirs = all[static_cast<std::size_t>(rank)];
    theirs.resize(static_cast<std::size_t>(lengths[rank].item<std::int64_t>()));
    auto target = view(theirs);
    if (!theirs.empty()) group_->exchange([&](ProcessGroupGloo& gloo) { return gloo.recv(target, rank, kCollectTag); });
  }
  return all;
}

void average(Ranks& ranks, const std::vector<at::Tensor>& tensors) {
  constexpr std::int64_t kBucketBytes = 25'000'000;
  const at::NoGradGuard noGrad;
  for (std::size_t first = 0; first < tensors.size();) {
    std::vector<at::Tensor> parts;
    std::int64_t bytes = 0;
    std::size_t next = first;
    for (; next < tensors.size() && tensors[next].scalar_type() == tensors[first].scalar_type(); ++next) {
      if (next > first && bytes + static_cast<std::int64_t>(tensors[next].nbytes()) > kBucketBytes) break;
      bytes += static_cast<std::int64_t>(tensors[next].nbytes());
      parts.push_back(tensors[next].reshape({-1}));
    }
    const at::Tensor bucket = at::cat(parts);
    ranks.sum(bucket);
    bucket.div_(ranks.size());
    std::int64_t offset = 0;
    for (; first < next; ++first) {
      const at::Tensor& tensor = tensors[first];
      tensor.copy_(bucket.narrow(0, offset, tensor.numel()).view(tensor.sizes()));
      offset += tensor.numel();
    }
  }
}

void requireSameBits(Ranks& ranks, const NamedTensors& tensors, const std::string& what) {
  const at::NoGradGuard noGrad;
  const at::Tensor own = at::empty({static_cast<std::int64_t>(tensors.size())}, at::kLong);
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    own.data_ptr<std::int64_t>()[i] = fingerprint(tensors[i].second);
  }
  const at::Tensor all = ranks.gather(own);
  for (int rank = 1; rank < ranks.size(); ++rank) {
    const at::Tensor differing = all[rank].ne(all[0]).nonzero();
    if (differing.size(0) == 0) continue;
    const auto first = static_cast<std::size_t>(differing[0].item<std::int64_t>());
    throw Error(ErrorKind::Internal, nameOf(rank, ranks.size()) + " holds other bits in " + tensors[first].first +
                                         " of " + what +
                                         " than process 0; resume the run from its last checkpoint, and have memory "
                                         "and processors checked if it happens again");
  }
}

}  // namespace slab::train
