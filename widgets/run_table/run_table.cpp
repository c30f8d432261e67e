#include "widgets/run_table/run_table.h"

#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QMouseEvent>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QTableView>
#include <QVBoxLayout>
#include <cmath>

#include "widgets/theme/theme.h"

namespace slab {
namespace {

void paintSwatch(QPainter* p, const QRect& place, const RunRow& row) {
  const QColor colour = theme().series(row.colour).colour;
  p->save();
  p->setRenderHint(QPainter::Antialiasing);
  p->setPen(QPen(colour, 1.4));
  p->setBrush(row.shown ? QBrush(colour) : QBrush(Qt::NoBrush));
  p->drawRoundedRect(place, 3, 3);
  p->restore();
}

/// Swatch and name, then state and top-1: two lines, as wide as the view.
class NarrowDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;

  QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const override { return {10, theme().px(50)}; }

  void paint(QPainter* p, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    const Tokens& t = theme().tokens();
    const auto row = index.data(RunModel::RowRole).value<RunRow>();
    const QRect r = option.rect;
    p->save();
    p->setRenderHint(QPainter::Antialiasing);
    if (option.state.testFlag(QStyle::State_Selected)) p->fillRect(r, t.accentBackground);
    p->fillRect(QRect(r.left(), r.bottom(), r.width(), 1), t.line);
    const int side = theme().px(12), text = theme().px(30);
    paintSwatch(p, QRect(r.left() + side, r.top() + theme().px(11), theme().px(11), theme().px(11)), row);
    const QRect upper(r.left() + text, r.top() + theme().px(6), r.width() - text - side, theme().px(20));
    const QRect lower = upper.translated(0, theme().px(19));
    p->setFont(theme().font(TextRole::Strong));
    p->setPen(t.text);
    p->drawText(upper, Qt::AlignVCenter | Qt::AlignLeft,
                p->fontMetrics().elidedText(row.name, Qt::ElideMiddle, upper.width()));
    p->setFont(theme().font(TextRole::Small));
    p->setPen(row.state == RunState::Failed || row.state == RunState::Lost ? t.bad : t.muted);
    const QString state = stateText(row.state);
    p->drawText(lower, Qt::AlignVCenter | Qt::AlignLeft, state);
    if (!row.alarm.isEmpty()) {
      const int width = p->fontMetrics().horizontalAdvance(state);
      p->setPen(t.warning);
      p->drawText(lower.adjusted(width, 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft, kAlarmSign);
    }
    if (std::isfinite(row.top1)) {
      p->setFont(theme().font(TextRole::NumberSmall));
      p->setPen(t.muted);
      p->drawText(lower, Qt::AlignVCenter | Qt::AlignRight,
                  QString("%1 %2 %").arg(row.scoreName()).arg(row.top1, 0, 'f', 1));
    }
    p->restore();
  }
};

/// Cells with room at both sides. The name's check box is the run's colour: filled when its curves are shown.
class TableDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;

  void paint(QPainter* p, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    const Tokens& t = theme().tokens();
    if (option.state.testFlag(QStyle::State_Selected)) p->fillRect(option.rect, t.accentBackground);
    p->fillRect(QRect(option.rect.left(), option.rect.bottom(), option.rect.width(), 1), t.grid);
    QRect box = option.rect.adjusted(theme().px(8), 0, -theme().px(8), 0);
    if (index.column() == RunModel::Name) {
      paintSwatch(p, swatch(option.rect), index.data(RunModel::RowRole).value<RunRow>());
      box.setLeft(box.left() + theme().px(20));
    }
    const QVariant colour = index.data(Qt::ForegroundRole);
    p->setPen(colour.isValid() ? colour.value<QColor>() : t.text);
    p->setFont(index.data(Qt::FontRole).value<QFont>());
    const QString text = p->fontMetrics().elidedText(index.data().toString(), Qt::ElideMiddle, box.width());
    p->drawText(box, index.data(Qt::TextAlignmentRole).toInt(), text);
  }

  QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex& index) const override {
    const QFontMetrics metrics(index.data(Qt::FontRole).value<QFont>());
    const int swatchWidth = index.column() == RunModel::Name ? theme().px(20) : 0;
    return {metrics.horizontalAdvance(index.data().toString()) + swatchWidth + theme().px(17), theme().px(32)};
  }

  bool editorEvent(QEvent* event, QAbstractItemModel* model, const QStyleOptionViewItem& option,
                   const QModelIndex& index) override {
    if (index.column() != RunModel::Name) return false;
    const bool isClick =
        event->type() == QEvent::MouseButtonRelease &&
        swatch(option.rect).adjusted(-4, -4, 4, 4).contains(static_cast<QMouseEvent*>(event)->position().toPoint());
    const bool isKey = event->type() == QEvent::KeyPress && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Space;
    if (!isClick && !isKey) return false;
    const bool isOn = index.data(Qt::CheckStateRole).toInt() == Qt::Checked;
    return model->setData(index, isOn ? Qt::Unchecked : Qt::Checked, Qt::CheckStateRole);
  }

 private:
  static QRect swatch(const QRect& cell) {
    const int side = theme().px(11);
    return {cell.left() + theme().px(10), cell.center().y() - side / 2, side, side};
  }
};

QTableView* makeTable(QWidget* parent) {
  auto* table = new QTableView(parent);
  table->setSortingEnabled(true);
  table->setShowGrid(false);
  table->setSelectionBehavior(QAbstractItemView::SelectRows);
  table->verticalHeader()->hide();
  table->horizontalHeader()->setHighlightSections(false);
  table->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
  table->horizontalHeader()->setStretchLastSection(true);
  table->setEditTriggers(QAbstractItemView::EditKeyPressed);
  table->setItemDelegate(new TableDelegate(table));
  table->setWordWrap(false);
  table->setTabKeyNavigation(false);
  table->horizontalHeader()->setContextMenuPolicy(Qt::CustomContextMenu);
  QObject::connect(table->horizontalHeader(), &QWidget::customContextMenuRequested, table, [table](const QPoint& at) {
    QMenu menu;
    for (int c = RunModel::State; c < RunModel::ColumnCount; ++c) {
      QAction* action = menu.addAction(table->model()->headerData(c, Qt::Horizontal).toString());
      action->setCheckable(true);
      action->setChecked(!table->isColumnHidden(c));
      QObject::connect(action, &QAction::toggled, table, [table, c](bool on) { table->setColumnHidden(c, !on); });
    }
    menu.exec(table->horizontalHeader()->mapToGlobal(at));
  });
  return table;
}

}  // namespace

RunTable::RunTable(RunModel* model, Form form, QWidget* parent)
    : QWidget(parent),
      model_(model),
      proxy_(new RunProxy(this)),
      filter_(new QLineEdit(this)),
      problem_(new QLabel(this)) {
  proxy_->setSourceModel(model);
  filter_->setPlaceholderText(tr("norm = prepbn and top1 > 0.8"));
  filter_->setAccessibleName(tr("Filter runs"));
  filter_->setClearButtonEnabled(true);
  setTone(problem_, "bad");
  setTextRole(problem_, TextRole::Small);
  problem_->hide();
  if (form == Form::Full) {
    auto* table = makeTable(this);
    view_ = table;
    view_->setModel(proxy_);
    table->setColumnHidden(RunModel::BestTop1, true);
    table->setColumnHidden(RunModel::Model, true);
    table->sortByColumn(RunModel::Started, Qt::DescendingOrder);
  } else {
    auto* list = new QListView(this);
    list->setItemDelegate(new NarrowDelegate(list));
    view_ = list;
    view_->setModel(proxy_);
  }
  view_->setAccessibleName(tr("Runs"));
  view_->setContextMenuPolicy(Qt::CustomContextMenu);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, theme().px(4));
  column->addWidget(filter_);
  column->addWidget(problem_);
  column->addWidget(view_, 1);
  connect(filter_, &QLineEdit::textChanged, this, &RunTable::applyFilter);
  connect(view_->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this](const QModelIndex& now) {
    if (now.isValid() && view_->hasFocus()) emit currentChosen(current());
  });
  connect(view_, &QAbstractItemView::clicked, this, [this] { emit currentChosen(current()); });
  connect(view_, &QAbstractItemView::activated, this, [this] { emit activated(current()); });
  connect(view_, &QWidget::customContextMenuRequested, this,
          [this](const QPoint& at) { emit menuWanted(current(), view_->viewport()->mapToGlobal(at)); });
  connect(&theme(), &Theme::changed, this, &RunTable::restyle);
  restyle();
}

void RunTable::restyle() {
  layout()->setSpacing(theme().px(6));
  // The filter keeps the card's side margins, the rows run from edge to edge.
  filter_->setContentsMargins(theme().px(10), theme().px(2), theme().px(10), 0);
  problem_->setContentsMargins(theme().px(12), 0, theme().px(12), 0);
  if (auto* table = qobject_cast<QTableView*>(view_)) table->verticalHeader()->setDefaultSectionSize(theme().px(32));
  view_->viewport()->update();
}

void RunTable::applyFilter() {
  const RunFilter filter(filter_->text());
  proxy_->setFilter(filter);
  problem_->setVisible(!filter.error().isEmpty());
  problem_->setText(filter.error());
  emit filterChanged();
}

void RunTable::setFilterText(const QString& text) {
  filter_->setText(text);
}

void RunTable::setCurrent(const QString& path) {
  for (int i = 0; i < model_->rowCount(); ++i) {
    if (model_->row(i).path != path) continue;
    const QModelIndex index = proxy_->mapFromSource(model_->index(i, 0));
    if (index.isValid() && view_->currentIndex().siblingAtColumn(0) != index) view_->setCurrentIndex(index);
  }
}

QString RunTable::current() const {
  const QModelIndex index = proxy_->mapToSource(view_->currentIndex());
  return index.isValid() ? model_->row(index.row()).path : QString();
}

void RunTable::editName() {
  const QModelIndex index = view_->currentIndex().siblingAtColumn(RunModel::Name);
  if (index.isValid()) view_->edit(index);
}

}  // namespace slab
