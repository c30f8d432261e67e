// The tables of a project's queue.db, and which versions of them this program understands.
#pragma once

#include <string>

#include "core/store/database.h"

namespace slab {

/// PRAGMA user_version of the schema written here.
inline constexpr int kQueueVersion = 2;

/// Makes the tables of an empty database, and brings those of an older version up to this one. Throws Error(Data) for a
/// newer version or another program's file, unchanged. Processes that open a new project at once wait for one another.
void ensureQueueSchema(Database& database, const std::string& file);

}  // namespace slab
