#include "app/gui/panels/configure_panel.h"

#include <QClipboard>
#include <QFile>
#include <QFileInfo>
#include <QGuiApplication>
#include <QMenu>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <tuple>

#include "app/gui/dialogs/sweep_dialog.h"
#include "app/gui/project_queue.h"
#include "app/gui/session.h"
#include "core/base/format.h"
#include "core/config/snapshot.h"
#include "widgets/config_form/config_text_edit.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

/// What a detector's configuration begins with.
constexpr const char* kDetectorPreset = "mask_rcnn_slab_swin_t_1x";

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
      imageCount_(Session::slabProgram()),
      start_(new QAction(tr("&Start training"), this)),
      addToQueue_(new QAction(tr("&Add to the queue"), this)),
      sweep_(new QAction(tr("Queue a s&weep..."), this)),
      copyCommand_(new QAction(tr("Copy as &command"), this)),
      fromRun_(new QAction(tr("Configuration of this &run"), this)),
      fromScratch_(new QAction(tr("Start from &scratch instead"), this)),
      textMode_(new QAction(tr("Edit as &text"), this)),
      allKeys_(new QAction(tr("Show &all keys"), this)) {
  start_->setShortcut(QKeySequence("Ctrl+Return"));
  addToQueue_->setShortcut(QKeySequence("Ctrl+Shift+Return"));
  addToQueue_->setIconText(tr("Add to queue"));
  addToQueue_->setToolTip(tr("Keeps this configuration as it is now; it trains when its turn comes"));
  sweep_->setShortcut(QKeySequence("Ctrl+Shift+W"));
  sweep_->setIconText(tr("Sweep..."));
  sweep_->setToolTip(tr("This configuration many times: a grid or a random search over keys"));
  copyCommand_->setShortcut(QKeySequence("Ctrl+Shift+C"));
  fromRun_->setShortcut(QKeySequence("Ctrl+Shift+R"));
  fromScratch_->setShortcut(QKeySequence("Ctrl+Shift+Backspace"));
  fromScratch_->setEnabled(false);
  textMode_->setShortcut(QKeySequence("Ctrl+T"));
  textMode_->setCheckable(true);
  allKeys_->setShortcut(QKeySequence("Ctrl+Shift+A"));
  allKeys_->setCheckable(true);
  allKeys_->setIconText(tr("all keys"));
  connect(start_, &QAction::triggered, this, &ConfigurePanel::start);
  connect(addToQueue_, &QAction::triggered, this, &ConfigurePanel::addToQueue);
  connect(sweep_, &QAction::triggered, this, &ConfigurePanel::openSweep);
  connect(copyCommand_, &QAction::triggered, this, [this] {
    const QString run = this->session().freeRunPath(runName());
    QGuiApplication::clipboard()->setText(document_.commandLine(run, branchFrom_));
    this->session().report(tr("The command line is on the clipboard."));
  });
  connect(fromRun_, &QAction::triggered, this, &ConfigurePanel::openRunConfig);
  connect(fromScratch_, &QAction::triggered, this, &ConfigurePanel::endBranch);
  connect(&session, &Session::imageFolderWanted, this, &ConfigurePanel::useImageFolder);
  connect(&session, &Session::cocoSetWanted, this, &ConfigurePanel::useCocoSet);
  connect(&session, &Session::branchWanted, this, &ConfigurePanel::openBranch);
  connect(&imageCount_, &ImageCount::counted, this, &ConfigurePanel::refresh);
  connect(textMode_, &QAction::toggled, this, &ConfigurePanel::setTextMode);
  connect(allKeys_, &QAction::toggled, this, [this](bool all) {
    if (form_) form_->setShowAll(all);
  });
}

void ConfigurePanel::useImageFolder(const QString& folder, qint64 classes, qint64 images) {
  imageCount_.set(folder, images);
  document_.setMany(tr("Use a folder of images"), {{"data.type", Json("image_folder")},
                                                   {"data.root", Json(folder.toStdString())},
                                                   {"model.classes", Json(classes)}});
}

void ConfigurePanel::useCocoSet(const QString& annotations, const QString& images, qint64 classes) {
  const QString words = tr("Train on a COCO set");
  // Validation annotations are looked for beside the training's; those of another set have other classes.
  const QFileInfo folder(QFileInfo(annotations).path());
  const QString root = folder.fileName() == "annotations" ? folder.path() : QString();
  QUndoStack& undo = session().undoStack();
  undo.beginMacro(words);
  if (!document_.config().isDetector()) document_.openPreset(QString::fromLatin1(kDetectorPreset));
  document_.setMany(words,
                    {{"data.type", Json("coco")},
                     {"data.root", Json(root.toStdString())},
                     {"data.annotations", Json(annotations.toStdString())},
                     {"data.images", Json(images.toStdString())},
                     {"detector.classes", Json(classes)}},
                    {"data.val_annotations", "data.val_images"});
  undo.endMacro();
}

void ConfigurePanel::openPreset(const QString& name) {
  const DataConfig data = document_.config().data;
  const ConfigSource source{.preset = name.toStdString(), .text = "", .fileName = "", .overrides = {}};
  const DataConfig next = loadConfig(source).config.data;
  const bool stays = !data.root.empty() && next.root.empty() && next.type == data.type;
  if (!stays) return document_.openPreset(name);
  document_.openPreset(name, {"data.root", "model.classes", "detector.classes"});
  session().report(tr("%1 is still the data, with its classes.").arg(QString::fromStdString(data.root)));
}

QList<QAction*> ConfigurePanel::menuActions() const {
  return {start_, addToQueue_, sweep_, copyCommand_, fromRun_, fromScratch_, textMode_, allKeys_};
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
  const auto setPercent = [this](const char* key) {
    return [this, key](int percent) { document_.set(key, Json(std::to_string(percent) + "%")); };
  };
  connect(schedule_, &ScheduleEditor::warmupMoved, this, setPercent("prepbn.warmup"));
  connect(schedule_, &ScheduleEditor::lambdaEndMoved, this, setPercent("prepbn.lambda_end"));
  connect(schedule_, &ScheduleEditor::mendWanted, this, [this](const Mend& mend) { document_.apply(mend); });
  QWidget* summary = makeSummary();

  connect(&document_, &ConfigDocument::changed, this, &ConfigurePanel::refresh);
  connect(&session(), &Session::runsChanged, this, [this] { summary_->setSecondsPerStep(measuredSecondsPerStep()); });
  connect(&session(), &Session::currentRunChanged, this, [this] { fromRun_->setEnabled(session().currentRun()); });
  fromRun_->setEnabled(session().currentRun());
  refresh();
  return {{"form", tr("Configuration"), editors_, header},
          {"model", tr("Model"), tree_, modelHeader_},
          {"schedule", tr("Schedule"), schedule_, scheduleHeader_},
          {"summary", tr("Before you start"), summary, nullptr}};
}

QWidget* ConfigurePanel::makeSummary() {
  auto* page = new QWidget;
  processes_ = new ProcessCount;
  summary_ = new ConfigSummary(document_);
  auto* column = new QVBoxLayout(page);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(processes_);
  column->addWidget(summary_, 1);
  connect(summary_, &ConfigSummary::keyPicked, this, &ConfigurePanel::showKey);
  connect(processes_, &ProcessCount::changed, &document_, &ConfigDocument::setProcesses);
  document_.setProcesses(processes_->count());
  return page;
}

CardLayout ConfigurePanel::defaultLayout() const {
  return CardLayout::row({CardLayout::leaf("form", 46),
                          CardLayout::column({CardLayout::leaf("model", 45), CardLayout::leaf("schedule", 32)}, 58),
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
    connect(action, &QAction::triggered, this, [this, name] { openPreset(name); });
  }
  menu->addSeparator();
  menu->addActions({fromRun_, fromScratch_});
  branch_ = new Chip;
  origin_->setMenu(menu);
  changes_ = new Chip;
  problems_ = new Chip;
  refresh();
  return {origin_, branch_, changes_, problems_};
}

void ConfigurePanel::refresh() {
  const DataConfig& data = document_.config().data;
  const bool isFolder = data.type == DataType::ImageFolder && !data.root.empty();
  document_.setImages(isFolder ? imageCount_.of(QString::fromStdString(data.root)) : std::nullopt);
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
    schedule_->setIssues(document_.issues());
    scheduleHeader_->setSubtitle(usesLambda ? tr("learning rate and lambda over the run") : tr("learning rate"));
    summary_->setSecondsPerStep(measuredSecondsPerStep());
    mode_->setCurrent(textMode_->isChecked() ? 1 : 0);
  }
  if (origin_) {
    origin_->setText(document_.preset().isEmpty() ? tr("from %1").arg(document_.title())
                                                  : tr("from preset %1").arg(document_.title()));
    branch_->setVisible(!branchFrom_.isEmpty());
    branch_->setParts(tr("branch of"), QFileInfo(branchFrom_.section('@', 0, -2)).fileName(),
                      tr("at step %1").arg(branchFrom_.section('@', -1)));
    branch_->setTone("accent");
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
  addToQueue_->setEnabled(start_->isEnabled());
  sweep_->setEnabled(document_.isReadable());
  refreshStatus();
}

void ConfigurePanel::refreshStatus() {
  const QString left = document_.hasErrors() ? tr("The configuration can't start yet: see Before you start")
                                             : tr("Configuration is complete and strict: unknown keys are errors");
  emit statusChanged(left, document_.commandLine({}, branchFrom_));
}

QString ConfigurePanel::runName() const {
  if (!branchFrom_.isEmpty()) return branchName_;
  return document_.preset().isEmpty() ? QString::fromStdString(document_.config().model.name) : document_.preset();
}

std::optional<double> ConfigurePanel::measuredSecondsPerStep() {
  times_.learn(session().runs());
  return times_.secondsPerStep(document_.config(), document_.processes());
}

void ConfigurePanel::start() {
  const QString run = session().startRun(runName(), document_.text().toUtf8(), branchFrom_, document_.processes());
  if (run.isEmpty()) return;
  endBranch();
  session().setCurrentRun(run);
  session().showWorkspace("train");
}

void ConfigurePanel::addToQueue() {
  const ConfigSource source{.preset = "", .text = document_.text().toStdString(), .fileName = "", .overrides = {}};
  session().queue().add({{runName().toStdString(), takeSnapshot(loadConfig(source), std::filesystem::current_path()),
                          "", branchFrom_.toStdString(), document_.processes()}});
}

void ConfigurePanel::openSweep() {
  SweepDialog dialog(document_.text().toStdString(), runName().toStdString(), document_.processes(), form_);
  if (dialog.exec() != QDialog::Accepted) return;
  std::vector<NewJob> jobs = dialog.jobs();
  for (NewJob& job : jobs) job.from = branchFrom_.toStdString();
  session().queue().addSweep(runName(), dialog.method(), jobs);
}

void ConfigurePanel::openRunConfig() {
  const RunRow* run = session().currentRun();
  if (!run) return;
  // The text as it was given, comments and order included, where it alone means this configuration: keys may have been
  // set beside it, and runs of other programs lack it.
  const QString given = run->path + "/config.given.json", resolved = run->path + "/config.json";
  const bool isWhole = QFile::exists(given) &&
                       loadConfigFile(given.toStdString()).config == loadConfigFile(resolved.toStdString()).config;
  if (openConfigFile(isWhole ? given : resolved, run->name)) endBranch();
}

void ConfigurePanel::openBranch(const QString& path, qint64 step) {
  const RunRow* run = session().run(path);
  // The resolved one: what was given may have been changed on the command line.
  if (!run || !openConfigFile(run->path + "/config.json", run->name)) return;
  branchFrom_ = path + '@' + QString::number(step);
  branchName_ = run->name + "-from-" + QString::number(step);
  processes_->setGiven(run->processes);
  fromScratch_->setEnabled(true);
  refresh();
}

void ConfigurePanel::endBranch() {
  branchFrom_.clear();
  processes_->setGiven(std::nullopt);
  fromScratch_->setEnabled(false);
  refresh();
}

bool ConfigurePanel::openConfigFile(const QString& path, const QString& title) {
  QFile file(path);
  if (!file.open(QIODevice::ReadOnly)) {
    session().report(tr("%1 cannot be read: %2").arg(file.fileName(), file.errorString()), "bad");
    return false;
  }
  document_.openText(QString::fromUtf8(file.readAll()), title, path);
  return true;
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
