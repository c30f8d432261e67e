// Rows of a foreign run.db: any BLOBs, any numbers, through the reader into a curve.
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>

#include "core/base/error.h"
#include "core/store/chunk_rows.h"
#include "core/store/schema.h"
#include "core/store/series_store.h"

namespace {

// Numbers and bytes from the input, zeros after its end.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : bytes_(data, size) {}
  template <typename T>
  T number() {
    T value{};
    const auto part = take(sizeof(T));
    if (!part.empty()) std::memcpy(&value, part.data(), part.size());
    return value;
  }
  std::span<const std::uint8_t> take(std::size_t size) {
    const auto part = bytes_.first(size < bytes_.size() ? size : bytes_.size());
    bytes_ = bytes_.subspan(part.size());
    return part;
  }
  [[nodiscard]] bool isEmpty() const { return bytes_.empty(); }

 private:
  std::span<const std::uint8_t> bytes_;
};

void draw(const slab::SeriesStore& curve) {
  for (const auto axis : {slab::CurveAxis::Step, slab::CurveAxis::Wall, slab::CurveAxis::Active}) {
    const auto range = curve.range(axis);
    const double x0 = range ? range->x0 : 0;
    const double x1 = range ? range->x1 : 1;
    (void)curve.envelope(x0, x1, 7, axis);
    (void)curve.envelope(x0, x1, 300, axis);
    (void)curve.nearest((x0 + x1) / 2, axis);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static slab::Database database(":memory:", slab::Database::Mode::ReadWriteCreate);
  static const bool ready = [] {
    slab::ensureSchema(database, ":memory:");
    return true;
  }();
  (void)ready;
  const slab::Transaction transaction(database, slab::Transaction::Kind::Write);  // rolled back at the end
  Input input(data, size);
  try {
    slab::Statement insert = database.prepare("INSERT INTO chunk VALUES(?,1,?,?,?,0,0,?,?,?)");
    for (std::int64_t seq = 1; !input.isEmpty() && seq < 50; ++seq) {
      const auto segment = static_cast<std::int64_t>(input.number<std::uint8_t>() % 4);
      const std::int64_t start = input.number<std::uint8_t>() % 8 == 0 ? input.number<std::int64_t>() : seq;
      const std::size_t points = input.number<std::uint8_t>();
      const std::int64_t n =
          input.number<std::uint8_t>() % 8 == 0 ? input.number<std::int64_t>() : static_cast<std::int64_t>(points);
      const auto steps = input.take(points * 8);
      const auto wall = input.take(points * 8);
      insert.bind(seq, segment, start, n, steps, wall, input.take(points * 8)).run();
    }
    slab::SeriesStore curve;
    slab::Statement select =
        database.prepare(std::string("SELECT ") + slab::kChunkColumns + " FROM chunk ORDER BY seq");
    while (select.step()) {
      try {
        curve.append(slab::readChunk(select));
      } catch (const slab::Error&) {
      }
    }
    draw(curve);
  } catch (const slab::DatabaseError&) {
  }
  return 0;
}
