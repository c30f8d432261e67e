// Files that ask a reader of .pth to crash, to run something, to look outside, or to use all memory.
#pragma once

#include <string>
#include <vector>

namespace slab::test {

struct HostileFile {
  std::string name;  // what is wrong with it
  std::string bytes;
  std::string reason;  // a word of the refusal
};

std::vector<HostileFile> hostilePthFiles();

}  // namespace slab::test
