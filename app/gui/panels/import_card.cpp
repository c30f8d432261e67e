#include "app/gui/panels/import_card.h"

#include <QFileInfo>
#include <QVBoxLayout>

#include "app/gui/imported_models.h"
#include "app/gui/model_choice.h"
#include "app/gui/session.h"
#include "widgets/theme/controls.h"
#include "widgets/theme/theme.h"

namespace slab {

ImportCard::ImportCard(Session& session, QObject* parent)
    : QObject(parent),
      session_(session),
      import_(new QAction(tr("Import the &checkpoint shown"), this)),
      cancel_(new QAction(tr("Cancel"), this)),
      again_(new QAction(tr("&Look at the checkpoint again"), this)),
      content_(new QWidget),
      header_(new CardHeader(tr("Import"))),
      picker_(new QPushButton(tr("as"))),
      stack_(new QStackedWidget),
      empty_(
          new EmptyState(tr("No checkpoint opened"),
                         tr("Drop a .pth or .safetensors file on the window, or press Ctrl+I. Every key is accounted "
                            "for before anything is written."))),
      progress_(new QProgressBar),
      words_(new QLabel),
      table_(new ImportTable) {
  import_->setIconText(tr("Import"));
  import_->setShortcut(QKeySequence("Ctrl+Shift+I"));
  again_->setIconText(tr("Try again"));
  again_->setShortcut(QKeySequence("Ctrl+Alt+I"));
  connect(import_, &QAction::triggered, this, &ImportCard::importFile);
  connect(again_, &QAction::triggered, this, &ImportCard::look);
  connect(cancel_, &QAction::triggered, this, [this] { session_.cancel(request_); });
  picker_->setProperty("small", true);
  picker_->setAccessibleName(tr("Model of the checkpoint"));
  picker_->setMenu(new QMenu(picker_));
  connect(picker_->menu(), &QMenu::aboutToShow, this, &ImportCard::fillMenu);
  header_->addWidget(picker_);
  header_->addButton(import_);
  progress_->setRange(0, 0);
  setProgressLine(*progress_, tr("Progress of the import"));
  words_->setWordWrap(true);
  setTextRole(words_, TextRole::Small);
  auto* page = new QWidget;
  auto* pageColumn = new QVBoxLayout(page);
  pageColumn->setContentsMargins(0, 0, 0, 0);
  pageColumn->addWidget(words_);
  pageColumn->addWidget(table_, 1);
  stack_->addWidget(empty_);
  stack_->addWidget(page);
  auto* column = new QVBoxLayout(content_);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(progress_);
  column->addWidget(stack_, 1);
  const auto restyle = [this] {
    words_->setContentsMargins(theme().px(size::kMedium), 0, theme().px(size::kMedium), theme().px(size::kTiny));
  };
  connect(&theme(), &Theme::changed, this, restyle);
  restyle();
  update();
}

void ImportCard::open(const QString& file) {
  request_body_ = {};
  request_body_.path = file.toStdString();
  look();
}

void ImportCard::look() {
  if (request_body_.path.empty()) return;
  request_body_.output.clear();
  ask();
}

void ImportCard::importFile() {
  if (!report_ || isBusy()) return;
  request_body_.output =
      newImportFolder(session_.projectPath(), QString::fromStdString(request_body_.path)).toStdString();
  ask();
}

void ImportCard::ask() {
  if (request_ != 0) session_.cancel(request_);
  report_.reset();
  const QString name = QFileInfo(QString::fromStdString(request_body_.path)).fileName();
  header_->setSubtitle(request_body_.output.empty() ? tr("reading %1").arg(name) : tr("importing %1").arg(name));
  request_ = session_.ask(request_body_, this, [this, serial = ++serial_](const WorkerReply& reply) {
    if (serial == serial_) take(reply);  // else another file is asked about by now
  });
  update();
}

void ImportCard::take(const WorkerReply& reply) {
  if (!reply.isLast) {
    if (holds<ProgressBody>(reply.message)) {
      header_->setSubtitle(QString::fromStdString(unpack<ProgressBody>(reply.message).text));
    }
    return;
  }
  request_ = 0;
  QString problem = reply.error;
  try {
    if (problem.isEmpty()) report_ = unpack<ImportReport>(reply.message);
  } catch (const Error& error) {
    problem = QString::fromUtf8(error.what());
  }
  header_->setSubtitle(QFileInfo(QString::fromStdString(request_body_.path)).fileName());
  if (!problem.isEmpty()) {
    empty_->setText(reply.isCancelled ? tr("Cancelled") : tr("The file cannot be imported"),
                    reply.isCancelled ? tr("Nothing was written.") : problem);
    stack_->setCurrentWidget(empty_);
  } else {
    showReport();
    if (!report_->output.empty()) {
      session_.report(tr("Imported as %1: Attention, Latency and Models can use it.")
                          .arg(QFileInfo(QString::fromStdString(request_body_.output)).fileName()),
                      "good");
      session_.readImports();
      emit imported(QString::fromStdString(report_->output));
    }
  }
  update();
}

void ImportCard::showReport() {
  QStringList lines{importWords(*report_)};
  if (!report_->part.empty()) lines += tr("weights in %1").arg(QString::fromStdString(report_->part));
  for (const auto& [name, value] : report_->notes) lines += QString::fromStdString(name + " " + value);
  for (const std::string& warning : report_->warnings) lines += QString::fromStdString(warning);
  words_->setText(lines.join(QStringLiteral(" \u00b7 ")));
  setTone(words_, report_->complete ? QString() : QStringLiteral("warning"));
  table_->setReport(*report_);
  stack_->setCurrentIndex(1);
}

void ImportCard::fillMenu() {
  QMenu* menu = picker_->menu();
  menu->clear();
  if (!report_) return;
  menu->addSection(tr("Fits"));
  for (const std::string& name : report_->candidates) {
    connect(menu->addAction(QString::fromStdString(name)), &QAction::triggered, this,
            [this, name] { pickModel(name); });
  }
  fillNamesMenu(menu->addMenu(tr("Another model")), [this](const QString& name) { pickModel(name.toStdString()); });
  if (report_->parts.size() > 1) {
    menu->addSection(tr("Weights in the file"));
    for (const std::string& part : report_->parts) {
      QAction* action = menu->addAction(QString::fromStdString(part));
      action->setCheckable(true);
      action->setChecked(part == report_->part);
      connect(action, &QAction::triggered, this, [this, part] {
        request_body_.part = part;
        look();
      });
    }
  }
  menu->addSeparator();
  QAction* drop = menu->addAction(tr("Leave out what the model lacks"));
  drop->setCheckable(true);
  drop->setChecked(request_body_.dropUnexpected);
  connect(drop, &QAction::toggled, this, [this](bool on) {
    request_body_.dropUnexpected = on;
    look();
  });
}

void ImportCard::pickModel(const std::string& name) {
  request_body_.model = name;
  look();
}

void ImportCard::update() {
  const bool canImport = report_ && report_->complete && report_->output.empty();
  progress_->setVisible(isBusy());
  cancel_->setVisible(isBusy());
  import_->setEnabled(canImport && !isBusy());
  import_->setToolTip(canImport || !report_     ? tr("Writes the model into this project")
                      : report_->output.empty() ? tr("Keys are missing or do not fit: pick another model")
                                                : tr("Imported already"));
  again_->setEnabled(!request_body_.path.empty() && !isBusy());
  picker_->setVisible(report_.has_value());
  if (report_)
    picker_->setText(report_->model.empty() ? tr("as ...") : tr("as %1").arg(QString::fromStdString(report_->model)));
  emit changed();
}

}  // namespace slab
