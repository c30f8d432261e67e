// The card "Scores" of Detection: COCO's twelve numbers and every class.
#pragma once

#include <QAction>
#include <QStackedWidget>

#include "app/gui/coco/set_reader.h"
#include "widgets/score_table/score_table.h"
#include "widgets/theme/controls.h"

namespace slab {

class Session;

class ScoreCard : public QObject {
  Q_OBJECT

 public:
  /// `open`: picks a file of results, for the empty card.
  ScoreCard(Session& session, SetReader& reader, QAction* open, QObject* parent);

  [[nodiscard]] QWidget* content() const { return stack_; }
  [[nodiscard]] CardHeader* header() const { return header_; }
  [[nodiscard]] QList<QAction*> actions() const { return {evaluate_, export_}; }
  bool exportScores(const QString& file);

 signals:
  /// By its place in the set.
  void classActivated(int category);

 private:
  void show();
  void update();
  void pickExportFile();

  Session& session_;
  SetReader& reader_;
  QAction *evaluate_, *export_;
  CardHeader* header_;
  QStackedWidget* stack_;
  ScoreTable* table_;
  std::vector<ScoreLine> lines_;
  std::vector<ClassScoreLine> classes_;
};

}  // namespace slab
