#include "widgets/log_view/log_view.h"

#include <QLineEdit>
#include <QPlainTextEdit>
#include <QScrollBar>
#include <QVBoxLayout>

#include "widgets/theme/theme.h"

namespace slab {
namespace {

constexpr int kMaxLines = 10'000;

QColor colourOf(const QString& tone) {
  const Tokens& t = theme().tokens();
  if (tone == "warning") return t.warning;
  if (tone == "bad") return t.bad;
  return tone == "muted" ? t.muted : t.text;
}

}  // namespace

LogView::LogView(QWidget* parent) : QWidget(parent), text_(new QPlainTextEdit(this)), find_(new QLineEdit(this)) {
  text_->setReadOnly(true);
  text_->setMaximumBlockCount(kMaxLines);
  text_->setLineWrapMode(QPlainTextEdit::NoWrap);
  text_->setAccessibleName(tr("Log"));
  text_->setFrameShape(QFrame::NoFrame);
  text_->setProperty("bare", true);
  setTextRole(text_, TextRole::NumberSmall);
  find_->setPlaceholderText(tr("Find in the log"));
  find_->setAccessibleName(tr("Find in the log"));
  find_->setClearButtonEnabled(true);
  auto* column = new QVBoxLayout(this);
  const int side = theme().px(size::kSmall);
  column->setContentsMargins(side, 0, side, side);
  column->setSpacing(theme().px(6));
  column->addWidget(text_, 1);
  column->addWidget(find_);
  connect(&theme(), &Theme::changed, this, [this] {
    text_->clear();
    for (const auto& [line, tone] : lines_) paintLine(line, tone);
  });
  // The view stays at the last line, also where lines came before it was shown, until somebody scrolls up.
  QScrollBar* bar = text_->verticalScrollBar();
  connect(bar, &QScrollBar::valueChanged, this, [this, bar](int value) { follows_ = value >= bar->maximum() - 2; });
  connect(bar, &QScrollBar::rangeChanged, this, [this, bar](int, int maximum) {
    if (follows_) bar->setValue(maximum);
  });
  connect(find_, &QLineEdit::returnPressed, this, [this] { findNext(find_->text()); });
}

void LogView::setLines(const QStringList& lines) {
  clear();
  for (const QString& line : lines) appendLine(line);
}

void LogView::appendLine(const QString& line, const QString& tone) {
  lines_.append({line, tone});
  if (lines_.size() > kMaxLines) lines_.removeFirst();
  paintLine(line, tone);
}

void LogView::paintLine(const QString& line, const QString& tone) {
  const bool isFirst = text_->document()->isEmpty();
  text_->appendHtml(
      QString("<span style=\"color:%1; white-space:pre\">%2</span>").arg(colourOf(tone).name(), line.toHtmlEscaped()));
  // In an empty text the cursor stands where lines are added and would go with them, and the view with it.
  if (isFirst) text_->moveCursor(QTextCursor::Start);
}

void LogView::clear() {
  lines_.clear();
  text_->clear();
}

QString LogView::text() const {
  return text_->toPlainText();
}

void LogView::findNext(const QString& words) {
  if (words.isEmpty() || text_->find(words)) return;
  text_->moveCursor(QTextCursor::Start);
  text_->find(words);
}

}  // namespace slab
