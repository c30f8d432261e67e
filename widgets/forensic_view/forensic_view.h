// The forensic view of a failed training: what was not finite first, what it means, the batch, and the ways back.
#pragma once

#include <QListWidget>
#include <QWidget>

#include "widgets/forensic_view/forensic_report.h"

class QHBoxLayout;
class QLabel;

namespace slab {

/// Shows one report. The buttons are actions of the owner's; images at fault are marked in the list.
class ForensicView : public QWidget {
  Q_OBJECT

 public:
  explicit ForensicView(QWidget* parent = nullptr);

  void setReport(const ForensicReport& report);
  /// A button under the advice; the first one is filled.
  void addButton(QAction* action);
  /// What the buttons would start from: "Last good checkpoint: step 300, 30 steps before".
  void setWayBack(const QString& words);

  [[nodiscard]] QString headline() const;
  [[nodiscard]] const QListWidget* samples() const { return samples_; }

 private:
  void updateFacts();

  ForensicReport report_;
  QLabel *headline_, *facts_, *advice_, *wayBack_, *samplesTitle_;
  QListWidget* samples_;
  QHBoxLayout* buttons_;
  bool hasButton_ = false;
};

}  // namespace slab
