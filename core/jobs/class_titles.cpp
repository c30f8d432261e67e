#include "core/jobs/class_titles.h"

#include <algorithm>

#include "core/formats/wordnet.h"

namespace slab::jobs {

ClassTitles classTitles(const std::vector<std::string>& classNames) {
  const bool areIds = !classNames.empty() && std::all_of(classNames.begin(), classNames.end(),
                                                         [](const auto& name) { return isWordNetId(name); });
  if (!areIds) return {};
  const auto wordNet = WordNet::open();
  if (!wordNet) return {{}, "install Debian's wordnet-base to see the classes by name"};
  ClassTitles result;
  for (const auto& name : classNames) result.titles.push_back(wordNet->wordsOf(name));
  return result;
}

}  // namespace slab::jobs
