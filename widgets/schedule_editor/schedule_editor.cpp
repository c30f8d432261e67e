#include "widgets/schedule_editor/schedule_editor.h"

#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "core/base/format.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

// In the order in which the plot knows them.
constexpr int kWarmupHandle = 0, kEndHandle = 1;

double percentOf(const Plan& plan, double step) {
  return plan.totalSteps > 0 ? 100.0 * step / static_cast<double>(plan.totalSteps) : 0;
}

double percentOf(const Plan& plan, std::int64_t step) {
  return percentOf(plan, static_cast<double>(step));
}

}  // namespace

QVector<QPointF> lambdaPoints(const Plan& plan) {
  const auto last = static_cast<double>(plan.totalSteps);
  const double warmup = static_cast<double>(plan.lambda.warmup), end = static_cast<double>(plan.lambda.end);
  QVector<QPointF> points{{0, plan.lambda.at(0)}};
  if (warmup > 0) points.push_back({warmup, 1});
  points.push_back({std::max(end, warmup), 0});
  if (end < last) points.push_back({last, 0});
  return points;
}

QVector<QPointF> learningRatePoints(const Plan& plan, int points) {
  QVector<QPointF> curve;
  const std::int64_t step = std::max<std::int64_t>(1, plan.totalSteps / std::max(1, points));
  for (std::int64_t k = 0; k < plan.totalSteps; k += step) {
    // The corner at the end of the warm-up would fall between two points.
    if (k > plan.lr.warmup && k - step < plan.lr.warmup) {
      curve.push_back({static_cast<double>(plan.lr.warmup), plan.lr.at(plan.lr.warmup)});
    }
    curve.push_back({static_cast<double>(k), plan.lr.at(k)});
  }
  if (plan.totalSteps > 0) curve.push_back({static_cast<double>(plan.totalSteps), plan.lr.at(plan.totalSteps - 1)});
  return curve;
}

std::vector<Phase> lambdaPhases(const Plan& plan) {
  const auto warmup = static_cast<double>(plan.lambda.warmup), end = static_cast<double>(plan.lambda.end);
  const auto last = static_cast<double>(plan.totalSteps);
  std::vector<Phase> phases;
  if (warmup > 0) phases.push_back({Phase::Kind::Warm, 0, warmup, QObject::tr("warm")});
  phases.push_back({Phase::Kind::Transition, warmup, std::min(end, last), QObject::tr("LayerNorm to RepBN")});
  if (end < last) phases.push_back({Phase::Kind::Final, end, last, QObject::tr("RepBN only")});
  return phases;
}

QString placeWords(const Plan& plan, std::int64_t step) {
  if (plan.totalSteps <= 0) return {};
  const QString words =
      QObject::tr("%1 %, step %2")
          .arg(QString::number(percentOf(plan, step), 'g', 3), QString::fromStdString(formatInteger(step, true)));
  if (plan.stepsPerEpoch <= 0) return words;
  return QObject::tr("%1, epoch %2").arg(words, QString::number(plan.epochOf(step), 'f', 1));
}

ScheduleEditor::ScheduleEditor(QWidget* parent)
    : QWidget(parent),
      plot_(new CurvePlot(tr("Schedule"), this)),
      warmup_(new ScheduleStop(tr("LayerNorm alone until"), this)),
      end_(new ScheduleStop(tr("lambda reaches 0 at"), this)),
      problems_(new QLabel(this)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  // One below the other: side by side they would push the neighbouring cards off the window.
  auto* stops = new QVBoxLayout;
  setMargins(stops, size::kMedium, 0, size::kMedium, size::kSmall);
  stops->setSpacing(theme().px(size::kTiny));
  stops->addWidget(warmup_, 0, Qt::AlignLeft);
  stops->addWidget(end_, 0, Qt::AlignLeft);
  column->addWidget(plot_, 1);
  column->addLayout(stops);
  column->addWidget(problems_);
  problems_->setTextFormat(Qt::RichText);
  problems_->setWordWrap(true);
  problems_->setTextInteractionFlags(Qt::LinksAccessibleByMouse | Qt::LinksAccessibleByKeyboard);
  problems_->setAccessibleName(tr("Problems of the schedule"));
  setMargins(problems_, size::kMedium, 0, size::kMedium, size::kSmall);
  plot_->setEmptyText(tr("The schedule appears once the size of the training set is known."));
  for (const auto signal : {&CurvePlot::handleMoved, &CurvePlot::handleReleased}) {
    connect(plot_, signal, this, [this](int handle, double step) { moveTo(handle, percentOf(plan_, step)); });
  }
  connect(warmup_, &ScheduleStop::moved, this, [this](int percent) { moveTo(kWarmupHandle, percent); });
  connect(end_, &ScheduleStop::moved, this, [this](int percent) { moveTo(kEndHandle, percent); });
  for (ScheduleStop* stop : {warmup_, end_}) {
    connect(stop, &ScheduleStop::focusChanged, this, &ScheduleEditor::drawHandles);
  }
  // A mend replaces the label's text: after the click is done.
  const auto mend = [this](const QString& target) {
    const auto index = static_cast<std::size_t>(target.toInt());
    if (index < issues_.size() && issues_[index].mend) emit mendWanted(*issues_[index].mend);
  };
  connect(problems_, &QLabel::linkActivated, this, mend, Qt::QueuedConnection);
  connect(&theme(), &Theme::changed, this, &ScheduleEditor::writeProblems);
  setPlan({}, false);
  writeProblems();
}

void ScheduleEditor::moveTo(int handle, double percent) {
  const double warmup = percentOf(plan_, plan_.lambda.warmup), end = percentOf(plan_, plan_.lambda.end);
  const int wanted = static_cast<int>(std::lround(percent));
  if (handle == kWarmupHandle) {
    emit warmupMoved(std::clamp(wanted, 0, static_cast<int>(std::min(end, 100.0))));
  } else {
    emit lambdaEndMoved(std::clamp(wanted, std::clamp(static_cast<int>(std::ceil(warmup)), 1, 100), 100));
  }
}

void ScheduleEditor::drawHandles() {
  std::vector<PlotHandle> handles;
  if (hasLambda_) {
    const auto warmup = static_cast<double>(plan_.lambda.warmup), end = static_cast<double>(plan_.lambda.end);
    handles.push_back({{warmup, 1}, {}, warmup_->hasFocus()});
    handles.push_back({{end, 0}, placeWords(plan_, plan_.lambda.end), end_->hasFocus()});
  }
  plot_->setHandles(handles);
}

void ScheduleEditor::setPlan(const Plan& plan, bool uses_lambda) {
  plan_ = plan;
  hasLambda_ = uses_lambda && plan.totalSteps > 0;
  std::vector<PlannedCurve> planned;
  if (plan.totalSteps > 0) {
    QVector<QPointF> rate = learningRatePoints(plan);
    double peak = 0;
    for (const QPointF& p : rate) peak = std::max(peak, p.y());
    for (QPointF& p : rate) p.setY(peak > 0 ? p.y() / peak : 0);
    if (uses_lambda) planned.push_back({tr("lambda"), lambdaPoints(plan), 0, {}, true, true});
    planned.push_back({tr("learning rate, peak %1").arg(QString::number(peak, 'g', 3)), rate, 1, {}, true, true});
  }
  plot_->setPlanned(std::move(planned));
  plot_->setYRange(0, 1.2);
  // A fall that ends after the run is shown where it ends, so that it can be dragged back.
  plot_->setXExtent(0, static_cast<double>(hasLambda_ ? std::max(plan.totalSteps, plan.lambda.end) : plan.totalSteps));
  plot_->setPhases(hasLambda_ ? lambdaPhases(plan) : std::vector<Phase>());
  for (ScheduleStop* stop : {warmup_, end_}) stop->setVisible(hasLambda_);
  warmup_->setPlace(percentOf(plan, plan.lambda.warmup), placeWords(plan, plan.lambda.warmup));
  end_->setPlace(percentOf(plan, plan.lambda.end), placeWords(plan, plan.lambda.end));
  drawHandles();
}

void ScheduleEditor::setIssues(const std::vector<ConfigIssue>& issues) {
  issues_.clear();
  for (const ConfigIssue& issue : issues) {
    if (issue.key == "prepbn.lambda_end" || issue.key == "prepbn.warmup") issues_.push_back(issue);
  }
  writeProblems();
}

void ScheduleEditor::writeProblems() {
  const Tokens& t = theme().tokens();
  QString html;
  for (std::size_t i = 0; i < issues_.size(); ++i) {
    html += QStringLiteral("<p style='color:%1; margin:0'>%2.")
                .arg((issues_[i].isError() ? t.bad : t.warning).name(),
                     QString::fromStdString(issues_[i].message).toHtmlEscaped());
    if (issues_[i].mend) {
      html += QStringLiteral(" <a href='%1' style='color:%2; text-decoration:none'>%3</a>")
                  .arg(i)
                  .arg(t.accent.name(), QString::fromStdString(issues_[i].mend->label).toHtmlEscaped());
    }
    html += "</p>";
  }
  problems_->setText(html);
  problems_->setVisible(!html.isEmpty());
}

}  // namespace slab
