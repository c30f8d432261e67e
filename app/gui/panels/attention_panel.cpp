#include "app/gui/panels/attention_panel.h"

#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QTextStream>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "app/gui/panels/run_config.h"
#include "app/gui/session.h"
#include "core/base/format.h"
#include "core/config/shown_size.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

constexpr int kLargestIndex = 9'999'999;

QString number(double value, int digits = 3) {
  return QString::fromStdString(formatNumber(value, digits));
}

QString milliseconds(double value) {
  return (value < 10 ? number(value, 2) : QString::number(std::llround(value))) + " ms";
}

QWidget* padded(QWidget* inner) {
  auto* box = new QWidget;
  auto* layout = new QVBoxLayout(box);
  setMargins(layout, size::kSmall, 0, size::kSmall, 0);
  layout->addWidget(inner);
  return box;
}

}  // namespace

Panel* makeAttentionPanel(Session& session, QObject* parent) {
  return new AttentionPanel(session, parent);
}

AttentionPanel::AttentionPanel(Session& session, QObject* parent)
    : Panel(session, parent),
      first_(new AttentionPane(session, 0, this)),
      second_(new AttentionPane(session, 1, this)),
      previous_(new QAction(tr("&Previous image"), this)),
      next_(new QAction(tr("&Next image"), this)),
      openFile_(new QAction(tr("Open an &image file..."), this)),
      export_(new QAction(tr("&Export the map..."), this)),
      resetView_(new QAction(tr("&Whole image"), this)) {
  subject_.image.index = 0;
  previous_->setShortcut(QKeySequence("Alt+Left"));
  next_->setShortcut(QKeySequence("Alt+Right"));
  openFile_->setShortcut(QKeySequence("Ctrl+Shift+O"));
  export_->setShortcut(QKeySequence("Ctrl+Shift+E"));
  export_->setIconText(tr("Export"));
  resetView_->setShortcut(QKeySequence("Ctrl+0"));
  connect(previous_, &QAction::triggered, this, [this] { moveImage(-1); });
  connect(next_, &QAction::triggered, this, [this] { moveImage(1); });
  connect(openFile_, &QAction::triggered, this, &AttentionPanel::openFile);
  connect(export_, &QAction::triggered, this, &AttentionPanel::exportMap);
  connect(resetView_, &QAction::triggered, this, [this] { first_->view()->fit(); });
  connect(&session, &Session::placeWanted, this, &AttentionPanel::showPlace);
}

QList<QAction*> AttentionPanel::menuActions() const {
  return {previous_, next_, openFile_, resetView_, export_};
}

std::vector<PanelCard> AttentionPanel::makeCards() {
  strip_ = new HeadStrip;
  stripBar_ = new ColourBar;
  stripHeader_ = new CardHeader(tr("All heads of this layer"));
  stripHeader_->addWidget(stripBar_);
  side_ = new AttentionSide;
  connect(strip_, &HeadStrip::headPicked, this, [this](int head) {
    subject_.head = head;
    show();
  });
  connect(side_->layers(), &LayerGrid::picked, this, [this](int layer, int head) {
    subject_.layer = layer;
    subject_.head = head;
    show();
  });
  connect(side_, &AttentionSide::styleEdited, this, [this](const std::function<void(OverlayStyle&)>& edit) {
    edit(style_);
    applyStyle();
  });
  for (AttentionPane* pane : {first_, second_}) {
    AttentionPane* other = pane == first_ ? second_ : first_;
    connect(pane, &AttentionPane::queryPicked, this, [this](QPointF at) {
      subject_.query = at;
      subject_.isMean = false;
      show();
    });
    connect(pane, &AttentionPane::changed, this, [this] {
      applyStyle();
      updateLayers();
      updateStatus();
    });
    connect(pane->view(), &AttentionView::cursorMoved, this, [this, other](int row, int column) {
      const bool isInside = row >= 0 && row < other->view()->map().rows && column < other->view()->map().columns;
      other->view()->setCursorToken(isInside ? std::optional(QPoint(column, row)) : std::nullopt);
      side_->showToken(first_->view()->map(), style_, row, column);
    });
    connect(pane->view(), &PictureView::viewportChanged, other->view(), &PictureView::setViewport);
  }
  connect(&session(), &Session::runsChanged, this, &AttentionPanel::chooseRun);
  connect(&session(), &Session::currentRunChanged, this, [this] {
    first_->setRun({});
    chooseRun();
  });
  applyStyle();
  return {{"first", tr("Model"), first_->content(), first_->header()},
          {"second", tr("Second model"), second_->content(), second_->header()},
          {"heads", tr("Heads"), padded(strip_), stripHeader_},
          {"side", tr("Layer and head"), side_, nullptr}};
}

CardLayout AttentionPanel::defaultLayout() const {
  return CardLayout::row(
      {CardLayout::column({CardLayout::row({CardLayout::leaf("first"), CardLayout::leaf("second")}, 71),
                           CardLayout::leaf("heads", 25)},
                          78),
       CardLayout::leaf("side", 22)});
}

QList<QWidget*> AttentionPanel::makeContextWidgets() {
  imageIndex_ = new QSpinBox;
  imageIndex_->setRange(0, kLargestIndex);
  imageIndex_->setPrefix(tr("image "));
  imageIndex_->setAccessibleName(tr("Image of the validation set"));
  imageIndex_->setKeyboardTracking(false);
  nameImage();  // shown before the field was there
  connect(imageIndex_, &QSpinBox::valueChanged, this, [this](int index) { showImage({}, index); });
  label_ = new Chip;
  label_->hide();
  auto* mode = new Segmented(tr("Row"));
  mode->setOptions({tr("Query"), tr("Mean")});
  connect(mode, &Segmented::activated, this, [this](int index) {
    subject_.isMean = index == 1;
    show();
  });
  auto* opacity = makeRoomySlider();
  opacity->setRange(0, 100);
  opacity->setValue(static_cast<int>(style_.opacity * 100));
  opacity->setFixedWidth(theme().px(90));
  opacity->setAccessibleName(tr("Opacity of the map"));
  opacity->setToolTip(tr("Opacity of the map"));
  connect(opacity, &QSlider::valueChanged, this, [this](int percent) {
    style_.opacity = percent / 100.0;
    applyStyle();
  });
  auto* colours = new QComboBox;
  for (const ColourMap map : kSequentialMaps) colours->addItem(colourMapName(map));
  colours->setCurrentText(colourMapName(style_.map));
  colours->setAccessibleName(tr("Colour map"));
  connect(colours, &QComboBox::currentTextChanged, this, [this](const QString& name) {
    style_.map = colourMapFromName(name);
    applyStyle();
  });
  auto* scale = new Segmented(tr("Colour scale"));
  scale->setOptions({tr("shared scale"), tr("own")});
  connect(scale, &Segmented::activated, this, [this](int index) {
    isShared_ = index == 0;
    applyStyle();
  });
  return {imageIndex_, label_, mode, opacity, colours, scale};
}

void AttentionPanel::activate() {
  isActive_ = true;
  chooseRun();
  updateStatus();
}

void AttentionPanel::chooseRun() {
  if (!isActive_) return;
  if (first_->run().isEmpty()) {
    const RunRow* current = session().currentRun();
    const RunRow* chosen = current && !current->lastCheckpoint.isEmpty() ? current : nullptr;
    for (const RunRow& row : session().runs()) {
      if (!chosen && !row.lastCheckpoint.isEmpty()) chosen = &row;
    }
    if (!chosen) return;
    shownCheckpoint_ = chosen->lastCheckpoint;
    first_->show(subject_);
    first_->setRun(chosen->path);
    return;
  }
  // A training that wrote a newer checkpoint: the map follows.
  const RunRow* row = session().run(first_->run());
  if (row && row->lastCheckpoint != shownCheckpoint_) {
    shownCheckpoint_ = row->lastCheckpoint;
    first_->refresh();
  }
}

void AttentionPanel::show() {
  first_->show(subject_);
  second_->show(subject_);
  updateStatus();
}

bool AttentionPanel::isSettled() const {
  return !first_->isBusy() && !second_->isBusy();
}

ValueScale AttentionPanel::sharedScale() const {
  ValueScale scale = first_->view()->mapScale();
  if (second_->hasMap()) scale = united(scale, second_->view()->mapScale());
  return scale;
}

void AttentionPanel::applyStyle() {
  for (AttentionPane* pane : {first_, second_}) {
    pane->view()->setStyle(style_);
    pane->view()->setScale(std::nullopt);
  }
  if (isShared_ && second_->hasMap()) {
    const ValueScale shared = sharedScale();
    first_->view()->setScale(shared);
    second_->view()->setScale(shared);
  }
  side_->bar()->setScale(style_.effectiveMap(), first_->view()->scale());
  updateHeads();
}

void AttentionPanel::updateHeads() {
  ValueScale scale;
  for (const TokenMap& head : first_->heads()) {
    scale = united(scale, ownScale(shownValues(head, style_), style_.isSigned()));
  }
  strip_->setImage(first_->view()->image());
  strip_->setStyle(style_);
  strip_->setScale(isShared_ ? std::optional(scale) : std::nullopt);
  strip_->setHeads(first_->heads());
  strip_->setCurrent(std::min(subject_.head, std::max(0, strip_->count() - 1)));
  stripHeader_->setSubtitle(first_->heads().empty() ? QString()
                            : isShared_             ? tr("same query, same scale")
                                                    : tr("same query, each its own scale"));
  stripBar_->setVisible(isShared_ && !first_->heads().empty());
  stripBar_->setScale(style_.effectiveMap(), scale);
}

void AttentionPanel::updateLayers() {
  std::vector<LayerEntry> entries;
  int stage = -1;
  for (std::size_t i = 0; i < first_->layers().size(); ++i) {
    const AttentionLayer& layer = first_->layers()[i];
    LayerEntry entry;
    entry.name = QString::fromStdString(layer.name);
    entry.stage = layer.stage != stage ? tr("stage %1").arg(layer.stage + 1) : QString();
    stage = layer.stage;
    entry.kind = layer.kind == "linear" ? tr("linear attention") : tr("softmax attention");
    if (layer.windowWidth > 0) {
      entry.kind += tr(", stripes of %1 x %2").arg(layer.window).arg(layer.windowWidth);
    } else if (layer.window > 0) {
      entry.kind += tr(", window %1").arg(layer.window);
    }
    entry.heads = layer.heads;
    const int windowTokens = layer.window * layer.windowColumns(), gridTokens = layer.gridHeight * layer.gridWidth;
    entry.tokens = layer.window <= 0 ? gridTokens : std::min(windowTokens, gridTokens);
    if (i < first_->entropies().size()) entry.entropy = first_->entropies()[i];
    entries.push_back(entry);
  }
  side_->layers()->setLayers(entries);
  side_->layers()->setCurrent(subject_.layer, subject_.head);
  const AttentionMap& reply = first_->reply();
  const bool isKnown = first_->hasMap() && (reply.label >= 0 || !reply.labelName.empty());
  if (!label_) return;
  label_->setVisible(isKnown);
  const QString guess = reply.top.empty() ? QString() : QString::fromStdString(reply.top.front().name);
  const QString name = reply.labelName.empty() ? QString::number(reply.label) : QString::fromStdString(reply.labelName);
  label_->setParts(tr("label"), name, guess.isEmpty() || guess == name ? QString() : tr("model says %1").arg(guess));
}

void AttentionPanel::updateStatus() {
  const TokenMap& map = first_->view()->map();
  side_->showRow(map);
  if (map.empty()) {
    emit statusChanged(first_->isBusy() ? tr("Computing the map") : tr("No map yet"), {});
    return;
  }
  const QString query =
      subject_.isMean
          ? tr("mean over %1 queries").arg(map.tokens())
          : tr("query (%1, %2) of %3 \u00D7 %4").arg(map.query.y()).arg(map.query.x()).arg(map.rows).arg(map.columns);
  emit statusChanged(tr("Exact rows, signed, zero beyond the true borders. Click, drag or arrow keys move the query"),
                     tr("%1   computed in %2").arg(query, milliseconds(first_->reply().milliseconds)));
}

void AttentionPanel::showImage(const QString& split, qint64 index) {
  subject_.image.path.clear();
  if (!split.isEmpty()) subject_.image.split = split.toStdString();
  subject_.image.index = index;
  nameImage();
  show();
}

void AttentionPanel::nameImage() {
  if (!imageIndex_) return;
  const QString path = QString::fromStdString(subject_.image.path);
  const QSignalBlocker quiet(imageIndex_);
  imageIndex_->setSpecialValueText(QFileInfo(path).fileName());  // stands for the lowest value; empty: none does
  imageIndex_->setToolTip(path);
  imageIndex_->setMinimum(path.isEmpty() ? 0 : -1);
  imageIndex_->setValue(path.isEmpty() ? static_cast<int>(subject_.image.index) : -1);
}

QPointF placeInEvaluation(QSize pixels, QPointF at, int imageSize) {
  if (pixels == QSize(imageSize, imageSize)) return at / imageSize;
  const int shorter = static_cast<int>(256.0 / 224.0 * imageSize);
  const double scale = static_cast<double>(shorter) / std::min(pixels.width(), pixels.height());
  const auto along = [&](double place, int length) { return ((place - length / 2.0) * scale) / imageSize + 0.5; };
  return {along(at.x(), pixels.width()), along(at.y(), pixels.height())};
}

QPointF placeInDetection(QSize pixels, QPointF at, const DataConfig& data) {
  const PixelSize shown = evaluationSize(pixels.width(), pixels.height(), data);
  const auto along = [](double place, int length, int shownLength) {
    return place / length * shownLength / static_cast<double>(filledUp(shownLength));
  };
  return {along(at.x(), pixels.width(), shown.width), along(at.y(), pixels.height(), shown.height)};
}

void AttentionPanel::showPlace(const ImagePlace& place) {
  if (place.index >= 0) return showImage(place.split, place.index);
  subject_.image.path = place.file.toStdString();
  nameImage();
  if (place.at && !place.pixels.isEmpty()) {
    const RunRow* row = session().run(first_->run());
    const RunConfig config = configOf(row ? row : session().currentRun());
    const QPointF at = config.isDetector()
                           ? placeInDetection(place.pixels, *place.at, config.data)
                           : placeInEvaluation(place.pixels, *place.at, static_cast<int>(config.model.imageSize));
    const QPointF inside(std::clamp(at.x(), 0.0, 1.0), std::clamp(at.y(), 0.0, 1.0));
    subject_.query = inside;
    subject_.isMean = false;
    if (inside != at) {
      this->session().report(tr("An evaluation crops this place away; the map is of the nearest patch."), "warning");
    }
  }
  show();
}

void AttentionPanel::moveImage(int step) {
  showImage({}, std::clamp<qint64>(subject_.image.index + step, 0, kLargestIndex));
}

void AttentionPanel::openFile() {
  const QString path = QFileDialog::getOpenFileName(first_->content(), tr("Open an image"), {},
                                                    tr("Images (*.png *.jpg *.jpeg *.bmp *.ppm *.pgm *.webp)"));
  if (path.isEmpty()) return;
  subject_.image.path = path.toStdString();
  nameImage();
  show();
}

void AttentionPanel::exportMap() {
  const TokenMap& map = first_->view()->map();
  if (map.empty()) {
    session().report(tr("There is no map to export yet."), "warning");
    return;
  }
  const QString path = QFileDialog::getSaveFileName(first_->content(), tr("Export the map"), "attention.png",
                                                    tr("Picture (*.png);;Values (*.csv)"));
  if (path.isEmpty()) return;
  bool isWritten = false;
  if (path.endsWith(".csv", Qt::CaseInsensitive)) {
    QFile file(path);
    isWritten = file.open(QIODevice::WriteOnly | QIODevice::Text);
    QTextStream out(&file);
    out << "row,column,weight,depthwise\n";
    for (int i = 0; i < map.tokens(); ++i) {
      const auto at = static_cast<std::size_t>(i);
      out << i / map.columns << ',' << i % map.columns << ',' << map.weights[at] << ','
          << (map.hasDepthwise() ? QString::number(map.depthwise[at]) : QString()) << '\n';
    }
  } else {
    isWritten = first_->view()->grab().save(path);
  }
  session().report(
      isWritten ? tr("Saved %1").arg(path) : tr("%1 could not be written. Choose another folder.").arg(path),
      isWritten ? QString() : QStringLiteral("bad"));
}

}  // namespace slab
