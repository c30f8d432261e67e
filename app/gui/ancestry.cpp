#include "app/gui/ancestry.h"

#include <algorithm>
#include <limits>

#include "app/gui/session.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

constexpr std::size_t kMostAncestors = 16;  // a run that names itself as its parent must not hang the window

std::shared_ptr<SeriesStore> cutAt(const SeriesStore& curve, qint64 step) {
  Chunk chunk;
  curve.forEach(-1, static_cast<double>(step) - 0.5, CurveAxis::Step, [&](const CurveSample& sample) {
    chunk.steps.push_back(sample.step);
    chunk.wall.push_back(sample.wall);
    chunk.values.push_back(sample.value);
  });
  auto cut = std::make_shared<SeriesStore>();
  if (chunk.steps.empty()) return cut;
  chunk.segment = 1;
  cut->append(chunk);
  return cut;
}

}  // namespace

std::vector<Ancestor> ancestorsOf(const Session& session, const RunRow& run) {
  std::vector<Ancestor> line;
  qint64 step = std::numeric_limits<qint64>::max();
  for (const RunRow* at = &run; !at->parent.isEmpty() && line.size() < kMostAncestors;) {
    step = std::min(step, at->parentStep);
    at = session.run(at->parent);
    if (at == nullptr) break;
    line.push_back({at, step});
  }
  return line;
}

std::vector<Curve> StitchedCurves::before(const Session& session, const RunRow& run, const std::string& series,
                                          bool smoothed) {
  std::vector<Curve> curves;
  for (const auto& [parent, step] : ancestorsOf(session, run)) {
    const RunData* data = session.data(parent->path);
    const auto whole = data ? data->find(series) : nullptr;
    if (whole == nullptr || session.isShown(*parent)) continue;
    const QString id = parent->path + '@' + QString::number(step) + '#' + QString::fromStdString(series);
    Part& part = parts_[id];
    if (part.revision != whole->revision()) part = {whole->revision(), cutAt(*whole, step)};
    Curve curve;
    curve.id = id;
    curve.label = QObject::tr("%1 to step %2").arg(parent->name).arg(step);
    curve.data = part.curve;
    curve.series = parent->colour;
    curve.colour = mix(theme().tokens().panel, theme().tokens().muted, 0.55);
    curve.isSmoothed = smoothed;
    curves.push_back(std::move(curve));
  }
  return curves;
}

}  // namespace slab
