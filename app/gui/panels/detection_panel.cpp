#include "app/gui/panels/detection_panel.h"

#include <QSettings>
#include <QVBoxLayout>

#include "app/gui/run_actions.h"
#include "app/gui/session.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

constexpr int kRowsMilliseconds = 40;
const QString kListKey = QStringLiteral("detection/list"), kColoursKey = QStringLiteral("detection/colour_by_class");

QWidget* padded(QWidget* inner) {
  auto* box = new QWidget;
  auto* layout = new QVBoxLayout(box);
  setMargins(layout, size::kSmall, 0, size::kSmall, size::kSmall);
  layout->addWidget(inner);
  return box;
}

QAction* makeAction(QObject* parent, const QString& words, const QString& shortWords, const QString& keys) {
  auto* action = new QAction(words, parent);
  if (!shortWords.isEmpty()) action->setIconText(shortWords);
  if (!keys.isEmpty()) action->setShortcut(QKeySequence(keys));
  return action;
}

}  // namespace

Panel* makeDetectionPanel(Session& session, QObject* parent) {
  return new DetectionPanel(session, parent);
}

DetectionPanel::DetectionPanel(Session& session, QObject* parent)
    : Panel(session, parent),
      reader_(new SetReader(this)),
      openSet_(makeAction(this, tr("Open COCO &annotations..."), tr("Open set"), "Ctrl+Alt+A")),
      openResults_(makeAction(this, tr("Open COCO &results..."), tr("Open results"), "Ctrl+Alt+D")),
      closeResults_(makeAction(this, tr("Close the results"), {}, {})),
      pickFolder_(makeAction(this, tr("Choose the &folder of the images..."), tr("Choose folder"), {})),
      exportPicture_(makeAction(this, tr("Export the image with its objects..."), tr("Export"), "Ctrl+Alt+X")),
      attention_(makeAction(this, tr("Attention at this object"), tr("Attention here"), "Ctrl+Shift+L")),
      next_(makeAction(this, tr("Next image of the set"), {}, "Ctrl+]")),
      previous_(makeAction(this, tr("Previous image of the set"), {}, "Ctrl+[")),
      train_(makeAction(this, tr("Train on this set"), tr("Train on set"), "Ctrl+Shift+N")),
      stop_(makeAction(this, tr("Stop reading or evaluating"), tr("Stop"), {})),
      controls_(new DetectionControls(this)),
      doctor_(new CocoDoctor(session, this)),
      scores_(new ScoreCard(session, *reader_, openResults_, this)),
      loader_(new PictureLoader(session, this)),
      objectsWork_(new Background(this)),
      colourByClass_(QSettings().value(kColoursKey, false).toBool()) {
  toggles_ = {toggle(tr("Boxes of objects"), "Ctrl+Shift+1", &ObjectStyle::boxes),
              toggle(tr("Masks of objects"), "Ctrl+Shift+2", &ObjectStyle::masks),
              toggle(tr("Labels of objects"), "Ctrl+Shift+3", &ObjectStyle::labels)};
  connect(openSet_, &QAction::triggered, this, &DetectionPanel::pickSet);
  connect(openResults_, &QAction::triggered, this, &DetectionPanel::pickResults);
  connect(closeResults_, &QAction::triggered, reader_, &SetReader::closeResults);
  connect(pickFolder_, &QAction::triggered, this, &DetectionPanel::pickFolder);
  connect(exportPicture_, &QAction::triggered, this, &DetectionPanel::pickPicture);
  connect(attention_, &QAction::triggered, this, &DetectionPanel::lookAtCurrent);
  connect(next_, &QAction::triggered, this, [this] { step(1); });
  connect(previous_, &QAction::triggered, this, [this] { step(-1); });
  connect(train_, &QAction::triggered, this, &DetectionPanel::trainOnSet);
  connect(stop_, &QAction::triggered, reader_, &SetReader::stop);
  connect(&session, &Session::annotationsOpened, this, &DetectionPanel::openSet);
  connect(&session, &Session::resultsOpened, this, &DetectionPanel::openResults);
  rowsTimer_.setSingleShot(true);
  rowsTimer_.setInterval(kRowsMilliseconds);
  connect(&rowsTimer_, &QTimer::timeout, this, &DetectionPanel::updateRows);
}

QAction* DetectionPanel::toggle(const QString& words, const QString& keys, bool ObjectStyle::*member) {
  QAction* action = makeAction(this, words, {}, keys);
  action->setCheckable(true);
  action->setChecked(style_.*member);
  connect(action, &QAction::toggled, this, [this, member](bool isOn) {
    style_.*member = isOn;
    updateStyle();
  });
  return action;
}

QList<QAction*> DetectionPanel::menuActions() const {
  return QList<QAction*>{openSet_, pickFolder_, openResults_, closeResults_, train_, next_, previous_} + toggles_ +
         QList<QAction*>{attention_, exportPicture_, stop_} + doctor_->actions() + scores_->actions();
}

bool DetectionPanel::isSettled() const {
  return !reader_->isBusy() && !loader_->isBusy() && !objectsWork_->isBusy() && !doctor_->isScanning() &&
         !rowsTimer_.isActive();
}

std::vector<PanelCard> DetectionPanel::makeCards() {
  QWidget* images = makeImages();
  QWidget* picture = makePicture();
  classes_ = new ClassFilter;
  classesHeader_ = new CardHeader(tr("Classes"));
  classesHeader_->addButton(train_);
  connect(classes_, &ClassFilter::changed, this, [this] {
    updateObjects();
    updateHeaders();
    rowsTimer_.start();
  });
  connect(controls_, &DetectionControls::changed, this, [this] {
    updateStyle();
    updateObjects();
    rowsTimer_.start();
  });
  connect(reader_, &SetReader::setOpened, this, &DetectionPanel::takeSet);
  connect(reader_, &SetReader::resultsChanged, this, &DetectionPanel::takeResults);
  connect(reader_, &SetReader::progressed, this, &DetectionPanel::showProgress);
  connect(reader_, &SetReader::failed, this, &DetectionPanel::showFailure);
  connect(reader_, &SetReader::ended, this, [this] {
    progress_->setVisible(false);
    stop_->setVisible(false);
    updateHeaders();
    updateStatus();
  });
  connect(loader_, &PictureLoader::pictureReady, this,
          [this](qint64 image, const QImage& picture, const QString& defect) {
            if (image != current_) return;
            picture_ = picture;
            defect_ = defect;
            updateObjects();
            updateHeaders();
          });
  connect(loader_, &PictureLoader::thumbnailReady, grid_,
          [this](int generation, qint64 position, const Thumbnail& thumbnail) {
            grid_->setThumbnails(generation, position, {thumbnail});
          });
  connect(doctor_, &CocoDoctor::recordSelected, this, &DetectionPanel::showRecord);
  connect(scores_, &ScoreCard::classActivated, this, [this](int category) {
    std::vector<bool> alone(classes_->shown().size(), false);
    alone[static_cast<std::size_t>(category)] = true;
    classes_->setShown(alone);
  });
  updateStyle();
  updateHeaders();
  return {{"images", tr("Images"), images, imagesHeader_},
          {"doctor", doctor_->header()->title(), doctor_->content(), doctor_->header()},
          {"picture", tr("Image"), picture, pictureHeader_},
          {"classes", tr("Classes"), classes_, classesHeader_},
          {"scores", tr("Scores"), scores_->content(), scores_->header()}};
}

CardLayout DetectionPanel::defaultLayout() const {
  return CardLayout::row({CardLayout::column({CardLayout::leaf("images", 62), CardLayout::leaf("doctor", 38)}, 28),
                          CardLayout::leaf("picture", 47),
                          CardLayout::column({CardLayout::leaf("classes", 36), CardLayout::leaf("scores", 64)}, 25)});
}

QWidget* DetectionPanel::makeImages() {
  imagesHeader_ = new CardHeader(tr("Images"));
  empty_ =
      new EmptyState(tr("No data set yet"),
                     tr("Drop an annotation file of COCO here (instances_val2017.json), or open one: its images are "
                        "looked for around it. A file of results can be dropped after that. No data at hand? A small "
                        "detector trains on scenes that are made here."));
  empty_->addButton(openSet_);
  empty_->addButton(session().actions().detections);
  empty_->addButton(session().actions().detectorDemo);
  grid_ = new DatasetGrid;
  grid_->setObjectName("detectionGrid");
  table_ = new ImageTable;
  imageViews_ = new QStackedWidget;
  imageViews_->addWidget(padded(grid_));
  imageViews_->addWidget(table_);
  imageStack_ = new QStackedWidget;
  imageStack_->addWidget(empty_);
  imageStack_->addWidget(imageViews_);
  mode_ = new Segmented(tr("Images as"));
  mode_->setOptions({tr("pictures"), tr("list")}, QSettings().value(kListKey, false).toBool() ? 1 : 0);
  imageViews_->setCurrentIndex(mode_->current());
  connect(mode_, &Segmented::activated, this, [this](int index) {
    imageViews_->setCurrentIndex(index);
    QSettings().setValue(kListKey, index == 1);
  });
  imagesHeader_->addWidget(mode_);
  for (QAction* action : {stop_, pickFolder_}) {
    action->setVisible(false);
    imagesHeader_->addButton(action);
  }
  connect(table_, &ImageTable::currentImageChanged, this, &DetectionPanel::showImage);
  connect(table_, &ImageTable::arranged, this, &DetectionPanel::updateGrid);
  connect(grid_, &DatasetGrid::currentChanged, this, [this](qint64 position) {
    if (isFollowing_ || position < 0 || position >= static_cast<qint64>(gridImages_.size())) return;
    showImage(gridImages_[static_cast<std::size_t>(position)]);
  });
  connect(grid_, &DatasetGrid::pageWanted, this, [this](int generation, qint64 first, qint64 count) {
    std::vector<std::size_t> images;
    std::vector<Thumbnail> coming(static_cast<std::size_t>(count));
    for (qint64 i = first; i < first + count; ++i) {
      const qint64 image = gridImages_[static_cast<std::size_t>(i)];
      images.push_back(static_cast<std::size_t>(image));
      coming[static_cast<std::size_t>(i - first)].index = image;
    }
    // After the grid is through with its own list of pages.
    QTimer::singleShot(0, grid_, [this, generation, first, images, coming] {
      grid_->setThumbnails(generation, first, coming);
      if (generation == grid_->generation()) loader_->loadThumbnails(generation, first, images);
    });
  });
  progress_ = new QProgressBar;
  setProgressLine(*progress_, tr("Progress of reading"));
  progress_->setVisible(false);
  auto* page = new QWidget;
  auto* column = new QVBoxLayout(page);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(progress_);
  column->addWidget(imageStack_, 1);
  return page;
}

QWidget* DetectionPanel::makePicture() {
  view_ = new ObjectView;
  view_->setPlaceholder(tr("The image in front appears here, with its objects"));
  pictureHeader_ = new CardHeader(tr("Image"));
  colours_ = new Segmented(tr("Colours say"));
  colours_->setOptions({tr("verdict"), tr("class")}, colourByClass_ ? 1 : 0);
  pictureHeader_->addWidget(colours_);
  connect(colours_, &Segmented::activated, this, [this](int index) {
    colourByClass_ = index == 1;
    QSettings().setValue(kColoursKey, colourByClass_);
    updateStyle();
  });
  connect(view_, &ObjectView::objectPicked, this, [this] { updateStatus(); });
  connect(view_, &ObjectView::objectActivated, this, [this](int index) {
    view_->setCurrent(index);
    lookAtCurrent();
  });
  connect(view_, &ObjectView::stepWanted, this, &DetectionPanel::step);
  return padded(view_);
}

}  // namespace slab
