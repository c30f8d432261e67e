// Decodes files of strangers in a process of its own, which may crash, hang or be taken over at no cost but one image.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "core/sandbox/confinement.h"
#include "core/sandbox/decode_wire.h"

namespace slab::sandbox {

struct DecoderOptions {
  /// The decoding program; "": slab-decode beside this program, else on PATH.
  std::string program;
  /// Address space of the decoding process: the libraries' and what a file of the largest size allowed needs.
  std::uint64_t memoryBytes = std::uint64_t{2} << 30;
  /// Processor time for one image; the largest allowed takes about 2 s.
  int cpuSeconds = 20;
  /// Time on the clock for one image, against a decoder that waits; generous, since the machine may be busy.
  int wallSeconds = 300;
};

/// One decoding process, started at the first image and again after each that it did not survive. For one thread.
class SandboxedDecoder {
 public:
  explicit SandboxedDecoder(DecoderOptions options = {});
  ~SandboxedDecoder();
  SandboxedDecoder(const SandboxedDecoder&) = delete;
  SandboxedDecoder& operator=(const SandboxedDecoder&) = delete;

  /// The verdict over an open regular file of `bytes` bytes; what the file did to the process is one as well
  /// (Crashed, Endless, Forbidden, TooLarge). `thumbnail`: longest side of a small copy, 0 for none. Throws
  /// Error(Internal) when the decoding program is missing or does not come up.
  Decoded decode(int file, std::uint64_t bytes, int thumbnail = 0);

  /// The same of a file by its name; one that can't be opened, or is no regular file, is Unreadable.
  Decoded decode(const std::string& path, int thumbnail = 0);

  [[nodiscard]] bool hasStarted() const { return hasStarted_; }
  /// Of the last process; means nothing before the first has started.
  [[nodiscard]] const Confinement& confinement() const { return confinement_; }
  /// Processes lost to an image so far.
  [[nodiscard]] std::int64_t lost() const { return lost_; }

 private:
  void start();
  void end();
  void allowCpuTime() const;
  /// Waits for the process and reads from its end what the image did.
  Decoded causeOfDeath(bool timedOut);

  DecoderOptions options_;
  Confinement confinement_;
  bool hasStarted_ = false;
  pid_t pid_ = -1;
  int socket_ = -1;
  std::int64_t lost_ = 0;
};

}  // namespace slab::sandbox
