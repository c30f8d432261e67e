#include "app/gui/panels/data_panel.h"

#include <QScrollArea>
#include <QVBoxLayout>
#include <algorithm>

#include "app/gui/panels/attention_panel.h"
#include "app/gui/panels/run_config.h"
#include "app/gui/session.h"
#include "core/base/format.h"
#include "core/config/load.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

constexpr int kThumbnailPixels = 56;
constexpr std::size_t kMostDefectsNamed = 12;

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
      openAttention_(new QAction(tr("Open in &Attention"), this)),
      scan_(new QAction(tr("&Scan for damage"), this)),
      larger_(new QAction(tr("&Larger thumbnails"), this)),
      smaller_(new QAction(tr("S&maller thumbnails"), this)),
      retry_(new QAction(tr("Try again"), this)) {
  openAttention_->setShortcut(QKeySequence("Ctrl+Shift+T"));
  scan_->setShortcut(QKeySequence("Ctrl+Shift+S"));
  larger_->setShortcut(QKeySequence("Ctrl+Alt+="));
  smaller_->setShortcut(QKeySequence("Ctrl+Alt+-"));
  connect(larger_, &QAction::triggered, this, [this] { grid_->setThumbnailSide(grid_->thumbnailSide() * 5 / 4); });
  connect(smaller_, &QAction::triggered, this, [this] { grid_->setThumbnailSide(grid_->thumbnailSide() * 4 / 5); });
  connect(scan_, &QAction::triggered, this, &DataPanel::scan);
  connect(retry_, &QAction::triggered, this, &DataPanel::open);
  connect(openAttention_, &QAction::triggered, this, [this] {
    const Thumbnail* item = grid_ ? grid_->thumbnail(grid_->current()) : nullptr;
    auto* attention = this->parent() ? this->parent()->findChild<AttentionPanel*>() : nullptr;
    if (!item || !attention) return;
    attention->showImage(split_, item->index);
    this->session().showWorkspace("attention");
  });
  openAttention_->setEnabled(false);
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
  picture_ = new ImageView;
  picture_->setPlaceholder(tr("Select an image"));
  pictureHeader_ = new CardHeader(tr("Image"));
  connect(grid_, &DatasetGrid::pageWanted, this, &DataPanel::askPage);
  connect(grid_, &DatasetGrid::currentChanged, this, &DataPanel::showCurrent);
  connect(grid_, &DatasetGrid::activated, openAttention_, &QAction::trigger);
  connect(&session(), &Session::currentRunChanged, this, [this] {
    if (stack_->isVisible()) activate();
  });
  return {{"grid", tr("Images"), stack_, gridHeader_},
          {"picture", tr("Image"), padded(picture_), pictureHeader_},
          {"details", tr("Data set"), makeDetails(), nullptr}};
}

CardLayout DataPanel::defaultLayout() const {
  return CardLayout::row({CardLayout::leaf("grid", 70),
                          CardLayout::column({CardLayout::leaf("picture", 45), CardLayout::leaf("details", 55)}, 30)});
}

QWidget* DataPanel::makeDetails() {
  auto* page = new QWidget;
  auto* column = new QVBoxLayout(page);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  facts_ = wordsLabel(tr("Facts"));
  classes_ = wordsLabel(tr("Classes"));
  health_ = wordsLabel(tr("Scan"));
  health_->setText(tr("Not scanned for damaged files yet."));
  setTone(health_, "muted");
  for (QLabel* label : {facts_, classes_, health_}) column->addWidget(label);
  column->addStretch(1);
  auto* scroll = new QScrollArea;
  scroll->setWidget(page);
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setFocusPolicy(Qt::NoFocus);
  return scroll;
}

QList<QWidget*> DataPanel::makeContextWidgets() {
  auto* split = new Segmented(tr("Split"));
  split->setOptions({tr("validation"), tr("training")});
  connect(split, &Segmented::activated, this, [this](int index) { setSplit(index == 0 ? "val" : "train"); });
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
  return {split, classBox_, jump_};
}

std::string DataPanel::configText() const {
  return toJsonText(configOf(session().currentRun()));
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
  if (configText() != openConfig_ || classNames_.empty()) open();
}

void DataPanel::setSplit(const QString& split) {
  split_ = split;
  open();
}

void DataPanel::open() {
  const std::string config = configText();
  if (config != openConfig_) {
    label_ = -1;
    classNames_.clear();
    health_->setText(tr("Not scanned for damaged files yet."));
  }
  openConfig_ = config;
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
  for (const std::string& name : page.classNames) names.push_back(QString::fromStdString(name));
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

void DataPanel::scan() {
  if (scanning_ != 0) return;
  ScanRequest request;
  request.config = openConfig_.empty() ? configText() : openConfig_;
  health_->setText(tr("Scanning every file of the data set."));
  scanning_ = session().ask(request, this, [this](const WorkerReply& reply) { takeScan(reply); });
  scan_->setEnabled(false);
}

void DataPanel::takeScan(const WorkerReply& reply) {
  if (!reply.isLast) {
    if (!holds<ProgressBody>(reply.message)) return;
    const auto progress = unpack<ProgressBody>(reply.message);
    health_->setText(tr("Scanned %1 of %2").arg(integer(progress.done), integer(progress.total)));
    return;
  }
  scanning_ = 0;
  scan_->setEnabled(true);
  if (!reply.error.isEmpty()) {
    health_->setText(reply.error.toHtmlEscaped());
    return;
  }
  const auto report = unpack<ScanReport>(reply.message);
  QString words = report.bad == 0 ? tr("All %1 images decode.").arg(integer(report.images))
                                  : tr("<b>%1 of %2 images do not decode</b>; training skips and counts them.")
                                        .arg(integer(report.bad), integer(report.images));
  for (std::size_t i = 0; i < report.defects.size() && i < kMostDefectsNamed; ++i) {
    words += QStringLiteral("<br>%1: %2")
                 .arg(QString::fromStdString(report.defects[i].path).toHtmlEscaped(),
                      QString::fromStdString(report.defects[i].reason).toHtmlEscaped());
  }
  for (const std::string& name : report.emptyClasses) {
    words += tr("<br>Class %1 has no image.").arg(QString::fromStdString(name).toHtmlEscaped());
  }
  health_->setText(words);
}

}  // namespace slab
