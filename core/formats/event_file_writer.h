// Writes a TensorBoard event file while a run goes on.
#pragma once

#include <cstddef>
#include <string>

#include "core/formats/durable_file.h"
#include "core/formats/event_file.h"

namespace slab {

/// Appends to one new file, whole records as far as the disk takes them. Nothing is fsynced: the file is a copy of what
/// run.db holds. Throws WriteError(Data).
class EventFileWriter {
 public:
  /// Makes `folder` where it is missing (its parent must exist) and a file in it that sorts behind those there:
  /// TensorBoard reads them in the order of their names, events.out.tfevents.<seconds>.<host>.<pid>.
  EventFileWriter(std::string folder, double wall, FileSystem& fileSystem = systemFileSystem());
  ~EventFileWriter();
  EventFileWriter(const EventFileWriter&) = delete;
  EventFileWriter& operator=(const EventFileWriter&) = delete;

  /// Into memory only.
  void add(const LogEvent& event) { waiting_ += toRecord(event); }

  /// Writes what waits. After a failure the rest still waits and the next call goes on where the disk refused, within
  /// a record if it was there.
  void flush();

  [[nodiscard]] std::size_t waitingBytes() const { return waiting_.size(); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  FileSystem& fileSystem_;
  std::string path_;
  std::string waiting_;
  int fd_ = -1;
};

}  // namespace slab
