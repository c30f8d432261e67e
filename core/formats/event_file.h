// TensorBoard's event files: records of tf.Event messages. A record is its length (u64), the masked CRC-32C of that,
// the message, the masked CRC-32C of the message; all little-endian (tensorflow/core/lib/io/record_writer.h). Field
// numbers are those of event.proto, summary.proto and tensor.proto. Scalars alone are read and written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slab {

/// Begins the name of every event file.
inline constexpr std::string_view kEventFilePrefix = "events.out.tfevents.";

/// One point of a curve. Written as float32, as TensorBoard's own writers do; read as it stands in the file.
struct EventScalar {
  std::string tag;
  double value = 0;
};

/// One tf.Event. The first of a file holds the version alone.
struct LogEvent {
  double wall = 0;  // seconds since 1970 UTC
  std::int64_t step = 0;
  std::string fileVersion;
  /// SessionLog.START: what was logged of `step` and later by earlier files is superseded.
  bool startsSession = false;
  std::vector<EventScalar> scalars;
  /// Values that are no scalars (images, histograms, texts); never written.
  std::int64_t others = 0;
};

/// The event as a record, ready to be appended to a file.
std::string toRecord(const LogEvent& event);

/// A message of a record. Scalars come as `simple_value` or, from TensorFlow 2, as a tensor without dimensions of
/// float32, float64, int32 or int64. Throws Error(Data) for bytes that are no message.
LogEvent parseEvent(std::string_view message);

/// Something that could not be read, and where it begins in the file.
struct EventFileIssue {
  std::uint64_t offset = 0;
  std::string message;
};

/// Goes through a file's events. A damaged record becomes an issue and is passed over: after a wrong length the next
/// place is looked for at which a length agrees with its checksum. A file that ends within a record (its writer still
/// runs, or was killed) gives an issue as well. Never throws.
class EventFileReader {
 public:
  /// `bytes`: the whole file, which must outlive the reader.
  explicit EventFileReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  /// Nothing at the end.
  std::optional<LogEvent> next();

  [[nodiscard]] const std::vector<EventFileIssue>& issues() const { return issues_; }

 private:
  /// The message of the record at `offset_`, which moves behind it; nothing where that record is damaged.
  std::optional<std::string_view> takeMessage();
  /// Moves to the next place that begins like a record, else to the end.
  void skipToRecord();
  void report(std::uint64_t offset, std::string message) { issues_.push_back({offset, std::move(message)}); }

  std::span<const std::byte> bytes_;
  std::uint64_t offset_ = 0;
  std::vector<EventFileIssue> issues_;
};

}  // namespace slab
