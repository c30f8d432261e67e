#include "app/gui/coco/detection_controls.h"

#include <QFileInfo>
#include <QSettings>
#include <algorithm>
#include <cmath>

#include "app/gui/panels/attention_side.h"
#include "core/base/format.h"
#include "core/coco/matching.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

const QString kGroup = QStringLiteral("detection/");

QSlider* makeSlider(const QString& name, double value) {
  QSlider* slider = makeRoomySlider();
  slider->setRange(0, 100);
  slider->setValue(static_cast<int>(std::lround(100 * value)));
  const auto resize = [slider] { slider->setFixedWidth(theme().px(80)); };
  resize();
  QObject::connect(&theme(), &Theme::changed, slider, resize);
  slider->setAccessibleName(name);
  slider->setToolTip(name);
  return slider;
}

}  // namespace

DetectionControls::DetectionControls(QObject* parent) : QObject(parent) {
  const QSettings settings;
  const int last = static_cast<int>(coco::kThresholds) - 1;
  choice_.leastScore = std::clamp(settings.value(kGroup + "score", choice_.leastScore).toDouble(), 0.0, 1.0);
  choice_.threshold = static_cast<std::size_t>(std::clamp(settings.value(kGroup + "threshold", 0).toInt(), 0, last));
  choice_.masksCount = settings.value(kGroup + "masks", choice_.masksCount).toBool();
  choice_.crowds = settings.value(kGroup + "crowds", choice_.crowds).toBool();
  choice_.opacity = std::clamp(settings.value(kGroup + "opacity", choice_.opacity).toDouble(), 0.0, 1.0);
}

QList<QWidget*> DetectionControls::makeWidgets() {
  name_ = new Chip;
  compared_ = new Segmented(tr("What is compared"));
  compared_->setOptions({tr("boxes"), tr("masks")});
  connect(compared_, &Segmented::activated, this,
          [this](int index) { edit([index](DetectionChoice& choice) { choice.masksCount = index == 1; }); });
  score_ = new Chip;
  scoreSlider_ = makeSlider(tr("Lowest score that is shown"), choice_.leastScore);
  connect(scoreSlider_, &QSlider::valueChanged, this,
          [this](int percent) { edit([percent](DetectionChoice& choice) { choice.leastScore = percent / 100.0; }); });
  threshold_ = new QComboBox;
  threshold_->setAccessibleName(tr("Overlap from which an object is found"));
  threshold_->setToolTip(threshold_->accessibleName());
  for (const double value : coco::overlapThresholds()) threshold_->addItem(tr("IoU %1").arg(value, 0, 'f', 2));
  connect(threshold_, &QComboBox::activated, this, [this](int index) {
    edit([index](DetectionChoice& choice) { choice.threshold = static_cast<std::size_t>(index); });
  });
  masks_ = new QLabel(tr("masks"));
  setTone(masks_, "muted");
  opacity_ = makeSlider(tr("Opacity of masks"), choice_.opacity);
  connect(opacity_, &QSlider::valueChanged, this,
          [this](int percent) { edit([percent](DetectionChoice& choice) { choice.opacity = percent / 100.0; }); });
  crowds_ = new QCheckBox(tr("crowds"));
  crowds_->setToolTip(tr("Regions with many objects, in which detections are neither right nor wrong"));
  connect(crowds_, &QCheckBox::toggled, this,
          [this](bool isOn) { edit([isOn](DetectionChoice& choice) { choice.crowds = isOn; }); });
  updateWidgets();
  return {name_, compared_, score_, scoreSlider_, threshold_, masks_, opacity_, crowds_};
}

void DetectionControls::setChoice(const DetectionChoice& choice) {
  edit([&choice](DetectionChoice& now) { now = choice; });
}

void DetectionControls::edit(const std::function<void(DetectionChoice&)>& change) {
  const DetectionChoice before = choice_;
  change(choice_);
  if (choice_ == before) return;
  QSettings settings;
  settings.setValue(kGroup + "score", choice_.leastScore);
  settings.setValue(kGroup + "threshold", static_cast<int>(choice_.threshold));
  settings.setValue(kGroup + "masks", choice_.masksCount);
  settings.setValue(kGroup + "crowds", choice_.crowds);
  settings.setValue(kGroup + "opacity", choice_.opacity);
  updateWidgets();
  emit changed();
}

void DetectionControls::show(const SharedSet& set, const SharedResults& results) {
  set_ = set;
  results_ = results;
  updateWidgets();
}

void DetectionControls::updateWidgets() {
  if (!name_) return;
  const QString file = set_ ? QFileInfo(QString::fromStdString(set_->set.path)).completeBaseName() : tr("no set yet");
  const qint64 images = set_ ? static_cast<qint64>(set_->set.images.size()) : 0;
  name_->setParts({}, file,
                  set_ ? tr("%1 images").arg(QString::fromStdString(formatInteger(images, true))) : QString());
  compared_->setVisible(results_ && results_->hasMasks);
  compared_->setCurrent(choice_.masksCount ? 1 : 0);
  score_->setParts(tr("score from"), QString::number(choice_.leastScore, 'f', 2), {}, /*number=*/true);
  for (QWidget* widget :
       {static_cast<QWidget*>(score_), static_cast<QWidget*>(scoreSlider_), static_cast<QWidget*>(threshold_)}) {
    widget->setVisible(results_ != nullptr);
  }
  for (QWidget* widget :
       {static_cast<QWidget*>(masks_), static_cast<QWidget*>(opacity_), static_cast<QWidget*>(crowds_)}) {
    widget->setVisible(set_ != nullptr);
  }
  const auto percent = [](double value) { return static_cast<int>(std::lround(100 * value)); };
  const QSignalBlocker quietScore(scoreSlider_), quietOpacity(opacity_), quietCrowds(crowds_);
  scoreSlider_->setValue(percent(choice_.leastScore));
  opacity_->setValue(percent(choice_.opacity));
  threshold_->setCurrentIndex(static_cast<int>(choice_.threshold));
  crowds_->setChecked(choice_.crowds);
}

}  // namespace slab
