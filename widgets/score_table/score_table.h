// What an evaluation of detections came to: a few numbers on top, and one line a class.
#pragma once

#include <QStandardItemModel>
#include <QTableView>
#include <QWidget>
#include <vector>

namespace slab {

/// -1: not computed, or there is nothing to find; a dash.
struct ScoreLine {
  QString name;   ///< "AP", "AP small"
  QString words;  ///< "overlap 0.50:0.95, all sizes, 100 detections"
  double boxes = -1, masks = -1;
};

struct ClassScoreLine {
  QString name;
  qint64 objects = 0;
  double boxes = -1, boxes50 = -1, masks = -1, masks50 = -1;
};

/// With masks the classes' objects make room for their scores. Values are in [0, 1] and shown in per cent, as papers
/// have them. Sortable by any column; classes without an object come last either way.
class ScoreTable : public QWidget {
  Q_OBJECT

 public:
  explicit ScoreTable(QWidget* parent = nullptr);

  void setScores(const std::vector<ScoreLine>& lines, const std::vector<ClassScoreLine>& classes, bool hasMasks);
  [[nodiscard]] QTableView* lines() const { return lines_; }
  [[nodiscard]] QTableView* classes() const { return classes_; }

 signals:
  /// A class was opened, by its place in the list that was given.
  void classActivated(int index);

 private:
  void layOut();

  QTableView *lines_, *classes_;
};

/// The same as a file for spreadsheets: values with all their digits, -1 left empty.
QByteArray scoresCsv(const std::vector<ScoreLine>& lines, const std::vector<ClassScoreLine>& classes);

}  // namespace slab
