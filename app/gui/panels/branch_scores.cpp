#include "app/gui/panels/branch_scores.h"

#include <QVBoxLayout>
#include <cmath>
#include <limits>
#include <map>

#include "app/gui/panels/schedule_curves.h"
#include "core/base/format.h"
#include "widgets/schedule_editor/schedule_editor.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

constexpr double kEverything = std::numeric_limits<double>::infinity();
constexpr double kSmallGap = 2.0;  // points; within the noise of one evaluation

std::optional<CurveSample> lastOf(const std::shared_ptr<SeriesStore>& store) {
  const auto range = store ? store->range() : std::nullopt;
  return range ? store->nearest(range->x1) : std::nullopt;
}

QString percent(double value) {
  return QObject::tr("%1 %").arg(value, 0, 'f', 1);
}

std::optional<BranchFigures> newestFigures(const RunRow& row, const RunData* data) {
  if (data == nullptr) return std::nullopt;
  const auto repbn = lastOf(data->find("top1")), mixture = lastOf(data->find("top1_mixture"));
  const auto layerNorm = lastOf(data->find("top1_layernorm"));
  if (!repbn || !mixture || !layerNorm) return std::nullopt;
  // An evaluation after N steps mixes with the lambda of the step before.
  const double lambda = row.plan.totalSteps > 0 ? row.plan.lambda.at(std::max<std::int64_t>(repbn->step - 1, 0)) : 0;
  return BranchFigures{repbn->step, lambda, repbn->value, mixture->value, layerNorm->value};
}

}  // namespace

std::shared_ptr<SeriesStore> gapOf(const SeriesStore& repbn, const SeriesStore& mixture) {
  std::map<std::int64_t, double> mixed;
  mixture.forEach(-kEverything, kEverything, CurveAxis::Step,
                  [&](const CurveSample& sample) { mixed[sample.step] = sample.value; });
  Chunk chunk;
  chunk.segment = 1;
  repbn.forEach(-kEverything, kEverything, CurveAxis::Step, [&](const CurveSample& sample) {
    const auto other = mixed.find(sample.step);
    if (other == mixed.end()) return;
    chunk.steps.push_back(sample.step);
    chunk.wall.push_back(sample.wall);
    chunk.values.push_back(sample.value - other->second);
  });
  auto gap = std::make_shared<SeriesStore>();
  if (!chunk.steps.empty()) gap->append(chunk);
  return gap;
}

QString gapWords(const BranchFigures& f, const QString& lambda_end) {
  const double gap = f.repbn - f.mixture;
  const QString head = QObject::tr("Step %1: RepBN alone %2, mixture %3, LayerNorm alone %4. ")
                           .arg(QString::fromStdString(formatInteger(f.step, true)), percent(f.repbn),
                                percent(f.mixture), percent(f.layerNorm));
  if (f.lambda <= 0) {
    return head + QObject::tr("Lambda has reached 0: the mixture is RepBN alone, the form that folds.");
  }
  const QString lambda = QString::number(f.lambda, 'f', 2);
  if (gap < -kSmallGap) {
    return head + QObject::tr(
                      "RepBN, the form that folds, is %1 points behind the mixture that is trained. While lambda "
                      "is above 0 (now %2) that is usual; it has to close by %3.")
                      .arg(-gap, 0, 'f', 1)
                      .arg(lambda, lambda_end);
  }
  return head + QObject::tr("RepBN alone keeps up with the mixture at lambda %1: the hand-over goes well.").arg(lambda);
}

BranchScores::BranchScores(QWidget* parent)
    : QWidget(parent),
      scores_(new CurvePlot(tr("Validation three ways"), this)),
      gap_(new CurvePlot(tr("Gap"), this)),
      words_(new QLabel(this)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(scores_, 7);
  column->addWidget(gap_, 5);
  column->addWidget(words_);
  scores_->setTitle(tr("Validation three ways"), "%");
  gap_->setTitle(tr("RepBN minus mixture"), tr("points"));
  for (CurvePlot* plot : {scores_, gap_}) plot->setSmoothing(0);
  scores_->setEmptyText(tr("Appears with the first evaluation of a run."));
  setTextRole(words_, TextRole::Small);
  words_->setWordWrap(true);
  setTone(words_, "muted");
  setMargins(words_, size::kMedium, 0, size::kMedium, size::kSmall);
}

void BranchScores::setLink(CurveLink* link) {
  for (CurvePlot* plot : {scores_, gap_}) plot->setLink(link);
}

void BranchScores::showRun(const RunRow* row, const RunData* data) {
  std::vector<Curve> scores, gap;
  const auto add = [&](const char* series, const QString& label, Qt::PenStyle dash) {
    auto curve = curveOf(*row, data, series, label);
    if (!curve) return;
    curve->dash = dash;
    curve->hasMarkers = true;
    scores.push_back(std::move(*curve));
  };
  if (row != nullptr) {
    add("top1_mixture", tr("mixture, as trained"), Qt::SolidLine);
    const QString repBn = row->usesLambda ? tr("RepBN alone, %1").arg(row->scoreName()) : row->scoreName();
    add(row->isDetector() ? "val/mask_ap" : "top1", repBn, Qt::DashLine);
    scores_->setTitle(tr("Validation three ways"), row->isDetector() ? QString() : QStringLiteral("%"));
    add("top1_layernorm", tr("LayerNorm alone"), Qt::DotLine);
    const auto repbn = data ? data->find("top1") : nullptr, mixture = data ? data->find("top1_mixture") : nullptr;
    if (repbn && mixture) {
      Curve curve = scores.front();
      curve.id = row->path + "#gap";
      curve.label = tr("RepBN minus mixture, points");
      curve.data = gapOf(*repbn, *mixture);
      gap.push_back(std::move(curve));
    }
    const auto steps = static_cast<double>(row->plan.totalSteps);
    for (CurvePlot* plot : {scores_, gap_}) plot->setXExtent(0, steps);
  }
  gap_->setVisible(!gap.empty());
  scores_->setCurves(std::move(scores));
  gap_->setCurves(std::move(gap));
  words_->setText(wordsOf(row, data));
  words_->setVisible(!words_->text().isEmpty());
}

QString BranchScores::wordsOf(const RunRow* row, const RunData* data) const {
  if (row == nullptr) return {};
  if (!row->usesLambda) return tr("Without PRepBN a model has one form, and one curve.");
  if (row->isDetector()) return tr("A detector is evaluated in one form: RepBN alone, which is deployed.");
  const auto figures = newestFigures(*row, data);
  return figures ? gapWords(*figures, lambdaEndWords(row->plan)) : QString();
}

}  // namespace slab
