#include "widgets/config_form/config_text_edit.h"

#include <QRegularExpression>
#include <QScrollBar>

#include "widgets/theme/theme.h"

namespace slab {

void JsonHighlighter::highlightBlock(const QString& text) {
  static const QRegularExpression kTokens(R"((//.*$)|("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d[\d.eE+-]*|true|false|null))");
  const Tokens& tokens = theme().tokens();
  for (auto it = kTokens.globalMatch(text); it.hasNext();) {
    const auto match = it.next();
    if (match.capturedLength(1) > 0) {
      setFormat(static_cast<int>(match.capturedStart(1)), static_cast<int>(match.capturedLength(1)), tokens.muted);
    } else if (match.capturedLength(2) > 0) {
      const QColor colour = match.capturedLength(3) > 0 ? tokens.accent : tokens.good;
      setFormat(static_cast<int>(match.capturedStart(2)), static_cast<int>(match.capturedLength(2)), colour);
    } else {
      setFormat(static_cast<int>(match.capturedStart(4)), static_cast<int>(match.capturedLength(4)), tokens.warning);
    }
  }
}

ConfigTextEdit::ConfigTextEdit(ConfigDocument& document, QWidget* parent)
    : QPlainTextEdit(parent), document_(document), highlighter_(new JsonHighlighter(this->document())) {
  setAccessibleName(tr("Configuration text"));
  setLineWrapMode(QPlainTextEdit::NoWrap);
  setTabChangesFocus(true);
  // The document's own stack undoes, so that form and text share one history.
  setUndoRedoEnabled(false);
  setTextRole(this, TextRole::Number);
  connect(this, &QPlainTextEdit::textChanged, this, [this] {
    if (toPlainText() != document_.text()) document_.setText(toPlainText());
  });
  connect(&document_, &ConfigDocument::changed, this, &ConfigTextEdit::refresh);
  connect(&theme(), &Theme::changed, highlighter_, &QSyntaxHighlighter::rehighlight);
  refresh();
}

void ConfigTextEdit::refresh() {
  if (toPlainText() == document_.text()) return;
  const int position = textCursor().position(), scroll = verticalScrollBar()->value();
  const QSignalBlocker quiet(this);
  setPlainText(document_.text());
  QTextCursor cursor = textCursor();
  cursor.setPosition(std::min(position, static_cast<int>(document_.text().size())));
  setTextCursor(cursor);
  verticalScrollBar()->setValue(scroll);
}

}  // namespace slab
