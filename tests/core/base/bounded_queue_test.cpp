#include "core/base/bounded_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace slab {
namespace {

TEST(BoundedQueue, HandsOverEveryValueOnceAndInOrderForOneProducer) {
  BoundedQueue<int> queue(3);
  std::jthread producer([&] {
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE(queue.push(i));
    queue.close();
  });
  int expected = 0;
  while (auto value = queue.pop()) EXPECT_EQ(*value, expected++);
  EXPECT_EQ(expected, 1000);
}

TEST(BoundedQueue, AProducerWaitsWhileItIsFull) {
  BoundedQueue<int> queue(1);
  ASSERT_TRUE(queue.push(1));
  std::atomic<bool> second = false;
  std::jthread producer([&] {
    queue.push(2);
    second = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(second);
  EXPECT_EQ(queue.pop(), 1);
  EXPECT_EQ(queue.pop(), 2);
}

TEST(BoundedQueue, ClosingWakesAWaitingProducerAndConsumer) {
  BoundedQueue<int> full(1), empty(1);
  full.push(1);
  std::atomic<bool> accepted = true;
  std::jthread producer([&] { accepted = full.push(2); });
  std::jthread consumer([&] { EXPECT_FALSE(empty.pop().has_value()); });
  std::this_thread::sleep_for(std::chrono::milliseconds(10));
  full.close();
  empty.close();
  producer.join();
  consumer.join();
  EXPECT_FALSE(accepted);
}

}  // namespace
}  // namespace slab
