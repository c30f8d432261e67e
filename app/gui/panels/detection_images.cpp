// The images of Detection: the list, the one in front and its objects.
#include <QFileInfo>
#include <algorithm>

#include "app/gui/panels/detection_panel.h"
#include "app/gui/session.h"
#include "core/base/format.h"

namespace slab {
namespace {

QString integer(qint64 value) {
  return QString::fromStdString(formatInteger(value, /*thin=*/true));
}

}  // namespace

void DetectionPanel::takeSet() {
  const SharedSet set = reader_->set();
  current_ = -1;
  picture_ = {};
  defect_.clear();
  loader_->setSet(set);
  doctor_->setSet(set);
  std::vector<FilterClass> classes;
  for (std::size_t i = 0; i < set->set.categories.size(); ++i) {
    classes.push_back(
        {QString::fromStdString(set->set.categories[i].name), set->index.objects(i), set->index.crowds(i)});
  }
  classes_->setClasses(std::move(classes));
  pickFolder_->setVisible(set->root.isEmpty());
  imageStack_->setCurrentIndex(1);
  gridImages_.clear();
  updateRows();
  if (set->set.images.empty()) {
    view_->setScene({}, {});
    view_->setObjects({});
    view_->setPlaceholder(tr("The file names no image"));
  } else {
    showImage(0);
  }
  controls_->show(set, reader_->results());
}

void DetectionPanel::takeResults() {
  controls_->show(reader_->set(), reader_->results());
  updateStyle();
  updateRows();
  if (current_ >= 0) showImage(std::exchange(current_, -1));
  if (!reader_->results()) return;
  if (!reader_->results()->note.isEmpty()) session().report(reader_->results()->note, "warning");
  reader_->evaluate();
}

const SharedMatches& DetectionPanel::matches() const {
  const bool masks = controls_->choice().masksCount && reader_->maskMatches();
  return masks ? reader_->maskMatches() : reader_->boxMatches();
}

const coco::ImageMatches* DetectionPanel::matchesOf(std::size_t image) const {
  return matches() && image < matches()->size() ? &(*matches())[image] : nullptr;
}

void DetectionPanel::updateRows() {
  rowsTimer_.stop();
  const SharedSet& set = reader_->set();
  if (!set) return;
  const DetectionChoice& choice = controls_->choice();
  const std::vector<bool>& shown = classes_->shown();
  const bool isFiltered = std::find(shown.begin(), shown.end(), false) != shown.end();
  std::vector<ImageTableRow> rows;
  const coco::ImageMatches none;
  for (std::size_t i = 0; i < set->set.images.size(); ++i) {
    const coco::ImageMatches* found = matchesOf(i);
    const coco::ImageCounts counts = coco::countsOf(set->set, set->index, i, found ? *found : none, choice.threshold,
                                                    choice.leastScore, isFiltered ? shown : std::vector<bool>());
    const auto annotations = set->index.annotationsOf(i);
    // With classes hidden: images that hold one of the others, or in which one was found.
    const bool isListed = !isFiltered || counts.right + counts.wrong > 0 ||
                          std::any_of(annotations.begin(), annotations.end(),
                                      [&](std::uint32_t place) { return shown[set->index.categoryOf(place)]; });
    if (!isListed) continue;
    rows.push_back({static_cast<qint64>(i), QString::fromStdString(set->set.images[i].file), counts.objects,
                    counts.right, counts.wrong, found ? counts.missed : 0});
  }
  table_->setRows(std::move(rows), matches() != nullptr);
  updateHeaders();
}

/// The thumbnails stand in the order of the list.
void DetectionPanel::updateGrid() {
  std::vector<qint64> images;
  for (int row = 0; row < table_->images().rowCount(); ++row) images.push_back(table_->images().row(row).image);
  isFollowing_ = true;
  if (images != gridImages_) {
    gridImages_ = std::move(images);
    loader_->forgetThumbnails();
    grid_->setPlaceholder(tr("No image holds a class that is shown"));
    grid_->reset(static_cast<qint64>(gridImages_.size()));
  }
  const int row = table_->images().rowOf(current_);
  if (row >= 0) grid_->setCurrent(row);
  isFollowing_ = false;
}

void DetectionPanel::showImage(qint64 image) {
  const SharedSet& set = reader_->set();
  if (!set || image < 0 || image >= static_cast<qint64>(set->set.images.size()) || image == current_) return;
  const bool isAnother = current_ != -1 || picture_.isNull();
  current_ = image;
  const auto place = static_cast<std::size_t>(image);
  isFollowing_ = true;
  table_->setCurrentImage(image);
  if (const int row = table_->images().rowOf(image); row >= 0) grid_->setCurrent(row);
  isFollowing_ = false;
  objects_ = {};
  if (isAnother) {
    picture_ = {};
    defect_.clear();
    view_->fit();
  }
  updateObjects();
  loader_->loadPicture(place);
  const coco::ImageMatches* found = matchesOf(place);
  objectsWork_->start(
      [this, set, results = reader_->results(), matches = matches(), found, place](const Background::Channel& channel) {
        auto made = std::make_shared<ImageObjects>(objectsOf(*set, results.get(), found, place, channel.stop));
        channel.post([this, made] {
          objects_ = std::move(*made);
          updateObjects();
        });
      });
  updateHeaders();
  updateStatus();
}

void DetectionPanel::updateObjects() {
  const SharedSet& set = reader_->set();
  if (!set || current_ < 0) return;
  const coco::CocoImage& record = set->set.images[static_cast<std::size_t>(current_)];
  const DetectionChoice& choice = controls_->choice();
  ObjectSelection selection;
  selection.isShown = &classes_->shown();
  selection.crowds = choice.crowds;
  selection.leastScore = choice.leastScore;
  selection.threshold = choice.threshold;
  selection.isCompared = matches() != nullptr;
  const int before = view_->current();
  const int chosen = before >= 0 ? places_[static_cast<std::size_t>(before)] : -1;
  view_->setScene(picture_, {record.width, record.height});
  view_->setObjects(selected(*set, objects_, selection, &places_));
  const auto again = std::find(places_.begin(), places_.end(), chosen);
  if (chosen >= 0 && again != places_.end()) view_->setCurrent(static_cast<int>(again - places_.begin()));
  updateStatus();
}

void DetectionPanel::updateStyle() {
  if (!view_) return;
  ObjectStyle style = style_;
  style.opacity = controls_->choice().opacity;
  style.byVerdict = reader_->results() && !colourByClass_;
  view_->setStyle(style);
  colours_->setVisible(reader_->results() != nullptr);
}

void DetectionPanel::updateHeaders() {
  const SharedSet& set = reader_->set();
  openResults_->setEnabled(set != nullptr);
  closeResults_->setEnabled(reader_->results() != nullptr);
  train_->setEnabled(set && !set->root.isEmpty());
  exportPicture_->setEnabled(current_ >= 0);
  mode_->setVisible(set != nullptr);
  for (QAction* action : {next_, previous_}) action->setEnabled(set != nullptr);
  attention_->setEnabled(view_->current() >= 0);
  if (!set) return;
  const auto all = static_cast<qint64>(set->set.images.size()), listed = qint64{table_->images().rowCount()};
  if (!progress_->isVisible()) {
    imagesHeader_->setSubtitle(listed < all ? tr("%1 of %2").arg(integer(listed), integer(all)) : integer(all));
  }
  const int shown = classes_->shownCount(), classes = static_cast<int>(classes_->shown().size());
  classesHeader_->setSubtitle(shown < classes ? tr("%1 of %2 shown").arg(shown).arg(classes)
                                              : QString::number(classes));
  if (current_ < 0) return;
  const coco::CocoImage& record = set->set.images[static_cast<std::size_t>(current_)];
  const QString name = QFileInfo(QString::fromStdString(record.file)).fileName();
  pictureHeader_->setTitle(name.isEmpty() ? tr("Image %1").arg(record.id) : name);
  QString words = tr("id %1, %2 \u00D7 %3").arg(record.id).arg(record.width).arg(record.height);
  if (const coco::ImageMatches* found = matchesOf(static_cast<std::size_t>(current_))) {
    const auto counts =
        coco::countsOf(set->set, set->index, static_cast<std::size_t>(current_), *found, controls_->choice().threshold,
                       controls_->choice().leastScore, classes_->shown());
    words += tr("   %1 right, %2 wrong, %3 missed").arg(counts.right).arg(counts.wrong).arg(counts.missed);
  }
  if (!defect_.isEmpty()) words += tr("   not shown: %1").arg(defect_);
  for (const QString& fault : objects_.faults) words += "   " + fault;
  pictureHeader_->setSubtitle(words);
}

void DetectionPanel::updateStatus() {
  if (!view_) return;
  attention_->setEnabled(view_->current() >= 0);
  if (!reader_->set() || current_ < 0) {
    emit statusChanged(tr("No data set yet"), {});
    return;
  }
  const QString left = reader_->results()
                           ? tr("Solid: found, dashed: annotated. Tick right, cross wrong, ring missed, bar in a crowd")
                           : tr("Click or . and , go through the objects, Page Up and Down through the images");
  const int chosen = view_->current();
  const QString right = chosen >= 0 ? wordsOf(view_->objects()[static_cast<std::size_t>(chosen)])
                                    : tr("%1 objects shown").arg(view_->objects().size());
  emit statusChanged(left, right);
}

void DetectionPanel::showProgress(const QString& what, qint64 done, qint64 total) {
  constexpr int kSteps = 1000;
  progress_->setRange(0, total > 0 ? kSteps : 0);
  if (total > 0) progress_->setValue(static_cast<int>(done * kSteps / total));
  progress_->setVisible(true);
  stop_->setVisible(true);
  imagesHeader_->setSubtitle(total > 0 ? tr("%1, %2 %").arg(what).arg(100 * done / total) : what);
  if (!reader_->set()) empty_->setText(tr("Opening the data set"), what);
}

void DetectionPanel::showFailure(const QString& heading, const QString& why) {
  if (!reader_->set()) empty_->setText(heading, why);
  session().report(heading + ": " + why, "bad");
}

void DetectionPanel::showRecord(const QString& record) {
  const SharedSet& set = reader_->set();
  const QString kind = record.section(' ', 0, 0);
  bool isNumber = false;
  const qint64 id = record.section(' ', 1, 1).toLongLong(&isNumber);
  if (!set || !isNumber) return;
  if (kind == "image") {
    if (const auto place = set->index.image(id)) showImage(static_cast<qint64>(*place));
  } else if (kind == "annotation") {
    const auto place = set->index.annotation(id);
    if (place) showImage(static_cast<qint64>(*set->index.image(set->set.annotations[*place].image)));
  }
}

void DetectionPanel::step(int by) {
  const int rows = table_->images().rowCount();
  if (rows == 0) return;
  table_->setCurrentRow(std::clamp(table_->images().rowOf(current_) + by, 0, rows - 1));
}

}  // namespace slab
