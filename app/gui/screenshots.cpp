#include "app/gui/screenshots.h"

#include <QDir>
#include <QPixmap>
#include <QSaveFile>
#include <algorithm>
#include <cmath>

#include "app/gui/main_window.h"
#include "app/gui/workspace.h"
#include "core/base/clock.h"
#include "core/base/format.h"
#include "core/base/log.h"
#include "widgets/curve_plot/curve_plot.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

constexpr int kWidth = 1440, kHeight = 900;
constexpr int kPollMilliseconds = 100;
constexpr double kPanelSeconds = 90;     // a latency table on two cores takes its time
constexpr int kPaintMilliseconds = 350;  // layout, then one throttled repaint of each plot

}  // namespace

Screenshots::Screenshots(MainWindow& window, Session& session, const QString& directory, double wait_seconds,
                         const Choice& choice)
    : window_(window), session_(session), directory_(directory), waitSeconds_(wait_seconds) {
  QStringList ids;
  for (const auto& workspace : window.workspaces()) ids += workspace->panel().id();
  for (const QString& name : choice.workspaces) {
    if (!ids.contains(name)) unknown_ = name;
  }
  for (const double scale : choice.scales) {
    for (const int kind : {0, 1}) {
      for (int w = 0; w < static_cast<int>(ids.size()); ++w) {
        if (choice.workspaces.isEmpty() || choice.workspaces.contains(ids[w])) shots_.push_back({w, kind, scale});
      }
    }
  }
}

void Screenshots::start(std::function<void(int)> finished) {
  finished_ = std::move(finished);
  if (!unknown_.isEmpty()) {
    logError("There is no workspace named " + unknown_.toStdString() + ": --workspace takes those in --help.");
    return finished_(1);
  }
  if (!QDir().mkpath(directory_)) {
    logError("The folder " + directory_.toStdString() + " could not be made: choose one that is writable.");
    return finished_(1);
  }
  deadline_ = monotonicSeconds() + waitSeconds_;
  window_.resize(kWidth, kHeight);
  window_.show();
  connect(&poll_, &QTimer::timeout, this, &Screenshots::waitForContent);
  poll_.start(kPollMilliseconds);
}

void Screenshots::waitForContent() {
  const bool isTimeUp = monotonicSeconds() > deadline_;
  const auto& runs = session_.runs();
  // A run that was just made says "created" until its worker has loaded the data.
  const auto isUnfinished = [](const RunRow& row) { return row.isActive() || row.state == RunState::Created; };
  const bool isBusy = !session_.isProjectRead() || std::any_of(runs.begin(), runs.end(), isUnfinished);
  // A run that was just started is not in the list yet: wait a little before believing that there is none.
  const bool isEmpty = runs.empty() && monotonicSeconds() < deadline_ - waitSeconds_ + 8;
  if (!isTimeUp && (isBusy || isEmpty)) return;
  poll_.stop();
  poll_.disconnect();
  prepare();
}

void Screenshots::prepare() {
  if (next_ == shots_.size()) return finished_(writeSummary() ? 0 : 1);
  const Shot& shot = shots_[next_];
  const auto kind = static_cast<ThemeKind>(shot.theme);
  if (theme().kind() != kind || theme().fontScale() != shot.scale) {
    theme().apply(kind, shot.scale);
    window_.resize(static_cast<int>(kWidth * shot.scale), static_cast<int>(kHeight * shot.scale));
  }
  window_.showWorkspace(shot.workspace);
  const bool isFirstVisit = shot.theme == shots_.front().theme && shot.scale == shots_.front().scale;
  if (isFirstVisit) window_.workspace()->panel().prepareForPicture();
  panelDeadline_ = monotonicSeconds() + kPanelSeconds;
  connect(&poll_, &QTimer::timeout, this, &Screenshots::waitForPanel);
  poll_.start(kPollMilliseconds);
}

void Screenshots::waitForPanel() {
  if (!window_.workspace()->panel().isSettled() && monotonicSeconds() < panelDeadline_) return;
  poll_.stop();
  poll_.disconnect();
  QTimer::singleShot(kPaintMilliseconds, this, &Screenshots::take);
}

void Screenshots::take() {
  const Shot& shot = shots_[next_++];
  const QString name = QString("%1-%2-%3.png")
                           .arg(window_.workspace()->panel().id(), toString(static_cast<ThemeKind>(shot.theme)))
                           .arg(std::lround(100 * shot.scale));
  const QString file = directory_ + '/' + name;
  if (!window_.grab().save(file, "PNG")) {
    logError(file.toStdString() + " could not be written: free some space or choose another folder.");
    return finished_(1);
  }
  written_ += name;
  prepare();
}

bool Screenshots::writeSummary() {
  QString text = "Project " + session_.projectPath() + "\n\nRuns\n";
  for (const RunRow& row : session_.runs()) {
    text += QString("  %1: %2, step %3 of %4").arg(row.name, stateText(row.state)).arg(row.step).arg(row.steps);
    if (std::isfinite(row.top1)) text += QString(", %1 %2 %").arg(row.scoreName()).arg(row.top1, 0, 'f', 1);
    text += QString(", %1 of training\n").arg(QString::fromStdString(formatDuration(row.activeSeconds)));
  }
  for (const CurvePlot* plot : window_.findChildren<CurvePlot*>()) {
    if (!plot->curves().empty()) text += "\n" + plot->title() + "\n  " + plot->summary() + "\n";
  }
  text += "\nPictures\n  " + written_.join("\n  ") + "\n";
  QSaveFile file(directory_ + "/summary.txt");
  if (file.open(QIODevice::WriteOnly) && file.write(text.toUtf8()) >= 0 && file.commit()) return true;
  logError(file.fileName().toStdString() + " could not be written: free some space or choose another folder.");
  return false;
}

}  // namespace slab
