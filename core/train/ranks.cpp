#include "core/train/ranks.h"

#include <torch/torch.h>

#include <utility>

#include "core/base/error.h"
#include "core/formats/sha256.h"
#include "core/train/rank_group.h"

namespace slab::train {
namespace {

/// 64 bits of the SHA-256 of a tensor's values.
std::int64_t fingerprint(const at::Tensor& tensor) {
  const at::Tensor plain = tensor.cpu().contiguous();
  const std::string hex = sha256Hex({static_cast<const std::byte*>(plain.const_data_ptr()), plain.nbytes()});
  return static_cast<std::int64_t>(std::stoull(hex.substr(0, 16), nullptr, 16));
}

}  // namespace

std::unique_ptr<Ranks> Ranks::join(const RankEnvironment& environment) {
  if (!environment.isDistributed()) return nullptr;
  return std::unique_ptr<Ranks>(new Ranks(std::make_unique<RankGroup>(environment)));
}

Ranks::Ranks(std::unique_ptr<RankGroup> group) : group_(std::move(group)) {}
Ranks::~Ranks() = default;

int Ranks::rank() const {
  return group_->rank();
}
int Ranks::size() const {
  return group_->size();
}

bool Ranks::useGpu(c10::Device device) {
  return group_->useGpu(device);
}

void Ranks::broadcast(const std::vector<at::Tensor>& tensors) {
  const at::NoGradGuard noGrad;
  for (const at::Tensor& tensor : tensors) {
    const at::Tensor sent = group_->packed(tensor);
    group_->broadcast(sent);
    if (!isFirst() && sent.data_ptr() != tensor.data_ptr()) tensor.copy_(sent);
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
  const at::Tensor sent = group_->packed(values);
  group_->sum(sent);
  if (sent.data_ptr() != values.data_ptr()) values.copy_(sent);
}

at::Tensor Ranks::gather(const at::Tensor& values) {
  const at::NoGradGuard noGrad;
  return group_->gather(group_->packed(values)).to(values.device());
}

std::vector<std::string> Ranks::collect(std::string bytes) {
  const at::Tensor lengths = gather(at::scalar_tensor(static_cast<std::int64_t>(bytes.size()), at::kLong));
  const auto tensorOf = [](std::string& text) {
    return at::from_blob(text.data(), {static_cast<std::int64_t>(text.size())}, at::kByte);
  };
  if (!isFirst()) {
    if (!bytes.empty()) group_->send(tensorOf(bytes), 0);
    return {};
  }
  std::vector<std::string> all(static_cast<std::size_t>(size()));
  all[0] = std::move(bytes);
  for (int rank = 1; rank < size(); ++rank) {
    std::string& theirs = all[static_cast<std::size_t>(rank)];
    theirs.resize(static_cast<std::size_t>(lengths[rank].item<std::int64_t>()));
    if (!theirs.empty()) group_->receive(tensorOf(theirs), rank);
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
    throw Error(ErrorKind::Internal, nameOfRank(rank, ranks.size()) + " holds other bits in " + tensors[first].first +
                                         " of " + what +
                                         " than process 0; resume the run from its last checkpoint, and have memory "
                                         "and processors checked if it happens again");
  }
}

}  // namespace slab::train
