// The field "Processes" of Configure: how many train together.
#pragma once

#include <QWidget>
#include <optional>

class QSpinBox;

namespace slab {

/// From 1 to the number of cores. The person's choice is remembered between starts of the window; what a branch is
/// given by its parent is not.
class ProcessCount : public QWidget {
  Q_OBJECT
 public:
  explicit ProcessCount(QWidget* parent = nullptr);

  [[nodiscard]] int count() const;
  /// Shows as many as the parent of a branch has, locked; with nothing the person's choice again.
  void setGiven(std::optional<int> processes);

 signals:
  void changed(int processes);

 private:
  QSpinBox* box_;
};

}  // namespace slab
