#include "app/gui/command_palette.h"

#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QVBoxLayout>
#include <algorithm>

#include "widgets/theme/theme.h"

namespace slab {
namespace {

constexpr int kKind = Qt::UserRole + 1, kKeys = Qt::UserRole + 2, kIndex = Qt::UserRole + 3;
constexpr int kMaxShown = 60;

/// Text at the left, kind beside it in muted, keys at the right.
class EntryDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;

  QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const override { return {10, theme().px(30)}; }

  void paint(QPainter* p, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    const Tokens& t = theme().tokens();
    const bool isCurrent = option.state.testFlag(QStyle::State_Selected);
    if (isCurrent) p->fillRect(option.rect, t.accentBackground);
    const QRect box = option.rect.adjusted(theme().px(12), 0, -theme().px(12), 0);
    const bool isEnabled = index.flags().testFlag(Qt::ItemIsEnabled);
    p->setFont(theme().font(TextRole::Body));
    p->setPen(isEnabled ? (isCurrent ? t.accent : t.text) : t.faint);
    const QString text = index.data(Qt::DisplayRole).toString();
    p->drawText(box, Qt::AlignVCenter | Qt::AlignLeft, text);
    const int used = p->fontMetrics().horizontalAdvance(text) + theme().px(10);
    p->setFont(theme().font(TextRole::Small));
    p->setPen(t.muted);
    p->drawText(box.adjusted(used, 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft, index.data(kKind).toString());
    p->drawText(box, Qt::AlignVCenter | Qt::AlignRight, index.data(kKeys).toString());
  }
};

}  // namespace

int fuzzyScore(const QString& query, const QString& text) {
  int score = 0;
  qsizetype at = 0, last = -2;
  for (const QChar letter : query.toLower()) {
    if (letter.isSpace()) continue;
    const qsizetype found = text.toLower().indexOf(letter, at);
    if (found < 0) return -1;
    const bool beginsWord = found == 0 || !text[found - 1].isLetterOrNumber();
    score += 1 + (beginsWord ? 6 : 0) + (found == last + 1 ? 4 : 0);
    last = found;
    at = found + 1;
  }
  return score * 100 - static_cast<int>(std::min<qsizetype>(text.size(), 99));
}

CommandPalette::CommandPalette(std::vector<PaletteEntry> entries, QWidget* parent)
    : QDialog(parent, Qt::Popup | Qt::FramelessWindowHint),
      entries_(std::move(entries)),
      query_(new QLineEdit(this)),
      list_(new QListWidget(this)) {
  setObjectName("commandPalette");
  setAccessibleName(tr("Command palette"));
  query_->setPlaceholderText(tr("Search actions, runs, layers"));
  query_->setAccessibleName(tr("Search actions, runs, layers"));
  query_->installEventFilter(this);
  list_->setAccessibleName(tr("Matches"));
  list_->setFocusPolicy(Qt::NoFocus);
  list_->setItemDelegate(new EntryDelegate(list_));
  auto* column = new QVBoxLayout(this);
  const int side = theme().px(size::kSmall);
  column->setContentsMargins(side, side, side, side);
  column->setSpacing(side);
  column->addWidget(query_);
  column->addWidget(list_);
  connect(query_, &QLineEdit::textChanged, this, &CommandPalette::filter);
  connect(list_, &QListWidget::itemClicked, this, &CommandPalette::runCurrent);
  setFixedSize(theme().px(560), theme().px(400));
  filter({});
  query_->setFocus();
}

void CommandPalette::setQuery(const QString& query) {
  query_->setText(query);
}

QStringList CommandPalette::shownTexts() const {
  QStringList texts;
  for (int i = 0; i < list_->count(); ++i) texts += list_->item(i)->text();
  return texts;
}

void CommandPalette::filter(const QString& query) {
  std::vector<std::pair<int, std::size_t>> ranked;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    // "theme dark" and "dark theme" both find View > Theme: Dark.
    const PaletteEntry& e = entries_[i];
    const int score =
        query.isEmpty() ? 0
                        : std::max(fuzzyScore(query, e.text + ' ' + e.kind), fuzzyScore(query, e.kind + ' ' + e.text));
    if (score >= 0 || query.isEmpty()) ranked.emplace_back(score, i);
  }
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  list_->clear();
  for (const auto& [score, i] : ranked) {
    if (list_->count() == kMaxShown) break;
    auto* item = new QListWidgetItem(entries_[i].text, list_);
    item->setData(kKind, entries_[i].kind);
    item->setData(kKeys, entries_[i].keys);
    item->setData(kIndex, static_cast<int>(i));
    if (!entries_[i].isEnabled) item->setFlags(Qt::NoItemFlags);
  }
  list_->setCurrentRow(0);
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event) {
  if (watched != query_ || event->type() != QEvent::KeyPress) return QDialog::eventFilter(watched, event);
  const int rows = list_->count();
  switch (static_cast<QKeyEvent*>(event)->key()) {
    case Qt::Key_Down: list_->setCurrentRow(std::min(list_->currentRow() + 1, rows - 1)); return true;
    case Qt::Key_Up: list_->setCurrentRow(std::max(list_->currentRow() - 1, 0)); return true;
    case Qt::Key_Return:
    case Qt::Key_Enter: runCurrent(); return true;
    default: return QDialog::eventFilter(watched, event);
  }
}

void CommandPalette::runCurrent() {
  const QListWidgetItem* item = list_->currentItem();
  if (item == nullptr || !item->flags().testFlag(Qt::ItemIsEnabled)) return;
  const auto run = entries_[static_cast<std::size_t>(item->data(kIndex).toInt())].run;
  accept();
  run();
}

void CommandPalette::paintEvent(QPaintEvent*) {
  const Tokens& t = theme().tokens();
  QPainter p(this);
  p.setPen(QPen(t.line, 1));
  p.setBrush(t.panel);
  p.drawRect(rect().adjusted(0, 0, -1, -1));
}

}  // namespace slab
