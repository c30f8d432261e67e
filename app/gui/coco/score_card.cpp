#include "app/gui/coco/score_card.h"

#include <QFileDialog>
#include <QSaveFile>

#include "app/gui/run_actions.h"
#include "app/gui/session.h"
#include "core/base/format.h"

namespace slab {
namespace {

QString text(std::string_view words) {
  return QString::fromUtf8(words.data(), static_cast<qsizetype>(words.size()));
}

QString integer(qint64 value) {
  return QString::fromStdString(formatInteger(value, /*thin=*/true));
}

/// "AP", "AP50", "AP small", "AR 10".
QString shortName(const coco::ScoreName& name) {
  QString words = text(name.metric);
  if (name.overlap == "0.50") words += "50";
  if (name.overlap == "0.75") words += "75";
  if (name.area != "all") return words + ' ' + text(name.area);
  return name.metric == "AR" ? QStringLiteral("%1 %2").arg(words).arg(name.detections) : words;
}

std::vector<ScoreLine> linesOf(const SetScores& scores) {
  std::vector<ScoreLine> lines;
  for (std::size_t i = 0; i < coco::kScoreNames.size(); ++i) {
    const coco::ScoreName& name = coco::kScoreNames[i];
    lines.push_back({shortName(name),
                     ScoreCard::tr("overlap %1, objects of size %2, the best %3 detections of an image and class")
                         .arg(text(name.overlap), text(name.area))
                         .arg(name.detections),
                     scores.boxes ? scores.boxes->stats[i] : -1, scores.masks ? scores.masks->stats[i] : -1});
  }
  return lines;
}

/// In the order of the set: an evaluation's classes are by id.
std::vector<ClassScoreLine> classesOf(const OpenedSet& set, const SetScores& scores) {
  std::vector<ClassScoreLine> lines(set.set.categories.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    lines[i].name = QString::fromStdString(set.set.categories[i].name);
    lines[i].objects = set.index.objects(i);
  }
  const auto take = [&](const std::optional<coco::CocoScores>& from, auto ap, auto ap50) {
    if (!from) return;
    for (const coco::ClassScore& one : from->classes) {
      ClassScoreLine& line = lines[*set.index.category(one.category)];
      line.*ap = one.ap;
      line.*ap50 = one.ap50;
    }
  };
  take(scores.boxes, &ClassScoreLine::boxes, &ClassScoreLine::boxes50);
  take(scores.masks, &ClassScoreLine::masks, &ClassScoreLine::masks50);
  return lines;
}

}  // namespace

ScoreCard::ScoreCard(Session& session, SetReader& reader, QAction* open, QObject* parent)
    : QObject(parent),
      session_(session),
      reader_(reader),
      evaluate_(new QAction(tr("E&valuate the results again"), this)),
      export_(new QAction(tr("Export the scores..."), this)),
      header_(new CardHeader(tr("Scores"))),
      stack_(new QStackedWidget),
      table_(new ScoreTable) {
  evaluate_->setIconText(tr("Evaluate"));
  export_->setIconText(tr("Export"));
  connect(evaluate_, &QAction::triggered, &reader, &SetReader::evaluate);
  connect(export_, &QAction::triggered, this, &ScoreCard::pickExportFile);
  for (QAction* action : actions()) header_->addButton(action);
  auto* empty = new EmptyState(tr("No results yet"),
                               tr("Open a file of COCO results, boxes or masks, beside the annotations: its twelve "
                                  "numbers appear here, and what is right, wrong and missed in the images. A "
                                  "detector of the project gives one of its own validation set."));
  empty->addButton(open);
  empty->addButton(session.actions().detections);
  stack_->addWidget(empty);
  stack_->addWidget(table_);
  connect(table_, &ScoreTable::classActivated, this, &ScoreCard::classActivated);
  connect(&reader, &SetReader::scoresChanged, this, &ScoreCard::show);
  connect(&reader, &SetReader::resultsChanged, this, &ScoreCard::show);
  connect(&reader, &SetReader::progressed, this, &ScoreCard::update);
  connect(&reader, &SetReader::ended, this, &ScoreCard::update);
  show();
}

void ScoreCard::show() {
  const SharedResults& results = reader_.results();
  stack_->setCurrentIndex(results ? 1 : 0);
  lines_.clear();
  classes_.clear();
  if (results) {
    lines_ = linesOf(reader_.scores());
    classes_ = classesOf(*results->set, reader_.scores());
  }
  table_->setScores(lines_, classes_, results && results->hasMasks);
  update();
}

void ScoreCard::update() {
  const SetScores& scores = reader_.scores();
  const bool isBusy = reader_.isBusy();
  QString words;
  if (isBusy && reader_.results()) {
    words = tr("evaluating");
  } else if (scores.boxes && !scores.boxes->isComplete()) {
    words = tr("stopped: of the first %1 of %2 images by id")
                .arg(integer(scores.boxes->images), integer(scores.boxes->allImages));
  } else if (scores.boxes) {
    words = tr("%1 images").arg(integer(scores.boxes->images));
  }
  header_->setSubtitle(words);
  evaluate_->setVisible(reader_.results() && !isBusy);
  export_->setVisible(scores.boxes.has_value());
}

void ScoreCard::pickExportFile() {
  const QString file = QFileDialog::getSaveFileName(stack_, tr("Export the scores"), "scores.csv", tr("CSV (*.csv)"));
  if (!file.isEmpty()) exportScores(file);
}

bool ScoreCard::exportScores(const QString& path) {
  QSaveFile file(path);
  const QByteArray content = scoresCsv(lines_, classes_);
  if (file.open(QIODevice::WriteOnly) && file.write(content) == content.size() && file.commit()) {
    session_.report(tr("The scores are in %1.").arg(path), "good");
    return true;
  }
  session_.report(tr("%1 can't be written: %2").arg(path, file.errorString()), "bad");
  return false;
}

}  // namespace slab
