#include "app/gui/panels/models_panel.h"

#include <QVBoxLayout>

#include "app/gui/panels/fold_card.h"
#include "app/gui/panels/import_card.h"
#include "app/gui/quiet_machine.h"
#include "app/gui/session.h"
#include "core/base/format.h"
#include "widgets/theme/controls.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

constexpr char kNone[] = "-";
constexpr double kLongestSeconds = 30.0;

QString count(std::int64_t value) {
  return QString::fromStdString(formatCount(static_cast<double>(value)));
}

}  // namespace

QString ModelsPanel::Side::words() const {
  if (!choice) return {};
  const ModelCost cost = modelCost(choice->model);
  return tr("%1%2: %3 parameters, %4MAC")
      .arg(choice->name, isFolded ? tr(" folded") : QString(),
           count(isFolded ? cost.foldedParameters : cost.parameters), count(cost.macs));
}

Panel* makeModelsPanel(Session& session, QObject* parent) {
  return new ModelsPanel(session, parent);
}

ModelsPanel::ModelsPanel(Session& session, QObject* parent)
    : Panel(session, parent),
      fold_(new FoldCard(session, this)),
      import_(new ImportCard(session, this)),
      quiet_(new QuietMachine(session, this)),
      time_(new QAction(tr("&Time the blocks"), this)),
      cancel_(new QAction(tr("Cancel the work in &Models"), this)) {
  time_->setShortcut(QKeySequence("Ctrl+Shift+B"));
  cancel_->setShortcut(QKeySequence("Ctrl+Shift+."));
  cancel_->setIconText(tr("Cancel"));
  connect(time_, &QAction::triggered, this, &ModelsPanel::time);
  connect(cancel_, &QAction::triggered, this, &ModelsPanel::cancel);
  connect(quiet_, &QuietMachine::ready, this, &ModelsPanel::ask);
  connect(fold_, &FoldCard::changed, this, &ModelsPanel::refresh);
  connect(import_, &ImportCard::changed, this, &ModelsPanel::refresh);
  connect(import_, &ImportCard::imported, this, [this](const QString& weights) { firstKey_ = weights; });
  connect(&session, &Session::checkpointOpened, import_, &ImportCard::open);
  connect(&session, &Session::importsChanged, this, &ModelsPanel::refresh);
  connect(&session, &Session::runsChanged, this, &ModelsPanel::refresh);
  connect(&session, &Session::currentRunChanged, this, &ModelsPanel::refresh);
  connect(&session, &Session::projectChanged, this, [this] { firstKey_.clear(), secondKey_.clear(), times_.clear(); });
}

QList<QAction*> ModelsPanel::contextActions() const {
  return {cancel_, time_, fold_->foldAction()};
}

QList<QAction*> ModelsPanel::menuActions() const {
  return QList<QAction*>{time_, cancel_} + fold_->actions() + import_->actions();
}

std::vector<PanelCard> ModelsPanel::makeCards() {
  tree_ = new ModelTreeView;
  treeHeader_ = new CardHeader(tr("Model"));
  progress_ = new QProgressBar;
  setProgressLine(*progress_, tr("Progress of the timing"));
  auto* content = new QWidget;
  auto* column = new QVBoxLayout(content);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(progress_);
  column->addWidget(tree_, 1);
  refresh();
  return {{"tree", tr("Model tree"), content, treeHeader_},
          {"fold", tr("Fold certificate"), fold_->content(), fold_->header()},
          {"import", tr("Import"), import_->content(), import_->header()}};
}

CardLayout ModelsPanel::defaultLayout() const {
  return CardLayout::row({CardLayout::leaf("tree", 54),
                          CardLayout::column({CardLayout::leaf("fold", 54), CardLayout::leaf("import", 46)}, 46)});
}

QList<QWidget*> ModelsPanel::makeContextWidgets() {
  const auto button = [this](const QString& name, void (ModelsPanel::*fill)(QMenu*)) {
    auto* made = new QPushButton;
    made->setAccessibleName(name);
    auto* menu = new QMenu(made);
    connect(menu, &QMenu::aboutToShow, this, [this, menu, fill] {
      menu->clear();
      (this->*fill)(menu);
    });
    made->setMenu(menu);
    return made;
  };
  firstButton_ = button(tr("Model A"), &ModelsPanel::fillFirstMenu);
  secondButton_ = button(tr("Model B, beside it"), &ModelsPanel::fillSecondMenu);
  refresh();
  return {firstButton_, secondButton_};
}

void ModelsPanel::fillFirstMenu(QMenu* menu) {
  fillModelMenu(menu, session(), true, [this](const QString& key) {
    firstKey_ = key;
    refresh();
  });
}

void ModelsPanel::fillSecondMenu(QMenu* menu) {
  const auto pick = [this](const QString& key) {
    secondKey_ = key;
    refresh();
  };
  menu->addAction(tr("A, folded"), this, [pick] { pick({}); });
  menu->addAction(tr("One model only"), this, [pick] { pick(kNone); });
  fillModelMenu(menu, session(), true, pick);
}

void ModelsPanel::refresh() {
  first_.choice = modelChoice(session(), firstKey_.isEmpty() ? defaultModelKey(session()) : firstKey_);
  if (!first_.choice) first_.choice = modelChoice(session(), defaultModelKey(session()));
  const bool isFold = secondKey_.isEmpty();
  second_ = {isFold ? first_.choice : modelChoice(session(), secondKey_), isFold};
  fold_->setModel(first_.choice);
  const bool isBusy = request_ != 0 || quiet_->isWaiting();
  time_->setText(quiet_->running().empty() ? tr("&Time the blocks") : tr("Pause training and &time the blocks"));
  time_->setEnabled(!isBusy && first_.choice);
  cancel_->setVisible(isBusy || fold_->isBusy() || import_->isBusy());
  if (firstButton_ != nullptr && first_.choice) {
    firstButton_->setText(tr("A  %1").arg(first_.choice->name));
    secondButton_->setText(isFold           ? tr("B  A, folded")
                           : second_.choice ? tr("B  %1").arg(second_.choice->name)
                                            : tr("compare with ..."));
  }
  if (tree_ == nullptr) return;
  progress_->setVisible(isBusy);
  showTree();
}

void ModelsPanel::showTree() {
  if (!first_.choice) return;
  const auto stamp = [this](const Side& side) {
    return side.key() + (side.choice ? QString::fromStdString(side.choice->source.checkpoint) : QString()) +
           QString::number(times_.count(side.key()));
  };
  const QString now = stamp(first_) + '\n' + stamp(second_);
  if (now == shown_) return;
  shown_ = now;
  if (second_.choice) {
    tree_->setModels(treeOf(first_), treeOf(second_));
    treeHeader_->setSubtitle(tr("A %1; B %2").arg(first_.words(), second_.words()));
  } else {
    tree_->setModels(treeOf(first_));
    treeHeader_->setSubtitle(first_.words());
  }
}

TreeModel ModelsPanel::treeOf(const Side& side) const {
  const auto found = times_.find(side.key());
  return {modelTree(side.choice->model), side.isFolded,
          found == times_.end() ? std::map<std::string, double>() : found->second};
}

std::vector<ModelsPanel::Side> ModelsPanel::sides() const {
  std::vector<Side> sides;
  for (const Side& side : {first_, second_}) {
    if (side.choice && (sides.empty() || sides.front().key() != side.key())) sides.push_back(side);
  }
  return sides;
}

void ModelsPanel::time() {
  if (request_ != 0 || quiet_->isWaiting()) return;
  quiet_->acquire();
  refresh();
}

void ModelsPanel::ask() {
  BenchRequest request;
  timedKeys_.clear();
  for (const Side& side : sides()) {
    BenchEntry entry{side.key().toStdString(), side.choice->source};
    entry.source.folded = side.isFolded;
    request.entries.push_back(entry);
    timedKeys_.push_back(side.key());
  }
  request.maxSeconds = kLongestSeconds;
  progress_->setRange(0, 0);
  request_ = session().ask(request, this, [this](const WorkerReply& reply) { take(reply); });
  refresh();
}

void ModelsPanel::take(const WorkerReply& reply) {
  if (!reply.isLast) {
    if (!holds<BenchProgress>(reply.message)) return;
    const BenchProgress progress = unpack<BenchProgress>(reply.message);
    progress_->setRange(0, progress.rounds);
    progress_->setValue(progress.round);
    return;
  }
  request_ = 0;
  quiet_->release();
  try {
    if (reply.isCancelled) {
      session().report(tr("Timing cancelled; nothing was kept."));
    } else if (!reply.error.isEmpty()) {
      session().report(tr("The blocks were not timed: %1").arg(reply.error), "bad");
    } else {
      const BenchReport report = unpack<BenchReport>(reply.message);
      for (std::size_t i = 0; i < std::min(report.rows.size(), timedKeys_.size()); ++i) {
        times_[timedKeys_[i]] = timesByPath(report.rows[i].layers);
      }
    }
  } catch (const Error& error) {
    session().report(QString::fromUtf8(error.what()), "bad");
  }
  shown_.clear();
  refresh();
}

void ModelsPanel::cancel() {
  if (quiet_->isWaiting()) quiet_->release();
  if (request_ != 0) session().cancel(request_);
  fold_->cancelAction()->trigger();
  if (import_->isBusy()) import_->cancelAction()->trigger();
  refresh();
}

bool ModelsPanel::isSettled() const {
  return request_ == 0 && !fold_->isBusy() && !import_->isBusy();
}

/// Pictures show real figures; a training is never paused for them.
void ModelsPanel::prepareForPicture() {
  fold_->fold();
  if (quiet_->running().empty()) time();
}

}  // namespace slab
