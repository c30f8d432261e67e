#include "app/gui/panels/data_panel.h"

#include <QFileInfo>
#include <QScrollArea>
#include <QVBoxLayout>
#include <algorithm>

#include "app/gui/panels/doctor_card.h"
#include "app/gui/panels/run_config.h"
#include "app/gui/session.h"
#include "core/base/format.h"
#include "core/config/load.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

constexpr int kThumbnailPixels = 56;
constexpr std::int64_t kMostClasses = 1'000'000;  // of a folder that no model is chosen for yet
constexpr int kFaultPixels = 480;

QString integer(std::int64_t value) {
  return QString::fromStdString(formatInteger(value));
}

QWidget* padded(QWidget* inner) {
  auto* box = new QWidget;
  auto* layout = new QVBoxLayout(box);
  setMargins(layout, size::kSmall, 0, size::kTiny, size::kSmall);
  layout->addWidget(inner);
  return box;
}

/// The first of WordNet's words for ImageNet's classes, else the folder's name.
QString shortName(const DatasetPage& page, std::size_t label) {
  const QString title = label < page.classTitles.size() ? QString::fromStdString(page.classTitles[label]) : QString();
  return title.isEmpty() ? QString::fromStdString(page.classNames[label]) : title.section(',', 0, 0);
}

QLabel* wordsLabel(const QString& accessibleName) {
  auto* label = new QLabel;
  label->setWordWrap(true);
  label->setTextFormat(Qt::RichText);
  label->setAccessibleName(accessibleName);
  setMargins(label, 12, 4, 12, 8);
  return label;
}

}  // namespace

std::vector<Thumbnail> thumbnailsOf(const DatasetPage& page, const Message& message,
                                    const std::vector<QString>& classNames) {
  const WireArray* array = message.find("thumbnails");
  const bool fits = array && array->dtype == "u8" && array->shape.size() == 4 &&
                    array->shape[0] == static_cast<std::int64_t>(page.items.size()) &&
                    (array->shape[3] == 1 || array->shape[3] == 3);
  std::vector<Thumbnail> thumbnails;
  for (std::size_t i = 0; i < page.items.size(); ++i) {
    const DatasetItem& item = page.items[i];
    Thumbnail thumbnail;
    thumbnail.index = item.index;
    thumbnail.defect = QString::fromStdString(item.defect);
    const auto label = static_cast<std::size_t>(item.label);
    if (item.label >= 0 && label < classNames.size()) thumbnail.label = classNames[label];
    if (fits && item.defect.empty()) {
      const auto height = static_cast<int>(array->shape[1]), width = static_cast<int>(array->shape[2]);
      const auto channels = static_cast<int>(array->shape[3]);
      const auto bytes = static_cast<std::size_t>(height) * static_cast<std::size_t>(width * channels);
      thumbnail.image = QImage(array->bytes.data() + i * bytes, width, height, width * channels,
                               channels == 1 ? QImage::Format_Grayscale8 : QImage::Format_RGB888)
                            .copy();
    }
    thumbnails.push_back(std::move(thumbnail));
  }
  return thumbnails;
}

Panel* makeDataPanel(Session& session, QObject* parent) {
  return new DataPanel(session, parent);
}

DataPanel::DataPanel(Session& session, QObject* parent)
    : Panel(session, parent),
      doctor_(new DoctorCard(session, this)),
      openAttention_(new QAction(tr("Open in &Attention"), this)),
      larger_(new QAction(tr("&Larger thumbnails"), this)),
      smaller_(new QAction(tr("S&maller thumbnails"), this)),
      retry_(new QAction(tr("Try again"), this)) {
  openAttention_->setShortcut(QKeySequence("Ctrl+Shift+T"));
  larger_->setShortcut(QKeySequence("Ctrl+Alt+="));
  smaller_->setShortcut(QKeySequence("Ctrl+Alt+-"));
  connect(larger_, &QAction::triggered, this, [this] { grid_->setThumbnailSide(grid_->thumbnailSide() * 5 / 4); });
  connect(smaller_, &QAction::triggered, this, [this] { grid_->setThumbnailSide(grid_->thumbnailSide() * 4 / 5); });
  connect(doctor_, &DoctorCard::folderChosen, this, &DataPanel::openFolder);
  connect(doctor_, &DoctorCard::folderLeft, this, [this] {
    folder_.clear();
    open();
  });
  connect(&session, &Session::imagesOpened, this, &DataPanel::openFolder);
  connect(doctor_, &DoctorCard::faultSelected, this, &DataPanel::showFault);
  connect(doctor_, &DoctorCard::useWanted, &session, &Session::configureImageFolder);
  connect(retry_, &QAction::triggered, this, &DataPanel::open);
  connect(openAttention_, &QAction::triggered, this, [this] {
    const Thumbnail* item = grid_ ? grid_->thumbnail(grid_->current()) : nullptr;
    if (!item) return;
    ImagePlace place;
    place.split = split_;
    place.index = item->index;
    this->session().lookAt(place);
  });
  openAttention_->setEnabled(false);
}

QList<QAction*> DataPanel::contextActions() const {
  return {doctor_->scanAction(), openAttention_};
}

QList<QAction*> DataPanel::menuActions() const {
  return QList<QAction*>{openAttention_} + doctor_->actions() + QList<QAction*>{larger_, smaller_};
}

bool DataPanel::isSettled() const {
  return openPages_ == 0 && !isOpening_ && !doctor_->isScanning();
}

std::vector<PanelCard> DataPanel::makeCards() {
  grid_ = new DatasetGrid;
  empty_ = new EmptyState(tr("No images yet"), tr("The data set of the run in front appears here."));
  retry_->setVisible(false);
  empty_->addButton(retry_);
  stack_ = new QStackedWidget;
  stack_->addWidget(empty_);
  stack_->addWidget(padded(grid_));
  gridHeader_ = new CardHeader(tr("Images"));
  picture_ = new PictureView;
  picture_->setPlaceholder(tr("Select an image"));
  pictureHeader_ = new CardHeader(tr("Image"));
  connect(grid_, &DatasetGrid::pageWanted, this, &DataPanel::askPage);
  connect(grid_, &DatasetGrid::currentChanged, this, &DataPanel::showCurrent);
  connect(grid_, &DatasetGrid::activated, openAttention_, &QAction::trigger);
  connect(&session(), &Session::currentRunChanged, this, [this] {
    if (stack_->isVisible()) activate();
  });
  return {{"grid", tr("Images"), stack_, gridHeader_},
          {"doctor", doctor_->header()->title(), doctor_->content(), doctor_->header()},
          {"picture", tr("Image"), padded(picture_), pictureHeader_},
          {"details", tr("Data set"), makeDetails(), nullptr}};
}

CardLayout DataPanel::defaultLayout() const {
  return CardLayout::row({CardLayout::column({CardLayout::leaf("grid", 55), CardLayout::leaf("doctor", 45)}, 70),
                          CardLayout::column({CardLayout::leaf("picture", 45), CardLayout::leaf("details", 55)}, 30)});
}

QWidget* DataPanel::makeDetails() {
  auto* page = new QWidget;
  auto* column = new QVBoxLayout(page);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  facts_ = wordsLabel(tr("Facts"));
  classes_ = wordsLabel(tr("Classes"));
  for (QLabel* label : {facts_, classes_}) column->addWidget(label);
  column->addStretch(1);
  auto* scroll = new QScrollArea;
  scroll->setWidget(page);
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setFocusPolicy(Qt::NoFocus);
  return scroll;
}

QList<QWidget*> DataPanel::makeContextWidgets() {
  splitBox_ = new Segmented(tr("Split"));
  splitBox_->setOptions({tr("validation"), tr("training")});
  connect(splitBox_, &Segmented::activated, this, [this](int index) { setSplit(index == 0 ? "val" : "train"); });
  classBox_ = new QComboBox;
  classBox_->setAccessibleName(tr("Class"));
  classBox_->setMinimumContentsLength(14);
  classBox_->addItem(tr("every class"), -1);
  connect(classBox_, &QComboBox::activated, this, [this] {
    label_ = classBox_->currentData().toLongLong();
    open();
  });
  jump_ = new QSpinBox;
  jump_->setPrefix(tr("go to "));
  jump_->setAccessibleName(tr("Go to position"));
  jump_->setKeyboardTracking(false);
  jump_->setRange(0, 0);
  connect(jump_, &QSpinBox::valueChanged, this, [this](int position) { grid_->setCurrent(position); });
  return {splitBox_, classBox_, jump_};
}

RunConfig DataPanel::config() const {
  if (folder_.isEmpty()) return configOf(session().currentRun());
  RunConfig config;
  config.data.type = DataType::ImageFolder;
  config.data.root = folder_.toStdString();
  config.model.classes = kMostClasses;
  return config;
}

DatasetRequest DataPanel::request(qint64 first, qint64 count) const {
  DatasetRequest request;
  request.config = openConfig_;
  request.split = split_.toStdString();
  request.first = first;
  request.count = count;
  request.label = label_;
  request.thumbnail = kThumbnailPixels;
  return request;
}

void DataPanel::activate() {
  if (isScanWanted_) return openFolder(folder_);
  if (toJsonText(config()) != openConfig_ || classNames_.empty()) open();
}

void DataPanel::setSplit(const QString& split) {
  split_ = split;
  open();
}

void DataPanel::open() {
  const RunConfig given = config();
  const std::string text = toJsonText(given);
  if (text != openConfig_) {
    label_ = -1;
    classNames_.clear();
  }
  openConfig_ = text;
  const bool isFolder = given.data.type == DataType::ImageFolder;
  doctor_->setData(text, isFolder ? QString::fromStdString(given.data.root) : QString(), !folder_.isEmpty());
  isOpening_ = true;
  retry_->setVisible(false);
  empty_->setText(tr("Opening the data set"), tr("Reading its index; images follow as they are shown."));
  if (grid_->count() == 0) stack_->setCurrentWidget(empty_);
  emit statusChanged(tr("Opening the data set"), {});
  session().ask(request(0, 1), this, [this](const WorkerReply& reply) {
    if (reply.isLast) takeFirst(reply);
  });
}

void DataPanel::takeFirst(const WorkerReply& reply) {
  isOpening_ = false;
  if (!reply.error.isEmpty()) {
    fail(reply.error);
    return;
  }
  try {
    const auto page = unpack<DatasetPage>(reply.message);
    showClasses(page);
    const qint64 count = label_ >= 0 ? page.matching : page.total;
    grid_->setPlaceholder(tr("No image of this class in this split"));
    stack_->setCurrentIndex(1);
    grid_->reset(count);
    if (jump_) {
      const QSignalBlocker quiet(jump_);
      jump_->setRange(0, static_cast<int>(std::max<qint64>(0, count - 1)));
    }
    gridHeader_->setSubtitle(label_ >= 0 ? tr("%1 of %2").arg(integer(count), integer(page.total)) : integer(count));
    emit statusChanged(tr("Enter opens the selected image in Attention"), tr("%1 images").arg(integer(count)));
  } catch (const Error& error) {
    fail(QString::fromStdString(error.what()));
  }
}

void DataPanel::fail(const QString& words) {
  grid_->reset(0);
  empty_->setText(tr("The data set cannot be opened"), words);
  retry_->setVisible(true);
  stack_->setCurrentWidget(empty_);
  emit statusChanged(tr("The data set cannot be opened"), {});
}

void DataPanel::showClasses(const DatasetPage& page) {
  std::vector<QString> names;
  for (std::size_t i = 0; i < page.classNames.size(); ++i) names.push_back(shortName(page, i));
  if (names != classNames_ && classBox_) {
    const QSignalBlocker quiet(classBox_);
    classBox_->clear();
    classBox_->addItem(tr("every class"), -1);
    for (std::size_t i = 0; i < names.size(); ++i) classBox_->addItem(names[i], static_cast<qlonglong>(i));
    classBox_->setCurrentIndex(classBox_->findData(static_cast<qlonglong>(label_)));
  }
  classNames_ = std::move(names);
  QString numbers;
  for (std::size_t i = 0; i < page.mean.size() && i < page.deviation.size(); ++i) {
    numbers += (i > 0 ? ", " : "") + tr("%1 \u00B1 %2").arg(page.mean[i], 0, 'g', 3).arg(page.deviation[i], 0, 'g', 3);
  }
  facts_->setText(tr("<b>%1</b> images, <b>%2</b> classes%3")
                      .arg(integer(page.total))
                      .arg(classNames_.size())
                      .arg(numbers.isEmpty() ? QString() : tr("<br>mean and deviation %1").arg(numbers)));
  QString rows;
  std::int64_t largest = 1;
  for (const std::int64_t count : page.classCounts) largest = std::max(largest, count);
  for (std::size_t i = 0; i < classNames_.size() && i < page.classCounts.size() && i < 200; ++i) {
    const bool isEmpty = page.classCounts[i] == 0;
    const QString count =
        isEmpty ? QStringLiteral("<span style='color:%1'>%2</span>").arg(theme().tokens().bad.name(), tr("none"))
                : integer(page.classCounts[i]);
    rows += QStringLiteral("<tr><td>%1</td><td align='right'>&nbsp;&nbsp;%2</td></tr>")
                .arg(classNames_[i].toHtmlEscaped(), count);
  }
  classes_->setText(QStringLiteral("<table width='100%'>%1</table>").arg(rows));
}

void DataPanel::askPage(int generation, qint64 first, qint64 count) {
  ++openPages_;
  session().ask(request(first, count), this, [this, generation, first](const WorkerReply& reply) {
    if (!reply.isLast) return;
    --openPages_;
    if (!reply.error.isEmpty() || !holds<DatasetPage>(reply.message)) {
      grid_->forgetPage(generation, first);
      return;
    }
    const auto page = unpack<DatasetPage>(reply.message);
    grid_->setThumbnails(generation, first, thumbnailsOf(page, reply.message, classNames_));
  });
}

void DataPanel::showCurrent(qint64 position) {
  const Thumbnail* item = grid_->thumbnail(position);
  openAttention_->setEnabled(item && item->defect.isEmpty());
  if (jump_) {
    const QSignalBlocker quiet(jump_);
    jump_->setValue(static_cast<int>(position));
  }
  picture_->setImage(item ? item->image : QImage());
  picture_->setPlaceholder(!item                    ? tr("Select an image")
                           : item->defect.isEmpty() ? tr("Loading")
                                                    : tr("This file does not decode: %1").arg(item->defect));
  pictureHeader_->setTitle(item ? tr("Image %1").arg(item->index) : tr("Image"));
  pictureHeader_->setSubtitle(item ? item->label : QString());
}

void DataPanel::openFolder(const QString& folder) {
  folder_ = folder;
  isScanWanted_ = grid_ == nullptr;
  if (isScanWanted_) return;  // the cards are made at the first visit
  // A folder has a training part; validation comes with some.
  split_ = QStringLiteral("train");
  if (splitBox_) splitBox_->setCurrent(1);
  open();
  doctor_->scan();
}

void DataPanel::showFault(const QString& file, const QString& cause) {
  picture_->setImage({});
  picture_->setPlaceholder(cause);
  pictureHeader_->setTitle(QFileInfo(file).fileName());
  pictureHeader_->setSubtitle(QFileInfo(file).path());
  DatasetRequest wanted;
  wanted.config = openConfig_;
  wanted.path = file.toStdString();
  wanted.thumbnail = kFaultPixels;
  session().ask(wanted, this, [this, file](const WorkerReply& reply) {
    const bool isCurrent = pictureHeader_->title() == QFileInfo(file).fileName();
    if (!reply.isLast || !isCurrent || !reply.error.isEmpty() || !holds<DatasetPage>(reply.message)) return;
    const auto thumbnails = thumbnailsOf(unpack<DatasetPage>(reply.message), reply.message, {});
    if (!thumbnails.empty() && !thumbnails[0].image.isNull()) picture_->setImage(thumbnails[0].image);
  });
}

}  // namespace slab
