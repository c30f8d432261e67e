// How many images a folder has to train on, asked of `slab` so that a large folder does not hold the window up.
#pragma once

#include <QObject>
#include <map>
#include <optional>

#include "app/gui/slab_process.h"

namespace slab {

/// Counts each folder once, one at a time, by `slab config check`. What can't be counted stays unknown.
class ImageCount : public QObject {
  Q_OBJECT

 public:
  /// `program`: Session::slabProgram() as a rule; without one nothing is counted.
  explicit ImageCount(QString program, QObject* parent = nullptr);

  /// What is known of a folder with train/<class>; nothing yet where it is counted now, and `counted` follows.
  std::optional<qint64> of(const QString& root);
  /// What a scan has counted.
  void set(const QString& root, qint64 images) { counts_[root] = images; }

 signals:
  void counted();

 private:
  void begin(const QString& root);
  void end();

  QString program_;
  QString running_, waiting_;  // folders; waiting_ is counted next
  std::map<QString, std::optional<qint64>> counts_;
  QByteArray answer_;
  SlabProcess process_;
};

}  // namespace slab
