// What can be done to the current run: one set of actions for the menu, the context bar and the tables.
#pragma once

#include <QAction>
#include <QList>
#include <QObject>

namespace slab {

class Session;

/// Enabled and worded after the state of the current run: pausing a paused one continues it.
class RunActions : public QObject {
  Q_OBJECT
 public:
  explicit RunActions(Session& session);

  QAction *newRun, *demo, *pause, *checkpoint, *stop, *resume, *branch, *rewind, *diagnose, *rename, *trash, *star,
      *openFolder;
  [[nodiscard]] QList<QAction*> all() const;

 signals:
  /// The name is edited in place where a table is in front; `renameWanted` asks for that.
  void renameWanted();

 private:
  QAction* add(const QString& text, const QString& short_text, const QKeySequence& keys, const QString& tip);
  void update();
  void askForBranch();
  void askForRewind();

  Session& session_;
};

}  // namespace slab
