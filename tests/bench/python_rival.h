// A Python process that does what it is told, a line at a time (data/pillow_rival.py, coco/coco_rival.py).
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <string>

namespace slab::bench {

class PythonRival {
 public:
  /// Starts `python` on the script for the files of `folder`.
  PythonRival(const std::string& python, const std::string& script, const std::string& folder);
  ~PythonRival();
  PythonRival(const PythonRival&) = delete;
  PythonRival& operator=(const PythonRival&) = delete;

  /// One line there and one back; "" when the process is not there (any more).
  std::string ask(const std::string& line);

 private:
  pid_t child_ = -1;
  std::FILE* to_ = nullptr;
  std::FILE* from_ = nullptr;
};

}  // namespace slab::bench
