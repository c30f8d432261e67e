#include "widgets/class_filter/class_filter.h"

#include <QAction>
#include <QHeaderView>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QVBoxLayout>
#include <algorithm>

#include "widgets/model_tree/cell_delegate.h"
#include "widgets/theme/controls.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

constexpr int kBox = 13;

QRect boxIn(const QRect& cell) {
  const int side = theme().px(kBox);
  return {cell.left() + theme().px(size::kMedium), cell.center().y() - side / 2, side, side};
}

/// The box to tick has the colour of the class: full while it is shown.
class BoxDelegate : public CellDelegate {
 public:
  using CellDelegate::CellDelegate;

  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    const QRect box = boxIn(option.rect);
    CellDelegate::paint(painter, option, index);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    const auto colour = index.data(ClassFilterModel::kColourRole).value<QColor>();
    const bool isOn = index.data(Qt::CheckStateRole).toInt() == Qt::Checked;
    painter->setPen(QPen(isOn ? colour : theme().tokens().muted, theme().px(10) / 10.0));
    painter->setBrush(isOn ? QBrush(colour) : Qt::NoBrush);
    painter->drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), theme().px(3), theme().px(3));
    if (isOn) {
      const QColor ink = contrastRatio(colour, Qt::white) >= 3 ? Qt::white : Qt::black;
      painter->setPen(QPen(ink, theme().px(10) / 10.0 * 1.6, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
      const auto at = [&](double x, double y) {
        return QPointF(box.left() + x * box.width(), box.top() + y * box.height());
      };
      painter->drawPolyline(QPolygonF{at(0.26, 0.54), at(0.44, 0.72), at(0.76, 0.32)});
    }
    painter->restore();
  }
};

QPushButton* smallButton(const QString& words, const QString& name) {
  auto* button = new QPushButton(words);
  button->setProperty("small", true);
  button->setAccessibleName(name);
  button->setToolTip(name);
  return button;
}

}  // namespace

ClassFilter::ClassFilter(QWidget* parent)
    : QWidget(parent),
      model_(new ClassFilterModel(this)),
      listed_(new QSortFilterProxyModel(this)),
      search_(new QLineEdit),
      table_(new QTableView) {
  listed_->setSourceModel(model_);
  listed_->setSortRole(ClassFilterModel::kValueRole);
  listed_->setFilterCaseSensitivity(Qt::CaseInsensitive);
  listed_->setSortCaseSensitivity(Qt::CaseInsensitive);
  search_->setPlaceholderText(tr("Search classes"));
  search_->setAccessibleName(search_->placeholderText());
  search_->setClearButtonEnabled(true);
  connect(search_, &QLineEdit::textChanged, listed_, &QSortFilterProxyModel::setFilterFixedString);
  table_->setModel(listed_);
  setUpTable(*table_);
  table_->setItemDelegateForColumn(ClassFilterModel::Name, new BoxDelegate(table_));
  table_->setAccessibleName(tr("Classes that are shown"));
  table_->setSelectionMode(QTableView::SingleSelection);
  table_->setSortingEnabled(true);
  listed_->sort(-1);
  table_->horizontalHeader()->setSortIndicator(-1, Qt::AscendingOrder);
  table_->installEventFilter(this);
  table_->viewport()->installEventFilter(this);
  QPushButton* all = smallButton(tr("all"), tr("Show every class of the list"));
  QPushButton* none = smallButton(tr("none"), tr("Hide every class of the list"));
  connect(all, &QPushButton::clicked, this, [this] { setListed(true); });
  connect(none, &QPushButton::clicked, this, [this] { setListed(false); });
  connect(model_, &ClassFilterModel::shownChanged, this, &ClassFilter::changed);
  auto* line = new QHBoxLayout;
  for (QWidget* widget : {static_cast<QWidget*>(search_), static_cast<QWidget*>(all), static_cast<QWidget*>(none)}) {
    line->addWidget(widget, widget == search_ ? 1 : 0);
  }
  line->setSpacing(size::kTiny);
  setMargins(line, size::kMedium, 0, size::kMedium, size::kTiny);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addLayout(line);
  column->addWidget(table_, 1);
  connect(&theme(), &Theme::changed, this, &ClassFilter::layOut);
  layOut();
}

void ClassFilter::setClasses(std::vector<FilterClass> classes) {
  const bool hasCrowds = std::any_of(classes.begin(), classes.end(), [](const auto& one) { return one.crowds > 0; });
  model_->setClasses(std::move(classes));
  table_->setColumnHidden(ClassFilterModel::Crowds, !hasCrowds);
  layOut();
}

int ClassFilter::shownCount() const {
  return static_cast<int>(std::count(shown().begin(), shown().end(), true));
}

void ClassFilter::toggle(const QModelIndex& row) {
  const QModelIndex name = row.siblingAtColumn(ClassFilterModel::Name);
  const bool isOn = name.data(Qt::CheckStateRole).toInt() == Qt::Checked;
  if (name.isValid()) listed_->setData(name, isOn ? Qt::Unchecked : Qt::Checked, Qt::CheckStateRole);
}

void ClassFilter::showAlone(const QModelIndex& row) {
  if (!row.isValid()) return;
  std::vector<bool> alone(shown().size(), false);
  alone[static_cast<std::size_t>(listed_->mapToSource(row).row())] = true;
  setShown(alone == shown() ? std::vector<bool>(alone.size(), true) : alone);
}

void ClassFilter::setListed(bool isShown) {
  std::vector<bool> next = shown();
  for (int row = 0; row < listed_->rowCount(); ++row) {
    next[static_cast<std::size_t>(listed_->mapToSource(listed_->index(row, 0)).row())] = isShown;
  }
  setShown(next);
}

bool ClassFilter::eventFilter(QObject* object, QEvent* event) {
  if (object == table_ && event->type() == QEvent::KeyPress) {
    const int key = static_cast<QKeyEvent*>(event)->key();
    if (key == Qt::Key_Space) toggle(table_->currentIndex());
    if (key == Qt::Key_Return || key == Qt::Key_Enter) showAlone(table_->currentIndex());
    return key == Qt::Key_Space || key == Qt::Key_Return || key == Qt::Key_Enter;
  }
  if (object == table_->viewport() &&
      (event->type() == QEvent::MouseButtonRelease || event->type() == QEvent::MouseButtonDblClick)) {
    const QPoint at = static_cast<QMouseEvent*>(event)->position().toPoint();
    const QModelIndex index = table_->indexAt(at);
    const QRect box = boxIn(table_->visualRect(index.siblingAtColumn(ClassFilterModel::Name)));
    const bool isOnBox = index.isValid() && box.adjusted(-4, -6, 4, 6).contains(at);
    if (event->type() == QEvent::MouseButtonDblClick) {
      if (!isOnBox) showAlone(index);
      return true;
    }
    if (isOnBox) toggle(index);
  }
  return QWidget::eventFilter(object, event);
}

void ClassFilter::layOut() {
  table_->verticalHeader()->setDefaultSectionSize(theme().px(26));
  QHeaderView* columns = table_->horizontalHeader();
  columns->setSectionResizeMode(QHeaderView::ResizeToContents);
  columns->setSectionResizeMode(ClassFilterModel::Name, QHeaderView::Stretch);
}

}  // namespace slab
