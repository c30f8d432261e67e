// What of a set and its results is looked at: the choices in the context bar of Detection.
#pragma once

#include <QCheckBox>
#include <QComboBox>
#include <QObject>
#include <QSlider>
#include <functional>

#include "app/gui/coco/opened_set.h"
#include "widgets/theme/controls.h"

namespace slab {

/// Remembered between starts.
struct DetectionChoice {
  double leastScore = 0.5;
  std::size_t threshold = 0;  // of coco::overlapThresholds
  bool masksCount = false;    // masks are compared, not boxes
  bool crowds = true;
  double opacity = 0.45;
  bool operator==(const DetectionChoice&) const = default;
};

class DetectionControls : public QObject {
  Q_OBJECT

 public:
  explicit DetectionControls(QObject* parent);

  /// Once; they pass to the context bar.
  QList<QWidget*> makeWidgets();
  [[nodiscard]] const DetectionChoice& choice() const { return choice_; }
  void setChoice(const DetectionChoice& choice);
  /// Shows what there is to choose.
  void show(const SharedSet& set, const SharedResults& results);

 signals:
  void changed();

 private:
  void edit(const std::function<void(DetectionChoice&)>& change);
  void updateWidgets();

  DetectionChoice choice_;
  SharedSet set_;
  SharedResults results_;
  // Null before makeWidgets; owned by the window.
  Chip *name_ = nullptr, *score_ = nullptr;
  Segmented* compared_ = nullptr;
  QSlider *scoreSlider_ = nullptr, *opacity_ = nullptr;
  QComboBox* threshold_ = nullptr;
  QLabel* masks_ = nullptr;
  QCheckBox* crowds_ = nullptr;
};

}  // namespace slab
