#include "core/train/out_of_memory.h"

#include <c10/util/Exception.h>

#include <new>
#include <string_view>

namespace slab::train {

bool isOutOfMemory(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return true;
  if (dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr) return true;
  // The CPU's allocator throws a plain c10::Error; its sentence is all there is to know it by.
  const auto* other = dynamic_cast<const c10::Error*>(&error);
  return other != nullptr &&
         std::string_view(other->what_without_backtrace()).find("can't allocate memory") != std::string_view::npos;
}

}  // namespace slab::train
