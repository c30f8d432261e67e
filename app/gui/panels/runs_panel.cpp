// Workspace Runs: every run of the project, the queue of those to come, what one is, and its events.
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QMenu>
#include <QPlainTextEdit>
#include <QScrollArea>
#include <QStackedWidget>
#include <QVBoxLayout>

#include "app/gui/panel.h"
#include "app/gui/panels/queue_card.h"
#include "app/gui/run_actions.h"
#include "app/gui/session.h"
#include "core/base/clock.h"
#include "core/base/format.h"
#include "widgets/log_view/log_view.h"
#include "widgets/run_table/run_table.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

QString rowHtml(const QString& key, const QString& value, const QString& muted, const QString& mono) {
  return QString("<tr><td style='color:%1; padding-right:12px'>%2</td><td style='font-family:%3'>%4</td></tr>")
      .arg(muted, key.toHtmlEscaped(), mono, value.toHtmlEscaped());
}

/// Facts and the resolved configuration, two columns; the keys of a detector only where one is trained.
QString detailsHtml(const RunRow& run) {
  const QString muted = theme().tokens().muted.name(), mono = theme().font(TextRole::NumberSmall).family();
  QString rows;
  const auto add = [&](const QString& key, const QString& value) {
    if (!value.isEmpty()) rows += rowHtml(key, value, muted, mono);
  };
  add(QObject::tr("state"), stateText(run.state) + (run.message.isEmpty() ? QString() : ": " + run.message));
  add(QObject::tr("model"), run.model);
  add(QObject::tr("data"), run.dataset);
  add(QObject::tr("device"), run.device);
  if (run.parameters > 0) add(QObject::tr("parameters"), QString::fromStdString(formatCount(run.parameters)));
  add(QObject::tr("training time"), QString::fromStdString(formatDuration(run.activeSeconds)));
  add(QObject::tr("checkpoint"), QFileInfo(run.lastCheckpoint).fileName());
  if (!run.parent.isEmpty()) {
    add(QObject::tr("branch of"),
        QObject::tr("%1, at step %2").arg(QFileInfo(run.parent).fileName()).arg(run.parentStep));
  }
  add(QObject::tr("folder"), run.path);
  QString html = "<table cellspacing='0' cellpadding='2'>" + rows + "</table>";
  rows.clear();
  for (auto it = run.config.begin(); it != run.config.end(); ++it) {
    if (run.isDetector() || !it.key().startsWith("detector.")) add(it.key(), it.value());
  }
  if (!rows.isEmpty()) {
    html += "<p style='font-weight:600'>" + QObject::tr("Configuration") +
            "</p><table cellspacing='0' cellpadding='1'>" + rows + "</table>";
  }
  return html;
}

/// {"top1":80.1,"loss":0.7} -> "top1 80.1, loss 0.7"; of a list its length: Diagnose shows what is in it.
QString eventWords(const std::string& json) {
  const QJsonObject object = QJsonDocument::fromJson(QByteArray::fromStdString(json)).object();
  QStringList words;
  for (auto it = object.begin(); it != object.end(); ++it) {
    if (it.key() == "event" || it.key() == "step") continue;  // columns of their own
    if (it->isArray()) {
      words += QString("%1 (%2)").arg(it.key()).arg(it->toArray().size());
      continue;
    }
    const QString value = it->isDouble() ? QString::number(it->toDouble(), 'g', 6) : it->toVariant().toString();
    if (value.isEmpty()) continue;
    words += it.key() == "message" ? value : it.key() + ' ' + value;
  }
  return words.join(", ");
}

class RunsPanel : public Panel {
 public:
  using Panel::Panel;

  QString id() const override { return QStringLiteral("runs"); }

  std::vector<PanelCard> makeCards() override {
    model_ = new RunModel(this);
    header_ = new CardHeader(tr("Runs"));
    stack_ = new QStackedWidget;
    table_ = new RunTable(model_, RunTable::Form::Full, stack_);
    auto* empty = new EmptyState(tr("No run yet"),
                                 tr("A run is one training: its configuration, curves and checkpoints. Train the "
                                    "demo to see lambda fall from 1 to 0 within a minute, or configure your own."),
                                 stack_);
    empty->addButton(session().actions().demo);
    empty->addButton(session().actions().detectorDemo);
    empty->addButton(session().actions().newRun);
    stack_->addWidget(table_);
    stack_->addWidget(empty);
    details_ = new QLabel;
    details_->setTextFormat(Qt::RichText);
    details_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    details_->setAccessibleName(tr("Details of the run"));
    details_->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    details_->setMargin(theme().px(size::kMedium));
    details_->setWordWrap(true);
    details_->setFocusPolicy(Qt::ClickFocus);
    setTextRole(details_, TextRole::Small);
    auto* scroll = new QScrollArea;
    scroll->setWidget(details_);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setAccessibleName(tr("Details of the run"));
    detailsHeader_ = new CardHeader(tr("Details"));
    events_ = new LogView;
    queue_ = new QueueCard(session(), this);
    connectSession();
    update();
    return {{"table", tr("Runs"), stack_, header_},
            {"queue", tr("Queue"), queue_->content(), queue_->header()},
            {"details", tr("Details"), scroll, detailsHeader_},
            {"events", tr("Events"), events_, nullptr}};
  }

  CardLayout defaultLayout() const override {
    using L = CardLayout;
    return L::row(
        {L::column({L::leaf("table", 45), L::leaf("queue", 35), L::leaf("events", 20)}, 72), L::leaf("details", 28)});
  }

  QList<QAction*> contextActions() const override {
    RunActions& a = session().actions();
    return {a.rename, a.trash, a.resume, a.demo, a.newRun};
  }
  QList<QAction*> menuActions() const override { return queue_->actions(); }
  QString menuTitle() const override { return tr("&Run"); }
  bool isSettled() const override { return session().isProjectRead(); }
  void activate() override { emit statusChanged(tr("Project %1").arg(session().projectPath()), {}); }

 private:
  void connectSession() {
    connect(model_, &RunModel::renameWanted, &session(), &Session::renameRun);
    connect(model_, &RunModel::showWanted, &session(), &Session::setRunShown);
    connect(table_, &RunTable::currentChosen, &session(), &Session::setCurrentRun);
    connect(table_, &RunTable::activated, this, [this] { session().showWorkspace("train"); });
    connect(table_, &RunTable::filterChanged, this, [this] { update(); });
    connect(table_, &RunTable::menuWanted, this, [this](const QString& path, const QPoint& at) {
      session().setCurrentRun(path);
      QMenu menu;
      menu.addActions(session().actions().all());
      menu.exec(at);
    });
    connect(&session().actions(), &RunActions::renameWanted, this, [this] {
      session().showWorkspace("runs");
      table_->editName();
    });
    connect(&session(), &Session::runsChanged, this, [this] { update(); });
    connect(&session(), &Session::currentRunChanged, this, [this] { update(), updateEvents(); });
    connect(&session(), &Session::dataChanged, this, [this] { updateEvents(); });
    connect(&theme(), &Theme::changed, this, [this] { shownDetails_.clear(), update(); });
  }

  void update() {
    model_->setRuns(session().runs());
    stack_->setCurrentIndex(session().isProjectRead() && session().runs().empty() ? 1 : 0);
    header_->setSubtitle(session().isProjectRead() ? tr("%1 of %2").arg(table_->shownRows()).arg(model_->rowCount())
                                                   : tr("reading the project"));
    const RunRow* run = session().currentRun();
    detailsHeader_->setSubtitle(run ? run->name : QString());
    const QString html = run ? detailsHtml(*run) : tr("Choose a run to see what it is.");
    if (html != shownDetails_) details_->setText(html);
    shownDetails_ = html;
    if (run != nullptr) table_->setCurrent(run->path);
    activate();
  }

  void updateEvents() {
    const RunRow* run = session().currentRun();
    const RunData* data = run ? session().data(run->path) : nullptr;
    const QString key = (run ? run->path : QString()) + QString::number(data ? data->events.size() : 0);
    if (key == shownEvents_) return;
    shownEvents_ = key;
    events_->clear();
    if (data == nullptr) return;
    for (const EventRecord& event : data->events) {
      const QString kind = QString::fromStdString(event.kind);
      const QString tone = kind == "nan" || kind == "non_finite" || kind == "error" ? "bad"
                           : kind == "warning"                                      ? "warning"
                                                                                    : QString();
      events_->appendLine(QString("%1  step %2  %3  %4")
                              .arg(QString::fromStdString(toIso8601(event.wall)).mid(11, 8))
                              .arg(event.step, 7)
                              .arg(kind, -10)
                              .arg(eventWords(event.json)),
                          tone);
    }
  }

  RunModel* model_ = nullptr;
  RunTable* table_ = nullptr;
  QStackedWidget* stack_ = nullptr;
  CardHeader *header_ = nullptr, *detailsHeader_ = nullptr;
  QLabel* details_ = nullptr;
  LogView* events_ = nullptr;
  QueueCard* queue_ = nullptr;
  QString shownDetails_, shownEvents_;
};

}  // namespace

Panel* makeRunsPanel(Session& session, QObject* parent) {
  return new RunsPanel(session, parent);
}

}  // namespace slab
