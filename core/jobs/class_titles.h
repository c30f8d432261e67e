// What ImageNet's class folders are called.
#pragma once

#include <string>
#include <vector>

namespace slab::jobs {

struct ClassTitles {
  std::vector<std::string> titles;  // WordNet's words by class; empty where the names are no WordNet ids, or unknown
  std::string hint;                 // how to get them where WordNet is missing
};

ClassTitles classTitles(const std::vector<std::string>& classNames);

}  // namespace slab::jobs
