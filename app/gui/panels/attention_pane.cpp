#include "app/gui/panels/attention_pane.h"

#include <QVBoxLayout>
#include <algorithm>

#include "app/gui/model_choice.h"
#include "app/gui/session.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

QImage imageOf(const Message& message) {
  const WireArray* array = message.find("image");
  if (!array || array->dtype != "u8" || array->shape.size() != 3) return {};
  Image image;
  image.height = static_cast<int>(array->shape[0]);
  image.width = static_cast<int>(array->shape[1]);
  image.channels = static_cast<int>(array->shape[2]);
  image.pixels = array->bytes;
  const bool fits = image.channels == 1 || image.channels == 3 || image.channels == 4;
  return fits && image.pixels.size() == image.rowBytes() * static_cast<std::size_t>(image.height) ? toQImage(image)
                                                                                                  : QImage();
}

/// The tokens that share the query's window, shift and wrapped borders included; null for global attention.
QRect windowAround(QPoint query, const AttentionLayer& layer) {
  if (layer.window <= 0) return {};
  if (layer.window >= layer.gridHeight && layer.windowColumns() >= layer.gridWidth) return {};
  const auto span = [&](int at, int size, int side, int& first, int& length) {
    const int origin = (at + side - layer.shift) / side * side - side + layer.shift;
    first = std::max(0, origin);
    length = std::min(size, origin + side) - first;
  };
  int left = 0, width = 0, top = 0, height = 0;
  span(query.x(), layer.gridWidth, layer.windowColumns(), left, width);
  span(query.y(), layer.gridHeight, layer.window, top, height);
  return {left, top, width, height};
}

QString kindWords(const AttentionLayer& layer) {
  if (layer.kind == "linear") return AttentionPane::tr("linear attention, exact row");
  if (layer.windowWidth > 0) {
    return AttentionPane::tr("softmax, stripes of %1 x %2").arg(layer.window).arg(layer.windowWidth);
  }
  if (layer.window > 0) return AttentionPane::tr("softmax, window %1").arg(layer.window);
  return AttentionPane::tr("softmax, exact row");
}

}  // namespace

std::vector<TokenMap> tokenMapsOf(const AttentionMap& map, const Message& message) {
  const WireArray* rows = message.find("attention");
  if (!rows || rows->shape.size() != 3 || rows->shape[1] != map.gridHeight || rows->shape[2] != map.gridWidth)
    return {};
  const std::vector<float> weights = floatValues(*rows);
  const WireArray* signedRows = message.find("depthwise");
  const std::vector<float> depthwise =
      signedRows && signedRows->shape == rows->shape ? floatValues(*signedRows) : std::vector<float>();
  const auto tokens = static_cast<std::ptrdiff_t>(map.gridHeight) * map.gridWidth;
  std::vector<TokenMap> heads;
  for (std::ptrdiff_t head = 0; head < rows->shape[0]; ++head) {
    TokenMap one;
    one.rows = map.gridHeight;
    one.columns = map.gridWidth;
    one.weights.assign(weights.begin() + head * tokens, weights.begin() + (head + 1) * tokens);
    if (!depthwise.empty()) {
      one.depthwise.assign(depthwise.begin() + head * tokens, depthwise.begin() + (head + 1) * tokens);
    }
    if (map.query >= 0) {
      one.query = QPoint(static_cast<int>(map.query) % map.gridWidth, static_cast<int>(map.query) / map.gridWidth);
      const auto layer = static_cast<std::size_t>(map.layer);
      if (layer < map.layers.size()) one.window = windowAround(one.query, map.layers[layer]);
    } else {
      one.query = QPoint(-1, -1);
    }
    heads.push_back(std::move(one));
  }
  return heads;
}

AttentionPane::AttentionPane(Session& session, int index, QObject* parent)
    : QObject(parent),
      session_(session),
      index_(index),
      stack_(new QStackedWidget),
      empty_(new EmptyState({}, {})),
      view_(new AttentionView),
      header_(new CardHeader({})),
      picker_(new QPushButton(tr("choose a run"))),
      retry_(new QAction(tr("Try again"), this)) {
  stack_->addWidget(empty_);
  auto* frame = new QWidget;
  auto* frameLayout = new QVBoxLayout(frame);
  setMargins(frameLayout, size::kMedium, size::kTiny, size::kMedium, size::kMedium);
  frameLayout->addWidget(view_);
  stack_->addWidget(frame);
  picker_->setProperty("small", true);
  picker_->setAccessibleName(tr("Run of the map"));
  auto* menu = new QMenu(picker_);
  picker_->setMenu(menu);
  connect(menu, &QMenu::aboutToShow, this, &AttentionPane::fillMenu);
  header_->addWidget(picker_);
  auto* choose = new QAction(index == 0 ? tr("Choose a run") : tr("Compare with a run"), this);
  connect(choose, &QAction::triggered, this, [this] { picker_->showMenu(); });
  empty_->addButton(choose);
  connect(retry_, &QAction::triggered, this, &AttentionPane::refresh);
  retry_->setVisible(false);
  empty_->addButton(retry_);
  connect(view_, &AttentionView::queryPicked, this, [this](int row, int column) {
    const TokenMap& map = view_->map();
    emit queryPicked(QPointF((column + 0.5) / map.columns, (row + 0.5) / map.rows));
  });
  setRun({});
}

void AttentionPane::fillMenu() {
  QMenu* menu = picker_->menu();
  menu->clear();
  fillModelMenu(menu, session_, false, [this](const QString& key) { setRun(key); });
  if (index_ > 0 && !run_.isEmpty()) {
    menu->addSeparator();
    connect(menu->addAction(tr("One model only")), &QAction::triggered, this, [this] { setRun({}); });
  }
}

void AttentionPane::setRun(const QString& run) {
  run_ = run;
  reply_ = {};
  heads_.clear();
  entropies_.clear();
  needsImage_ = true;
  asked_.clear();
  view_->clearMap();
  retry_->setVisible(false);
  if (run.isEmpty()) {
    empty_->setText(index_ == 0 ? tr("No attention map yet") : tr("One model"),
                    index_ == 0
                        ? tr("A run's first checkpoint shows its map here. Click a patch to ask what it looks at.")
                        : tr("Choose a second run to see both side by side: same image, same query."));
    stack_->setCurrentWidget(empty_);
  } else {
    ask();
  }
  updateHeader();
  emit changed();
}

void AttentionPane::show(const AttentionSubject& subject) {
  const bool isNewImage = subject.image.path != subject_.image.path || subject.image.index != subject_.image.index ||
                          subject.image.split != subject_.image.split;
  const bool isHeadOnly = !isNewImage && hasMap() && subject.query == subject_.query &&
                          subject.isMean == subject_.isMean && subject.layer == subject_.layer;
  needsImage_ = needsImage_ || isNewImage;
  const bool changesQuery = subject.query != subject_.query || subject.isMean != subject_.isMean || isNewImage;
  subject_ = subject;
  if (changesQuery) entropies_.assign(entropies_.size(), {});
  if (run_.isEmpty()) return;
  if (isHeadOnly && request_ == 0) {
    showHead();
    emit changed();
  } else {
    ask();
  }
}

void AttentionPane::refresh() {
  needsImage_ = true;
  if (!run_.isEmpty()) ask();
}

QString AttentionPane::checkpoint() const {
  const auto choice = modelChoice(session_, run_);
  return choice ? QString::fromStdString(choice->source.checkpoint) : QString();
}

int AttentionPane::layerIndex() const {
  if (reply_.layers.empty()) return std::max(0, subject_.layer);
  return std::clamp(subject_.layer, 0, static_cast<int>(reply_.layers.size()) - 1);
}

AttentionRequest AttentionPane::requestFor(int layer, bool wantImage) const {
  AttentionRequest request;
  request.source.checkpoint = checkpoint().toStdString();
  request.image = subject_.image;
  request.layer = layer;
  request.wantImage = wantImage;
  const auto index = static_cast<std::size_t>(layer);
  if (!subject_.isMean && index < reply_.layers.size()) {
    const AttentionLayer& grid = reply_.layers[index];
    const auto at = [](double fraction, int size) {
      return std::clamp(static_cast<int>(fraction * size), 0, size - 1);
    };
    request.query = static_cast<std::int64_t>(at(subject_.query.y(), grid.gridHeight)) * grid.gridWidth +
                    at(subject_.query.x(), grid.gridWidth);
  }
  return request;
}

void AttentionPane::ask() {
  if (request_ != 0) {
    isDirty_ = true;
    return;
  }
  if (background_ != 0) session_.cancel(background_);
  background_ = 0;
  isDirty_ = false;
  if (checkpoint().isEmpty()) {
    fail(tr("This run has no checkpoint yet. One is written at the end of each epoch, or now with Checkpoint."));
    return;
  }
  if (!hasMap()) {
    empty_->setText(tr("Computing the map"), tr("Loading the checkpoint and running the image through it."));
    stack_->setCurrentWidget(empty_);
  }
  // The grids are known from the first answer on; before it the query can't be placed.
  asked_ = checkpoint();
  const bool isFirst = reply_.layers.empty();
  request_ = session_.ask(requestFor(isFirst ? 0 : layerIndex(), needsImage_ || isFirst), this,
                          [this](const WorkerReply& reply) { take(reply); });
  updateHeader();
}

void AttentionPane::take(const WorkerReply& reply) {
  if (!reply.isLast) return;
  request_ = 0;
  if (asked_ != checkpoint() && !asked_.isEmpty() && reply.error.isEmpty() && isDirty_) {
    ask();
    return;
  }
  if (!reply.error.isEmpty()) {
    fail(reply.error);
    return;
  }
  const bool isFirst = reply_.layers.empty();
  try {
    reply_ = unpack<AttentionMap>(reply.message);
    heads_ = tokenMapsOf(reply_, reply.message);
  } catch (const Error& error) {
    fail(QString::fromStdString(error.what()));
    return;
  }
  const QImage image = imageOf(reply.message);
  if (!image.isNull()) {
    view_->setImage(image);
    needsImage_ = false;
  }
  entropies_.resize(reply_.layers.size());
  if ((isFirst && !subject_.isMean) || isDirty_) {
    ask();
    return;
  }
  entropies_[static_cast<std::size_t>(reply_.layer)] = reply_.entropies;
  retry_->setVisible(false);
  stack_->setCurrentIndex(1);
  showHead();
  updateHeader();
  emit changed();
  askEntropies();
}

void AttentionPane::showHead() {
  if (heads_.empty()) return;
  const auto head = static_cast<std::size_t>(std::clamp(subject_.head, 0, static_cast<int>(heads_.size()) - 1));
  view_->setMap(heads_[head]);
  const auto layer = static_cast<std::size_t>(reply_.layer);
  if (layer < reply_.layers.size()) {
    // The borders that the view draws are squares'; a stripe shows as what the query can see.
    const AttentionLayer& one = reply_.layers[layer];
    view_->setWindowing(one.windowWidth > 0 ? 0 : one.window, one.shift);
  }
  updateHeader();
}

void AttentionPane::askEntropies() {
  // One layer after the other, only for the first model, and given up as soon as something else is asked.
  if (index_ > 0 || background_ != 0 || request_ != 0) return;
  for (std::size_t layer = 0; layer < entropies_.size(); ++layer) {
    if (!entropies_[layer].empty()) continue;
    background_ =
        session_.ask(requestFor(static_cast<int>(layer), false), this, [this, layer](const WorkerReply& reply) {
          if (!reply.isLast) return;
          background_ = 0;
          if (!reply.error.isEmpty() || layer >= entropies_.size() || !holds<AttentionMap>(reply.message)) return;
          entropies_[layer] = unpack<AttentionMap>(reply.message).entropies;
          emit changed();
          askEntropies();
        });
    return;
  }
}

void AttentionPane::fail(const QString& words) {
  heads_.clear();
  view_->clearMap();
  empty_->setText(tr("No attention map"), words);
  retry_->setVisible(true);
  stack_->setCurrentWidget(empty_);
  updateHeader();
  emit changed();
}

void AttentionPane::updateHeader() {
  const auto choice = modelChoice(session_, run_);
  header_->setTitle(choice ? choice->name : index_ == 0 ? tr("Model") : tr("Second model"));
  const auto layer = static_cast<std::size_t>(reply_.layer);
  QString words;
  if (choice && hasMap() && layer < reply_.layers.size()) {
    const AttentionLayer& entry = reply_.layers[layer];
    words = tr("%1, %2, head %3")
                .arg(QString::fromStdString(entry.name), kindWords(entry))
                .arg(std::clamp(subject_.head, 0, std::max(0, entry.heads - 1)));
  }
  header_->setSubtitle(words);
  picker_->setText(choice ? tr("change") : tr("choose a run"));
}

}  // namespace slab
