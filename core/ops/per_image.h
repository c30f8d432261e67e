// Work that a batch's images need one by one: too small for its operators to share out among threads.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <functional>

namespace slab::ops {

/// Calls each(i) for every i in [0, count), without gradients and out of autocast. On the host, where there are at
/// least as many images as LibTorch has threads, the threads share out the images, and an operator within runs on one;
/// else one image follows another, each operator on all threads. The results are the same: `each` gives place i its
/// value and changes nothing else. The first exception is rethrown when all threads are done.
void perImage(std::int64_t count, c10::Device device, const std::function<void(std::int64_t)>& each);

}  // namespace slab::ops
