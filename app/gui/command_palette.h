// Ctrl+K: every action, run and layer by a few letters of its name.
#pragma once

#include <QDialog>
#include <functional>
#include <vector>

class QLineEdit;
class QListWidget;

namespace slab {

struct PaletteEntry {
  QString text;  ///< "Pause training"
  QString kind;  ///< "Run", "View > Theme", "layer"
  QString keys;  ///< shortcut, shown at the right
  bool isEnabled = true;
  std::function<void()> run;
};

/// How well `text` matches the letters of `query` in order: higher is better, negative when it does not. Letters at the
/// beginning of words and in a row count more.
int fuzzyScore(const QString& query, const QString& text);

/// A frameless dialog; arrows choose, Enter runs, Escape leaves.
class CommandPalette : public QDialog {
  Q_OBJECT
 public:
  CommandPalette(std::vector<PaletteEntry> entries, QWidget* parent);
  [[nodiscard]] QStringList shownTexts() const;
  void setQuery(const QString& query);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void paintEvent(QPaintEvent* event) override;

 private:
  void filter(const QString& query);
  void runCurrent();

  std::vector<PaletteEntry> entries_;
  QLineEdit* query_;
  QListWidget* list_;
};

}  // namespace slab
