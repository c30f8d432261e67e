// Where a configuration says that a COCO set lies.
#pragma once

#include <optional>
#include <string>

#include "core/config/data_config.h"
#include "core/data/dataset.h"

namespace slab::data {

struct CocoPaths {
  std::string annotations;  // a file
  std::string images;       // a folder
};

/// What `data.annotations` and `data.images` (or their val_ fellows) name, else what is found below `data.root`:
/// annotations/instances_train2017.json and train2017, as COCO's own, or annotations/instances_train.json and train, as
/// `slab data make-scenes` makes them. Nothing for a validation part that there is not. Throws Error(Data) for a
/// training part that is not found, with what was looked for.
std::optional<CocoPaths> findCocoPart(const DataConfig& data, Split split);

}  // namespace slab::data
