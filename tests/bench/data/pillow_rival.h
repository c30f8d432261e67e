// A Python process with Pillow that does what it is told (pillow_rival.py).
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <string>

namespace slab::bench {

class PillowRival {
 public:
  /// Starts `python` on the script for the files of `folder`.
  PillowRival(const std::string& python, const std::string& script, const std::string& folder);
  ~PillowRival();
  PillowRival(const PillowRival&) = delete;
  PillowRival& operator=(const PillowRival&) = delete;

  /// One line there and one back; "" when the process is not there (any more).
  std::string ask(const std::string& line);

 private:
  pid_t child_ = -1;
  std::FILE* to_ = nullptr;
  std::FILE* from_ = nullptr;
};

}  // namespace slab::bench
