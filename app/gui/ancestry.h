// The line a branch comes from: its parents, and their curves up to where it left them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "widgets/curve_plot/curve_plot.h"
#include "widgets/run_table/run_row.h"

namespace slab {

class Session;

struct Ancestor {
  const RunRow* run = nullptr;
  qint64 step = 0;  ///< completed steps where the line left it
};

/// Parents of a run that are in the project, nearest first.
std::vector<Ancestor> ancestorsOf(const Session& session, const RunRow& run);

/// Parents' curves cut off where a branch left them, kept until they grow. Window thread.
class StitchedCurves {
 public:
  /// Curves to draw, muted, before that of `run`: one for each ancestor whose own curve is not shown.
  std::vector<Curve> before(const Session& session, const RunRow& run, const std::string& series, bool smoothed);

 private:
  struct Part {
    std::int64_t revision = -1;
    std::shared_ptr<SeriesStore> curve;
  };
  std::map<QString, Part> parts_;
};

}  // namespace slab
