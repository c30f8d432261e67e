#include "kernels/gelu.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/kernels/buffers.h"
#include "tests/kernels/isas.h"
#include "tests/kernels/threads.h"

namespace slab::kernels::test {
namespace {

struct Problem {
  Problem(DType dtype, std::int64_t count) : dtype(dtype), count(count), x(dtype, 1, count, count), dy(x), y(x), dx(x) {
    // From far out on one side to far out on the other, in steps that are no round numbers.
    x.fill([&](auto, auto i) { return (static_cast<double>(i) / static_cast<double>(count) - 0.5) * 31.7; });
    dy.fill([](auto, auto i) { return std::sin(static_cast<double>(i)); });
  }
  GeluForward forward() { return {dtype, count, x.data(), y.data()}; }
  GeluBackward backward() { return {dtype, count, x.data(), dy.data(), dx.data()}; }

  DType dtype;
  std::int64_t count;
  Strided x, dy, y, dx;
};

void expectNear(const Strided& actual, const Strided& expected, double relative) {
  const auto a = actual.values(), b = expected.values();
  for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 1e-6 + relative * std::abs(b[i])) << "at " << i;
}

TEST(Gelu, MatchesReferenceOnEveryInstructionSetTypeAndLength) {
  for (const auto& [dtype, relative] : {std::pair{DType::F32, 2e-7}, {DType::BF16, 8e-3}, {DType::F16, 1e-3}}) {
    for (const std::int64_t count : {1, 7, 16, 17, 1000, 40001}) {
      Problem expected(dtype, count);
      ASSERT_EQ(reference::geluForward(expected.forward()), Status::Ok);
      ASSERT_EQ(reference::geluBackward(expected.backward()), Status::Ok);
      forEachIsa([&, dtype = dtype, relative = relative] {
        Problem actual(dtype, count);
        ASSERT_EQ(geluForward(actual.forward(), {}), Status::Ok);
        ASSERT_EQ(geluBackward(actual.backward(), {}), Status::Ok);
        expectNear(actual.y, expected.y, relative);
        expectNear(actual.dx, expected.dx, relative);
      });
    }
  }
}

TEST(Gelu, DoesNotDependOnThreads) {
  Problem serial(DType::F32, 70001), threaded(DType::F32, 70001);
  ThreadedLoop loop(3);
  ASSERT_EQ(geluForward(serial.forward(), {}), Status::Ok);
  ASSERT_EQ(geluBackward(serial.backward(), {}), Status::Ok);
  ASSERT_EQ(geluForward(threaded.forward(), loop.parallelFor()), Status::Ok);
  ASSERT_EQ(geluBackward(threaded.backward(), loop.parallelFor()), Status::Ok);
  EXPECT_EQ(serial.y.bytes(), threaded.y.bytes());
  EXPECT_EQ(serial.dx.bytes(), threaded.dx.bytes());
}

TEST(Gelu, ANaNStaysOne) {
  forEachIsa([] {
    float x = std::numeric_limits<float>::quiet_NaN(), y = 0.0f, dy = 1.0f, dx = 0.0f;
    ASSERT_EQ(geluForward({DType::F32, 1, &x, &y}, {}), Status::Ok);
    ASSERT_EQ(geluBackward({DType::F32, 1, &x, &dy, &dx}, {}), Status::Ok);
    EXPECT_TRUE(std::isnan(y));
    EXPECT_TRUE(std::isnan(dx));
  });
}

TEST(Gelu, WorksInPlaceAndRefusesMissingArrays) {
  Problem apart(DType::F32, 100), inPlace(DType::F32, 100);
  ASSERT_EQ(geluForward(apart.forward(), {}), Status::Ok);
  auto call = inPlace.forward();
  call.y = inPlace.x.data();
  ASSERT_EQ(geluForward(call, {}), Status::Ok);
  EXPECT_EQ(inPlace.x.bytes(), apart.y.bytes());
  call.x = nullptr;
  EXPECT_EQ(geluForward(call, {}), Status::BadArgument);
  EXPECT_EQ(geluBackward({DType::F32, 3, nullptr, nullptr, nullptr}, {}), Status::BadArgument);
}

}  // namespace
}  // namespace slab::kernels::test
