// Undoable changes to runs and to the queue. The file work itself is done by the reader's thread through the function
// given.
#pragma once

#include <QCoreApplication>
#include <QFileInfo>
#include <QUndoCommand>
#include <functional>

namespace slab {

/// Renames a run's directory; undo gives the old name back.
class RenameRunCommand : public QUndoCommand {
 public:
  using Rename = std::function<void(const QString& path, const QString& name)>;

  RenameRunCommand(const QString& path, const QString& name, Rename rename)
      : rename_(std::move(rename)), folder_(QFileInfo(path).path()), before_(QFileInfo(path).fileName()), after_(name) {
    setText(QCoreApplication::translate("RunCommands", "renaming %1").arg(before_));
  }
  void redo() override { rename_(folder_ + '/' + before_, after_); }
  void undo() override { rename_(folder_ + '/' + after_, before_); }

 private:
  Rename rename_;
  QString folder_, before_, after_;
};

/// A change of the queue and the one that takes it back.
class QueueCommand : public QUndoCommand {
 public:
  using Change = std::function<void()>;

  QueueCommand(const QString& words, Change redo, Change undo) : redo_(std::move(redo)), undo_(std::move(undo)) {
    setText(words);
  }
  void redo() override { redo_(); }
  void undo() override { undo_(); }

 private:
  Change redo_, undo_;
};

}  // namespace slab
