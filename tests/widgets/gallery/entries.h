// What the gallery shows: each widget on synthetic data, by name.
#pragma once

#include <QSize>
#include <QString>
#include <QWidget>
#include <functional>
#include <vector>

namespace slab::gallery {

struct Entry {
  QString name;
  QSize size;  ///< at 100 %
  std::function<QWidget*()> make;
};

/// Configuration, attention, latency and data widgets.
std::vector<Entry> inspectEntries();
/// Schedule, norms and alarms of a training.
std::vector<Entry> trainingEntries();
/// COCO's data sets and what a model found in them.
std::vector<Entry> detectionEntries();

}  // namespace slab::gallery
