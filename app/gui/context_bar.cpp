#include "app/gui/context_bar.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QRegularExpression>
#include <cmath>

#include "app/gui/panel.h"
#include "app/gui/session.h"
#include "core/base/format.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

QString thin(qint64 value) {
  return QString::fromStdString(formatInteger(value, true));
}

/// "cpu, 2 threads" -> ("CPU", "2 threads"); "cuda:0" -> ("CUDA", "0").
std::pair<QString, QString> deviceWords(const QString& device) {
  const QString kind = device.section(QRegularExpression("[,:]"), 0, 0).trimmed().toUpper();
  return {kind, device.mid(kind.size() + 1).trimmed()};
}

}  // namespace

void paintBar(QWidget* bar, Qt::Edge edge) {
  const Tokens& t = theme().tokens();
  QPainter p(bar);
  p.fillRect(bar->rect(), t.panel);
  p.fillRect(QRect(0, edge == Qt::BottomEdge ? bar->height() - 1 : 0, bar->width(), 1), t.line);
}

ContextBar::ContextBar(Session& session, QWidget* parent) : QWidget(parent), session_(session) {
  setObjectName("contextBar");
  row_ = new QHBoxLayout(this);
  row_->setSpacing(0);
  makeRunChips();
  const auto resize = [this] {
    setFixedHeight(theme().px(size::kContextBar));
    row_->setContentsMargins(theme().px(14), 0, theme().px(14), 1);
    for (QWidget* page : pages_) page->layout()->setSpacing(theme().px(10));
    chips_->layout()->setSpacing(theme().px(10));
  };
  resize();
  connect(&theme(), &Theme::changed, this, resize);
  connect(&session, &Session::runsChanged, this, &ContextBar::updateRunChips);
  connect(&session, &Session::currentRunChanged, this, &ContextBar::updateRunChips);
  connect(&session, &Session::liveChanged, this, &ContextBar::updateRunChips);
  connect(&theme(), &Theme::changed, this, &ContextBar::updateRunChips);
}

void ContextBar::paintEvent(QPaintEvent*) {
  paintBar(this, Qt::BottomEdge);
}

void ContextBar::makeRunChips() {
  chips_ = new QWidget(this);
  auto* row = new QHBoxLayout(chips_);
  row->setContentsMargins(0, 0, 0, 0);
  for (Chip** chip : {&run_, &device_, &step_, &epoch_, &speed_}) {
    *chip = new Chip(chips_);
    row->addWidget(*chip);
  }
  row_->addWidget(chips_);
}

void ContextBar::setPanel(Panel* panel) {
  if (panel_ != nullptr && pages_.contains(panel_)) pages_[panel_]->hide();
  panel_ = panel;
  if (!pages_.contains(panel)) {
    auto* page = new QWidget(this);
    auto* row = new QHBoxLayout(page);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(theme().px(10));
    const QList<QWidget*> widgets = panel->makeContextWidgets();
    for (QWidget* widget : widgets) row->addWidget(widget);
    row->addStretch(1);
    const QList<QAction*> actions = panel->contextActions();
    for (QAction* action : actions) {
      QPushButton* button = makeActionButton(action, page);
      if (action == actions.last()) setPrimary(button);
      row->addWidget(button);
    }
    page->setProperty("wantsRunChips", widgets.isEmpty());
    pages_[panel] = page;
    row_->addWidget(page, 1);
  }
  QWidget* page = pages_[panel];
  chips_->setVisible(page->property("wantsRunChips").toBool());
  page->show();
  updateRunChips();
}

void ContextBar::updateRunChips() {
  const RunRow* row = session_.currentRun();
  for (Chip* chip : {device_, step_, epoch_, speed_}) chip->setVisible(row != nullptr);
  if (row == nullptr) {
    run_->setSign(Chip::Sign::None);
    run_->setParts({}, session_.isProjectRead() ? tr("No run yet") : tr("Reading the project"));
    return;
  }
  const RunStatus* live = session_.live(row->path);
  run_->setSign(Chip::Sign::Dash, theme().series(row->colour).colour);
  run_->setParts({}, row->name, live ? QString::fromStdString(live->state) : stateText(row->state));
  const auto [kind, rest] = deviceWords(row->device);
  device_->setVisible(!kind.isEmpty());
  device_->setParts(kind, rest.isEmpty() ? tr("default") : rest, row->config.value("train.precision"));
  const qint64 step = live ? live->step : row->step, steps = live && live->steps ? live->steps : row->steps;
  step_->setParts(tr("step"), thin(step), steps > 0 ? "/ " + thin(steps) : QString(), true);
  const double epochs = live && live->epochs > 0 ? live->epochs : totalEpochs(*row);
  const double epoch = live        ? live->epoch
                       : steps > 0 ? epochs * static_cast<double>(step) / static_cast<double>(steps)
                                   : 0;
  epoch_->setVisible(epochs > 0);
  epoch_->setParts(tr("epoch"), QString::number(epoch, 'f', epochs < 10 ? 2 : 1),
                   "/ " + QString::number(epochs, 'g', 4), true);
  speed_->setVisible(live != nullptr && live->imagesPerSecond > 0);
  if (live) speed_->setParts({}, thin(std::llround(live->imagesPerSecond)), tr("img/s"), true);
}

}  // namespace slab
