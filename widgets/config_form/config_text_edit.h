// The configuration as text: the same document, every comment and order of keys kept.
#pragma once

#include <QPlainTextEdit>
#include <QSyntaxHighlighter>

#include "widgets/config_form/config_document.h"

namespace slab {

/// Keys, numbers, words and comments in the theme's colours.
class JsonHighlighter : public QSyntaxHighlighter {
  Q_OBJECT

 public:
  using QSyntaxHighlighter::QSyntaxHighlighter;

 protected:
  void highlightBlock(const QString& text) override;
};

/// Typing changes the document at once; edits made elsewhere appear here with the cursor kept.
class ConfigTextEdit : public QPlainTextEdit {
  Q_OBJECT

 public:
  explicit ConfigTextEdit(ConfigDocument& document, QWidget* parent = nullptr);

 private:
  void refresh();

  ConfigDocument& document_;
  JsonHighlighter* highlighter_;
};

}  // namespace slab
