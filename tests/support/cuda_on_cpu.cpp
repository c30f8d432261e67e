#include "tests/support/cuda_on_cpu.h"

#include <algorithm>
#include <boost/context/fiber.hpp>
#include <boost/context/fixedsize_stack.hpp>
#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <stdexcept>
#include <unordered_map>
#include <vector>

#if defined(SLAB_ADDRESS_SANITIZER)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

dim3 threadIdx, blockIdx, blockDim, gridDim;

namespace slab::cuda_on_cpu {
namespace {

namespace context = boost::context;

constexpr unsigned kWarp = 32;
constexpr std::size_t kStackBytes = 256 * 1024;
constexpr std::uintptr_t kSector = 32;

enum class State { Ready, AtBlockBarrier, AtShuffle, Done };

/// A thread of the block.
struct Thread {
  context::fiber fiber;      ///< the thread while it waits
  context::fiber scheduler;  ///< the scheduler while the thread runs
  State state = State::Ready;
  unsigned index = 0;
  double sent = 0.0;  ///< offered to the shuffle
  double received = 0.0;
  int laneMask = 0;
  std::unordered_map<const void*, std::uint32_t> visits;  ///< how often it was at each access
  void* fakeStack = nullptr;                              ///< AddressSanitizer's
  const void* stackBottom = nullptr;
  std::size_t stackSize = 0;
};

/// One warp access: the bytes of all lanes that came to the same instruction for the same time.
struct Access {
  bool write = false;
  std::vector<std::pair<std::uintptr_t, std::uint32_t>> ranges;
};

using AccessKey = std::tuple<unsigned, const void*, std::uint32_t>;

/// The block that runs.
struct Block {
  std::vector<Thread> threads;
  std::unique_ptr<unsigned char[]> shared;
  std::map<AccessKey, Access> accesses;
  Thread* running = nullptr;
  bool count = false;
  void* schedulerFakeStack = nullptr;
  const void* schedulerBottom = nullptr;
  std::size_t schedulerSize = 0;
};

Block* current = nullptr;

void startSwitch([[maybe_unused]] void** save, [[maybe_unused]] const void* bottom, [[maybe_unused]] std::size_t size) {
#if defined(SLAB_ADDRESS_SANITIZER)
  __sanitizer_start_switch_fiber(save, bottom, size);
#endif
}

void finishSwitch([[maybe_unused]] void* saved, [[maybe_unused]] const void** bottom,
                  [[maybe_unused]] std::size_t* size) {
#if defined(SLAB_ADDRESS_SANITIZER)
  __sanitizer_finish_switch_fiber(saved, bottom, size);
#endif
}

/// Hands the processor to the scheduler until the thread is ready again.
void wait(State state) {
  Block& block = *current;
  Thread& thread = *block.running;
  thread.state = state;
  startSwitch(&thread.fakeStack, block.schedulerBottom, block.schedulerSize);
  thread.scheduler = std::move(thread.scheduler).resume();
  finishSwitch(thread.fakeStack, &block.schedulerBottom, &block.schedulerSize);
}

/// Stacks of finished threads, kept for the next block.
struct StackPool {
  ~StackPool() {
    for (context::stack_context& stack : idle) context::fixedsize_stack(kStackBytes).deallocate(stack);
  }
  std::vector<context::stack_context> idle;
};

StackPool stacks;

/// A stack of the pool, its place told to AddressSanitizer.
struct NotedStack {
  Thread* thread;
  context::stack_context allocate() {
    context::stack_context stack;
    if (stacks.idle.empty()) {
      stack = context::fixedsize_stack(kStackBytes).allocate();
    } else {
      stack = stacks.idle.back();
      stacks.idle.pop_back();
    }
    thread->stackBottom = static_cast<const char*>(stack.sp) - stack.size;
    thread->stackSize = stack.size;
    return stack;
  }
  void deallocate(context::stack_context& stack) {
#if defined(SLAB_ADDRESS_SANITIZER)
    __asan_unpoison_memory_region(static_cast<char*>(stack.sp) - stack.size, stack.size);
#endif
    stacks.idle.push_back(stack);
  }
};

void prepare(Thread& thread, const std::function<void()>& body) {
  thread.fiber = context::fiber(std::allocator_arg, NotedStack{&thread}, [&thread, &body](context::fiber&& scheduler) {
    Block& block = *current;
    finishSwitch(nullptr, &block.schedulerBottom, &block.schedulerSize);
    thread.scheduler = std::move(scheduler);
    body();
    thread.state = State::Done;
    startSwitch(nullptr, block.schedulerBottom, block.schedulerSize);
    return std::move(thread.scheduler);
  });
}

void place(unsigned index) {
  threadIdx = {index % blockDim.x, index / blockDim.x % blockDim.y, index / (blockDim.x * blockDim.y)};
}

void resume(Block& block, Thread& thread) {
  block.running = &thread;
  place(thread.index);
  startSwitch(&block.schedulerFakeStack, thread.stackBottom, thread.stackSize);
  thread.fiber = std::move(thread.fiber).resume();
  finishSwitch(block.schedulerFakeStack, nullptr, nullptr);
}

[[noreturn]] void diverged(const char* what) {
  throw std::runtime_error(std::string("divergent ") + what + " in block (" + std::to_string(blockIdx.x) + ", " +
                           std::to_string(blockIdx.y) + ", " + std::to_string(blockIdx.z) + ")");
}

/// Lanes of a warp that all wait at one shuffle exchange their values.
bool finishShuffle(Block& block, unsigned first) {
  const unsigned end = std::min<unsigned>(first + kWarp, static_cast<unsigned>(block.threads.size()));
  const Thread& lead = block.threads[first];
  for (unsigned i = first; i < end; ++i) {
    if (block.threads[i].state != State::AtShuffle) return false;
    if (block.threads[i].laneMask != lead.laneMask) diverged("shuffle");
  }
  for (unsigned i = first; i < end; ++i) {
    const unsigned source = first + ((i - first) ^ static_cast<unsigned>(lead.laneMask));
    block.threads[i].received = source < end ? block.threads[source].sent : block.threads[i].sent;
  }
  for (unsigned i = first; i < end; ++i) block.threads[i].state = State::Ready;
  return true;
}

/// All threads that wait at one barrier go on.
bool finishBarrier(Block& block) {
  for (const Thread& thread : block.threads) {
    if (thread.state != State::AtBlockBarrier) return false;
  }
  for (Thread& thread : block.threads) thread.state = State::Ready;
  return true;
}

bool isDone(const Block& block) {
  return std::all_of(block.threads.begin(), block.threads.end(),
                     [](const Thread& thread) { return thread.state == State::Done; });
}

void runThreads(Block& block, std::mt19937& order) {
  std::vector<unsigned> turns(block.threads.size());
  for (unsigned i = 0; i < turns.size(); ++i) turns[i] = i;
  while (!isDone(block)) {
    std::shuffle(turns.begin(), turns.end(), order);
    bool moved = false;
    for (const unsigned index : turns) {
      if (block.threads[index].state != State::Ready) continue;
      resume(block, block.threads[index]);
      moved = true;
    }
    for (unsigned first = 0; first < block.threads.size(); first += kWarp) moved = finishShuffle(block, first) || moved;
    moved = finishBarrier(block) || moved;
    if (!moved) diverged("barrier or shuffle");
  }
}

/// Distinct bytes and sectors of one warp access.
void account(Access& access, Traffic& traffic) {
  std::sort(access.ranges.begin(), access.ranges.end());
  std::int64_t bytes = 0, sectors = 0;
  std::uintptr_t counted = 0, lastSector = ~std::uintptr_t{0};
  for (const auto& [address, size] : access.ranges) {
    const std::uintptr_t end = address + size, start = std::max(address, counted);
    if (end > start) bytes += static_cast<std::int64_t>(end - start);
    counted = std::max(counted, end);
    for (std::uintptr_t sector = address / kSector; sector <= (end - 1) / kSector; ++sector) {
      if (lastSector != ~std::uintptr_t{0} && sector <= lastSector) continue;
      ++sectors;
      lastSector = sector;
    }
  }
  (access.write ? traffic.bytesWritten : traffic.bytesRead) += bytes;
  traffic.sectors += sectors;
  traffic.idealSectors += (bytes + static_cast<std::int64_t>(kSector) - 1) / static_cast<std::int64_t>(kSector);
}

void note(bool write, const void* address, std::size_t bytes, const void* site) {
  Block& block = *current;
  if (!block.count) return;
  Thread& thread = *block.running;
  const std::uint32_t visit = thread.visits[site]++;
  Access& access = block.accesses[{thread.index / kWarp, site, visit}];
  access.write = write;
  access.ranges.emplace_back(reinterpret_cast<std::uintptr_t>(address), static_cast<std::uint32_t>(bytes));
}

double exchange(double value, int laneMask) {
  Thread& thread = *current->running;
  thread.sent = value;
  thread.laneMask = laneMask;
  wait(State::AtShuffle);
  return thread.received;
}

/// Leaves no pointer to a block behind, whatever ends it.
struct CurrentBlock {
  explicit CurrentBlock(Block& block) { current = &block; }
  ~CurrentBlock() { current = nullptr; }
};

void runBlock(std::size_t sharedBytes, bool count, std::mt19937& order, const std::function<void()>& thread,
              Traffic& traffic) {
  Block block;
  block.count = count;
  block.shared.reset(new unsigned char[sharedBytes]);
  std::memset(block.shared.get(), 0xff, sharedBytes);
  block.threads = std::vector<Thread>(blockDim.x * blockDim.y * blockDim.z);
  const CurrentBlock scope(block);
  for (unsigned i = 0; i < block.threads.size(); ++i) {
    block.threads[i].index = i;
    prepare(block.threads[i], thread);
  }
  runThreads(block, order);
  for (auto& [key, access] : block.accesses) account(access, traffic);
}

}  // namespace

Traffic& Traffic::operator+=(const Traffic& other) {
  bytesRead += other.bytesRead;
  bytesWritten += other.bytesWritten;
  sectors += other.sectors;
  idealSectors += other.idealSectors;
  launches += other.launches;
  return *this;
}

Traffic runGrid(Dim3 grid, Dim3 block, std::size_t sharedBytes, unsigned seed, bool count,
                const std::function<void()>& thread) {
  Traffic traffic;
  traffic.launches = 1;
  std::mt19937 order(seed);
  gridDim = grid;
  blockDim = block;
  for (unsigned z = 0; z < grid.z; ++z) {
    for (unsigned y = 0; y < grid.y; ++y) {
      for (unsigned x = 0; x < grid.x; ++x) {
        blockIdx = {x, y, z};
        runBlock(sharedBytes, count, order, thread, traffic);
      }
    }
  }
  return traffic;
}

void noteRead(const void* address, std::size_t bytes, const void* site) {
  note(false, address, bytes, site);
}
void noteWrite(const void* address, std::size_t bytes, const void* site) {
  note(true, address, bytes, site);
}

float shuffleXor(float value, int laneMask) {
  return static_cast<float>(exchange(value, laneMask));
}
double shuffleXor(double value, int laneMask) {
  return exchange(value, laneMask);
}

void blockBarrier() {
  wait(State::AtBlockBarrier);
}

unsigned char* blockSharedMemory() {
  return current->shared.get();
}

}  // namespace slab::cuda_on_cpu

void __syncthreads() {
  slab::cuda_on_cpu::blockBarrier();
}
