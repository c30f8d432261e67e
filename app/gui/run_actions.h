// What can be done to the current run: one set of actions for the menu, the context bar and the tables.
#pragma once

#include <QAction>
#include <QList>
#include <QObject>

#include "app/gui/checkpoint_detections.h"
#include "app/gui/scene_demo.h"

namespace slab {

class Session;

/// Enabled and worded after the state of the current run: pausing a paused one continues it.
class RunActions : public QObject {
  Q_OBJECT
 public:
  explicit RunActions(Session& session);

  QAction *newRun, *demo, *detectorDemo, *pause, *checkpoint, *stop, *resume, *branch, *rewind, *diagnose, *detections,
      *rename, *trash, *star, *openFolder;
  [[nodiscard]] QList<QAction*> all() const;

 signals:
  /// The name is edited in place where a table is in front; `renameWanted` asks for that.
  void renameWanted();

 private:
  QAction* add(const QString& text, const QString& short_text, const QKeySequence& keys, const QString& tip);
  void update();
  void addDetectorDemo();
  void addDetections();
  void askForBranch();
  void askForRewind();

  Session& session_;
  SceneDemo scenes_;
  CheckpointDetections found_;
};

}  // namespace slab
