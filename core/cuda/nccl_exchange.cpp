// NCCL, through LibTorch's process group; `slabCudaExchange` is what the program looks up after dlopen.
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#include <vector>

#include "core/device/cuda_module.h"
#include "core/device/exchange.h"

namespace slab::cuda {
namespace {

class NcclExchange final : public device::Exchange {
 public:
  NcclExchange(const c10::intrusive_ptr<c10d::Store>& store, int rank, int size)
      : size_(size), group_(c10::make_intrusive<c10d::ProcessGroupNCCL>(store, rank, size)) {}
  // What is still queued may wait for a process that is gone. Results that matter have been read by now.
  ~NcclExchange() override { group_->abort(); }
  NcclExchange(const NcclExchange&) = delete;
  NcclExchange& operator=(const NcclExchange&) = delete;

  void broadcast(const at::Tensor& values) override {
    std::vector<at::Tensor> own{values};
    group_->broadcast(own)->wait();
  }

  void sum(const at::Tensor& values) override {
    std::vector<at::Tensor> own{values};
    group_->allreduce(own)->wait();
  }

  at::Tensor gather(const at::Tensor& values) override {
    std::vector<std::int64_t> shape = values.sizes().vec();
    shape.insert(shape.begin(), size_);
    at::Tensor all = at::empty(shape, values.options()), own = values;
    group_->_allgather_base(all, own)->wait();
    return all;
  }

 private:
  std::int64_t size_;
  c10::intrusive_ptr<c10d::ProcessGroupNCCL> group_;
};

}  // namespace
}  // namespace slab::cuda

extern "C" __attribute__((visibility("default"))) slab::device::Exchange* slabCudaExchange(c10d::Store* store, int rank,
                                                                                           int size) {
  return new slab::cuda::NcclExchange(c10::intrusive_ptr<c10d::Store>::reclaim_copy(store), rank, size);
}
