// The faults of a scan as a file for other programs.
#pragma once

#include <QByteArray>

#include "core/wire/messages.h"

namespace slab {

/// RFC 4180, UTF-8, with a header: kind,path,offset,reason; faults first, then notices as kind "note". An offset that
/// is not known is empty.
QByteArray faultsCsv(const ScanReport& report);

}  // namespace slab
