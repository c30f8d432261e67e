// What went out of bounds, newest first, each with a link to where it happened.
#pragma once

#include <QLabel>
#include <QScrollArea>
#include <vector>

namespace slab {

struct AlarmEntry {
  qint64 step = 0;
  QString place;  ///< the link's words: a layer
  QString words;  ///< one sentence
};

class AlarmList : public QScrollArea {
  Q_OBJECT
 public:
  explicit AlarmList(QWidget* parent = nullptr);

  void setAlarms(std::vector<AlarmEntry> alarms);
  /// Shown while there is none; `tone` as in setTone.
  void setEmptyText(const QString& words, const QString& tone = "muted");
  [[nodiscard]] QString text() const { return label_->text(); }

 signals:
  void placeChosen(const QString& place);

 private:
  void refresh();

  QLabel* label_;
  std::vector<AlarmEntry> alarms_;
  QString empty_, tone_ = "muted";
};

}  // namespace slab
