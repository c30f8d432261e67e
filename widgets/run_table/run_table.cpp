#include "widgets/run_table/run_table.h"

#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QTableView>
#include <QVBoxLayout>
#include <cmath>

#include "widgets/theme/theme.h"

namespace slab {
namespace {

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
    const QColor colour = theme().series(row.colour).colour;
    const QRect swatch(r.left() + side, r.top() + theme().px(11), theme().px(11), theme().px(11));
    p->setPen(QPen(colour, 1.4));
    p->setBrush(row.shown ? QBrush(colour) : QBrush(Qt::NoBrush));
    p->drawRoundedRect(swatch, 3, 3);
    const QRect upper(r.left() + text, r.top() + theme().px(6), r.width() - text - side, theme().px(20));
    const QRect lower = upper.translated(0, theme().px(19));
    p->setFont(theme().font(TextRole::Strong));
    p->setPen(t.text);
    p->drawText(upper, Qt::AlignVCenter | Qt::AlignLeft,
                p->fontMetrics().elidedText(row.name, Qt::ElideMiddle, upper.width()));
    p->setFont(theme().font(TextRole::Small));
    p->setPen(row.state == RunState::Failed || row.state == RunState::Lost ? t.bad : t.muted);
    p->drawText(lower, Qt::AlignVCenter | Qt::AlignLeft, stateText(row.state));
    if (std::isfinite(row.top1)) {
      p->setFont(theme().font(TextRole::NumberSmall));
      p->setPen(t.muted);
      p->drawText(lower, Qt::AlignVCenter | Qt::AlignRight, QString("top-1 %1 %").arg(row.top1, 0, 'f', 1));
    }
    p->restore();
  }
};

/// The colour as a rounded square in place of Qt's pixmap of a colour.
class TableDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;

 protected:
  void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override {
    QStyledItemDelegate::initStyleOption(option, index);
    option->state &= ~QStyle::State_HasFocus;
    if (index.column() != RunModel::Name) return;
    const int side = theme().px(11);
    QPixmap swatch(side, side);
    swatch.fill(Qt::transparent);
    QPainter p(&swatch);
    p.setRenderHint(QPainter::Antialiasing);
    p.setPen(Qt::NoPen);
    p.setBrush(index.data(Qt::DecorationRole).value<QColor>());
    p.drawRoundedRect(swatch.rect(), 3, 3);
    option->icon = QIcon(swatch);
    option->decorationSize = swatch.size();
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
