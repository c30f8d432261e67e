// Reads annotation files and files of results, and evaluates them, beside the window's thread.
#pragma once

#include <QObject>
#include <functional>

#include "app/gui/background.h"
#include "app/gui/coco/opened_set.h"

namespace slab {

/// What is opened replaces what was; a failure leaves what was open as it is.
class SetReader : public QObject {
  Q_OBJECT

 public:
  explicit SetReader(QObject* parent = nullptr);

  /// `root` "": looked for around the file.
  void openSet(const QString& annotations, const QString& root);
  /// Whether a set is being read, which newer work would end.
  [[nodiscard]] bool isOpeningSet() const { return isOpeningSet_; }
  /// Of the set that is open; matches follow, then scores (see `evaluate`).
  void openResults(const QString& file);
  /// Takes the results away.
  void closeResults();
  /// The twelve numbers, of boxes and, where there are any, of masks. Stopped, it leaves those of the first images.
  void evaluate();
  void stop() { work_->stop(); }
  [[nodiscard]] bool isBusy() const { return work_->isBusy(); }

  [[nodiscard]] const SharedSet& set() const { return set_; }
  [[nodiscard]] const SharedResults& results() const { return results_; }
  [[nodiscard]] const SharedMatches& boxMatches() const { return boxes_; }
  /// Null where there are no masks to compare.
  [[nodiscard]] const SharedMatches& maskMatches() const { return masks_; }
  [[nodiscard]] const SetScores& scores() const { return scores_; }

 signals:
  /// Work goes on: what it is, and how much of it is done (`total` bytes or images).
  void progressed(const QString& what, qint64 done, qint64 total);
  /// Results of the set before are gone by now.
  void setOpened();
  /// Results, with their matches; or none any more.
  void resultsChanged();
  void scoresChanged();
  /// In one sentence.
  void failed(const QString& heading, const QString& why);
  /// Nothing is being read or computed any more.
  void ended();

 private:
  void takeResults(SharedResults results, SharedMatches boxes, SharedMatches masks);

  void start(std::function<void(const Background::Channel&)> work, const QString& what);

  Background* work_;
  bool isOpeningSet_ = false;
  SharedSet set_;
  SharedResults results_;
  SharedMatches boxes_, masks_;
  SetScores scores_;
};

}  // namespace slab
