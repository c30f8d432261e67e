#include "app/gui/scene_demo.h"

#include <QFileInfo>

#include "app/gui/session.h"
#include "core/base/format.h"
#include "core/config/data_config.h"

namespace slab {
namespace {

const QString kPreset = QStringLiteral("mask_rcnn_scenes");
constexpr std::int64_t kReports = 100;  // of the whole making

}  // namespace

SceneDemo::SceneDemo(Session& session, coco::SceneSetOptions scenes, QStringList settings)
    : session_(session), scenes_(std::move(scenes)), settings_(std::move(settings)) {
  if (scenes_.items.empty()) scenes_.items = kFashionMnistRoot;
  connect(&work_, &Background::ended, this, &SceneDemo::ended);
  connect(&session, &Session::projectChanged, this, [this] {
    if (!isBusy()) return;
    work_.abandon();
    emit ended();
  });
}

QString SceneDemo::folder() const {
  return session_.projectPath() + "/scenes";
}

void SceneDemo::start() {
  if (isBusy()) return;
  // The folder appears whole, so that one of its files says that all are there.
  if (QFileInfo::exists(folder() + "/annotations/instances_train.json")) return train();
  coco::SceneSetOptions options = scenes_;
  options.out = folder().toStdString();
  session_.notify({tr("Making %1 scenes in %2; the training starts after that.")
                       .arg(QString::fromStdString(formatInteger(options.images, true)), folder()),
                   {},
                   tr("Stop"),
                   [this] { stop(); }});
  work_.start([this, options](const Background::Channel& channel) { make(options, channel); });
}

void SceneDemo::make(coco::SceneSetOptions options, const Background::Channel& channel) {
  options.stop = channel.stop;
  options.onProgress = [this, &channel, reported = std::int64_t{0}](std::int64_t done, std::int64_t total) mutable {
    if (done * kReports / total == reported) return;
    reported = done * kReports / total;
    channel.post([this, done, total] { emit progressed(done, total); });
  };
  try {
    const bool isComplete = coco::makeSceneSet(options).isComplete;
    channel.post([this, isComplete] {
      if (isComplete) return train();
      session_.report(tr("Stopped: no scenes were made, and no training started."));
    });
  } catch (const std::exception& error) {
    channel.post([this, why = QString::fromUtf8(error.what())] { session_.report(why, "bad"); });
  }
}

void SceneDemo::train() {
  const QStringList settings = QStringList{"data.root=" + folder()} + settings_;
  if (session_.startPreset(kPreset, settings).isEmpty()) return;
  session_.report(tr("A small detector trains on the scenes in %1.").arg(folder()), "good");
  session_.showWorkspace("train");
}

}  // namespace slab
