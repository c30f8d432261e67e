#include "app/gui/panels/configure_panel.h"

#include <QClipboard>
#include <QFile>
#include <QGuiApplication>
#include <QMenu>
#include <QStackedWidget>
#include <algorithm>
#include <cmath>
#include <tuple>

#include "app/gui/panels/run_config.h"
#include "app/gui/session.h"
#include "core/base/format.h"
#include "widgets/config_form/config_text_edit.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

QString count(std::int64_t value) {
  return QString::fromStdString(formatCount(static_cast<double>(value)));
}

}  // namespace

Panel* makeConfigurePanel(Session& session, QObject* parent) {
  return new ConfigurePanel(session, parent);
}

ConfigurePanel::ConfigurePanel(Session& session, QObject* parent)
    : Panel(session, parent),
      document_(session.undoStack()),
      start_(new QAction(tr("&Start training"), this)),
      copyCommand_(new QAction(tr("Copy as &command"), this)),
      fromRun_(new QAction(tr("Configuration of this &run"), this)),
      textMode_(new QAction(tr("Edit as &text"), this)),
      allKeys_(new QAction(tr("Show &all keys"), this)) {
  start_->setShortcut(QKeySequence("Ctrl+Return"));
  copyCommand_->setShortcut(QKeySequence("Ctrl+Shift+C"));
  fromRun_->setShortcut(QKeySequence("Ctrl+Shift+R"));
  textMode_->setShortcut(QKeySequence("Ctrl+T"));
  textMode_->setCheckable(true);
  allKeys_->setShortcut(QKeySequence("Ctrl+Shift+A"));
  allKeys_->setCheckable(true);
  allKeys_->setIconText(tr("all keys"));
  connect(start_, &QAction::triggered, this, &ConfigurePanel::start);
  connect(copyCommand_, &QAction::triggered, this, [this] {
    QGuiApplication::clipboard()->setText(document_.commandLine("runs/" + runName()));
    this->session().report(tr("The command line is on the clipboard."));
  });
  connect(fromRun_, &QAction::triggered, this, &ConfigurePanel::openRunConfig);
  connect(textMode_, &QAction::toggled, this, &ConfigurePanel::setTextMode);
  connect(allKeys_, &QAction::toggled, this, [this](bool all) {
    if (form_) form_->setShowAll(all);
  });
}

QList<QAction*> ConfigurePanel::menuActions() const {
  return {start_, copyCommand_, fromRun_, textMode_, allKeys_};
}

std::vector<PanelCard> ConfigurePanel::makeCards() {
  editors_ = new QStackedWidget;
  form_ = new ConfigForm(document_);
  editors_->addWidget(form_);
  editors_->addWidget(new ConfigTextEdit(document_));
  auto* header = new CardHeader(tr("Backbone"));
  header->addButton(allKeys_);
  mode_ = new Segmented(tr("View"));
  mode_->setOptions({tr("form"), tr("text")});
  connect(mode_, &Segmented::activated, textMode_, [this](int index) { textMode_->setChecked(index == 1); });
  header->addWidget(mode_);

  tree_ = new ModelTreeView;
  modelHeader_ = new CardHeader(tr("Model"));
  schedule_ = new ScheduleEditor;
  scheduleHeader_ = new CardHeader(tr("Schedule"));
  const auto setEnd = [this](double percent) {
    document_.set("prepbn.lambda_end", Json(QStringLiteral("%1%").arg(std::round(percent)).toStdString()));
  };
  connect(schedule_, &ScheduleEditor::lambdaEndDragged, this, setEnd);
  connect(schedule_, &ScheduleEditor::lambdaEndChosen, this, setEnd);
  summary_ = new ConfigSummary(document_);
  connect(summary_, &ConfigSummary::keyPicked, this, &ConfigurePanel::showKey);

  connect(&document_, &ConfigDocument::changed, this, &ConfigurePanel::refresh);
  connect(&session(), &Session::runsChanged, this, [this] { summary_->setSecondsPerStep(measuredSecondsPerStep()); });
  connect(&session(), &Session::currentRunChanged, this, [this] { fromRun_->setEnabled(session().currentRun()); });
  fromRun_->setEnabled(session().currentRun());
  refresh();
  return {{"form", tr("Configuration"), editors_, header},
          {"model", tr("Model"), tree_, modelHeader_},
          {"schedule", tr("Schedule"), schedule_, scheduleHeader_},
          {"summary", tr("Before you start"), summary_, nullptr}};
}

CardLayout ConfigurePanel::defaultLayout() const {
  return CardLayout::row({CardLayout::leaf("form", 46),
                          CardLayout::column({CardLayout::leaf("model", 57), CardLayout::leaf("schedule", 20)}, 58),
                          CardLayout::leaf("summary", 29)});
}

QList<QWidget*> ConfigurePanel::makeContextWidgets() {
  origin_ = new QPushButton;
  origin_->setAccessibleName(tr("Preset"));
  origin_->setToolTip(tr("Start from another preset"));
  auto* menu = new QMenu(origin_);
  for (const Preset& preset : presets()) {
    const QString name = QString::fromStdString(preset.name);
    QAction* action = menu->addAction(name + "\t" + QString::fromStdString(preset.title));
    connect(action, &QAction::triggered, this, [this, name] { document_.openPreset(name); });
  }
  menu->addSeparator();
  menu->addAction(fromRun_);
  origin_->setMenu(menu);
  changes_ = new Chip;
  problems_ = new Chip;
  refresh();
  return {origin_, changes_, problems_};
}

void ConfigurePanel::refresh() {
  const RunConfig& config = document_.config();
  if (tree_) {
    const ModelCost cost = modelCost(config.model);
    tree_->setRows(modelTree(config.model));
    QString words = tr("%1 parameters, %2MAC").arg(count(cost.parameters), count(cost.macs));
    if (cost.foldedParameters != cost.parameters) words += tr(", folds to %1").arg(count(cost.foldedParameters));
    modelHeader_->setSubtitle(words);
    const auto plan = document_.plan();
    const bool usesLambda = config.model.norm == NormKind::PrepBn;
    schedule_->setPlan(plan.value_or(Plan{}), usesLambda);
    scheduleHeader_->setSubtitle(usesLambda ? tr("learning rate and lambda over the run") : tr("learning rate"));
    summary_->setSecondsPerStep(measuredSecondsPerStep());
    mode_->setCurrent(textMode_->isChecked() ? 1 : 0);
  }
  if (origin_) {
    origin_->setText(document_.preset().isEmpty() ? tr("from %1").arg(document_.title())
                                                  : tr("from preset %1").arg(document_.title()));
    const auto changes = static_cast<int>(document_.changes().size());
    changes_->setVisible(changes > 0);
    changes_->setParts({}, changes == 1 ? tr("1 change") : tr("%1 changes").arg(changes));
    changes_->setTone("accent");
    const auto errors = static_cast<int>(document_.issues().size());
    problems_->setVisible(errors > 0);
    problems_->setParts({}, errors == 1 ? tr("1 problem") : tr("%1 problems").arg(errors));
    problems_->setTone(document_.hasErrors() ? "bad" : "warning");
  }
  start_->setEnabled(!document_.hasErrors() && document_.isReadable());
  start_->setToolTip(start_->isEnabled() ? tr("Starts a worker; it goes on when this window closes")
                                         : tr("Mend the problems at the right first"));
  refreshStatus();
}

void ConfigurePanel::refreshStatus() {
  const QString left = document_.hasErrors() ? tr("The configuration can't start yet: see Before you start")
                                             : tr("Configuration is complete and strict: unknown keys are errors");
  emit statusChanged(left, document_.commandLine({}));
}

QString ConfigurePanel::runName() const {
  return document_.preset().isEmpty() ? QString::fromStdString(document_.config().model.name) : document_.preset();
}

std::optional<double> ConfigurePanel::measuredSecondsPerStep() const {
  // The same work a step: model, batch and machine; everything else costs nothing.
  const auto work = [](const RunConfig& config) {
    return std::tuple(config.model, config.train.batch, config.train.accumulate, config.device, config.threads,
                      config.ops);
  };
  const auto matches = [&, now = work(document_.config())](const RunRow& row) {
    return row.step >= 50 && row.activeSeconds > 0 && work(configOf(&row)) == now;
  };
  const auto& runs = session().runs();
  const auto found = std::find_if(runs.begin(), runs.end(), matches);
  if (found == runs.end()) return std::nullopt;
  return found->activeSeconds / static_cast<double>(found->step);
}

void ConfigurePanel::start() {
  const QString run = session().startRun(runName(), document_.text().toUtf8());
  if (run.isEmpty()) return;
  session().setCurrentRun(run);
  session().showWorkspace("train");
}

void ConfigurePanel::openRunConfig() {
  const RunRow* run = session().currentRun();
  if (!run) return;
  // The text as it was given, comments and order included; runs of other programs may lack it.
  QFile file(run->path + "/config.given.json");
  if (!file.exists()) file.setFileName(run->path + "/config.json");
  if (!file.open(QIODevice::ReadOnly)) {
    session().report(tr("%1 cannot be read: %2").arg(file.fileName(), file.errorString()), "bad");
    return;
  }
  document_.openText(QString::fromUtf8(file.readAll()), run->name);
}

void ConfigurePanel::showKey(const QString& key) {
  textMode_->setChecked(false);
  form_->focusKey(key);
}

void ConfigurePanel::setTextMode(bool text) {
  if (!editors_) return;
  editors_->setCurrentIndex(text ? 1 : 0);
  editors_->currentWidget()->setFocus();
  mode_->setCurrent(text ? 1 : 0);
}

}  // namespace slab
