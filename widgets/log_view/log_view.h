// The log of a worker or the events of a run: monospaced lines, newest last, searchable.
#pragma once

#include <QList>
#include <QPair>
#include <QWidget>

class QLineEdit;
class QPlainTextEdit;

namespace slab {

/// Follows the end while the user has not scrolled up; keeps the last 10,000 lines.
class LogView : public QWidget {
  Q_OBJECT
 public:
  explicit LogView(QWidget* parent = nullptr);
  void setLines(const QStringList& lines);
  /// `tone`: "", "muted", "warning", "bad".
  void appendLine(const QString& line, const QString& tone = {});
  void clear();
  [[nodiscard]] QString text() const;

 private:
  void findNext(const QString& words);
  void paintLine(const QString& line, const QString& tone);

  QPlainTextEdit* text_;
  QLineEdit* find_;
  bool follows_ = true;                   ///< stays at the last line
  QList<QPair<QString, QString>> lines_;  ///< words and tone: colours follow the theme
};

}  // namespace slab
