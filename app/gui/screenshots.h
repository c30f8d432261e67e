// `slab-workbench --screenshot DIR`: every workspace (or those of --workspace), light and dark, at 100 and 200 % (or
// --scale), and a summary in words.
#pragma once

#include <QObject>
#include <QString>
#include <QStringList>
#include <QTimer>
#include <functional>
#include <vector>

namespace slab {

class MainWindow;
class Session;

/// Waits for real content (the runs read, a training that was started over, each panel settled), takes the pictures and
/// calls `finished` with the exit code.
class Screenshots : public QObject {
  Q_OBJECT
 public:
  /// What there are pictures of.
  struct Choice {
    QStringList workspaces;  // empty: all
    std::vector<double> scales{1, 2};
  };
  Screenshots(MainWindow& window, Session& session, const QString& directory, double wait_seconds,
              const Choice& choice);
  void start(std::function<void(int)> finished);

 private:
  struct Shot {
    int workspace = 0, theme = 0;
    double scale = 1;
  };
  void waitForContent();
  void prepare();
  void waitForPanel();
  void take();
  bool writeSummary();

  MainWindow& window_;
  Session& session_;
  QString directory_;
  QString unknown_;  // a workspace that was asked for, and that there is not
  std::function<void(int)> finished_;
  std::vector<Shot> shots_;
  std::size_t next_ = 0;
  QTimer poll_;
  double deadline_ = 0, panelDeadline_ = 0, waitSeconds_ = 0;
  QStringList written_;
};

}  // namespace slab
