// The demo of detectors: scenes made of Fashion-MNIST's items, and a training on them.
#pragma once

#include <QObject>
#include <QStringList>

#include "app/gui/background.h"
#include "core/coco/scene_set.h"

namespace slab {

class Session;

/// The scenes lie in the project's folder scenes/ and are made once, in a thread of their own; leaving the project or
/// the window stops that and leaves nothing. Lives on the window's thread.
class SceneDemo : public QObject {
  Q_OBJECT
 public:
  /// `scenes` but for `out`: how many, how large; `settings` ("train.steps=10") go on top of the preset.
  explicit SceneDemo(Session& session, coco::SceneSetOptions scenes = {}, QStringList settings = {});

  /// Makes the scenes where the project has none, then starts the run and shows Train. Nothing while it is busy. What
  /// goes wrong is one notice.
  void start();
  /// Ends the making of scenes; no run starts.
  void stop() { work_.stop(); }
  /// Whether scenes are being made.
  [[nodiscard]] bool isBusy() const { return work_.isBusy(); }
  /// Of the open project.
  [[nodiscard]] QString folder() const;

 signals:
  void progressed(qint64 done, qint64 total);
  /// Scenes are no longer being made, whatever came of it.
  void ended();

 private:
  void make(coco::SceneSetOptions options, const Background::Channel& channel);
  void train();

  Session& session_;
  coco::SceneSetOptions scenes_;
  QStringList settings_;
  Background work_;
};

}  // namespace slab
