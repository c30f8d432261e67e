// One key of the form: its words, a control for its type, a hint, a way back and what is wrong with it.
#pragma once

#include <QLabel>
#include <QLineEdit>
#include <QToolButton>
#include <QWidget>

#include "core/config/validate.h"
#include "widgets/theme/controls.h"

class QComboBox;

namespace slab {

/// A line that shows a quiet hint at its right end ("px", "step 300 240") and an accent bar where it was changed.
class FieldLine : public QLineEdit {
  Q_OBJECT

 public:
  explicit FieldLine(QWidget* parent = nullptr);
  void setHint(const QString& hint);
  void setChanged(bool changed);
  void setProblem(bool problem);

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QString hint_;
  bool changed_ = false;
};

/// Words for a key and for the choices of a field, as the form and the help say them.
QString fieldLabel(const QString& key);
QString choiceLabel(const QString& word);
/// Meaning, unit, range and key: the tool tip and what F1 shows.
QString fieldHelp(const FieldInfo& field);

/// What a person typed as JSON of the field's type; a string where it does not parse, so that the problem is reported
/// with the very words.
Json parseInput(const FieldInfo& field, const QString& text);

/// Emits edits, never changes anything itself: the document decides and `refresh` shows the outcome.
class FieldRow : public QWidget {
  Q_OBJECT

 public:
  /// A known key.
  explicit FieldRow(const FieldInfo& field, QWidget* parent = nullptr);
  /// A key that no field has.
  explicit FieldRow(const QString& unknownKey, QWidget* parent = nullptr);

  void refresh(const Json& value, bool changed, const std::vector<ConfigIssue>& issues, const QString& hint);
  [[nodiscard]] const QString& key() const { return key_; }
  [[nodiscard]] QWidget* control() const { return control_; }
  [[nodiscard]] QString problemText() const { return problem_->text(); }

 signals:
  void edited(const QString& key, const slab::Json& value);
  void resetWanted(const QString& key);
  void mendWanted(const slab::Mend& mend);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void build(const QString& label, const QString& help);
  QWidget* makeControl(const FieldInfo& field);
  QWidget* makeChoice(const FieldInfo& field, const QStringList& labels);

  QString key_;
  const FieldInfo* field_ = nullptr;
  QWidget* control_ = nullptr;
  FieldLine* line_ = nullptr;
  Segmented* segments_ = nullptr;
  QComboBox* combo_ = nullptr;
  QToolButton* reset_ = nullptr;
  QLabel* problem_ = nullptr;
  std::vector<std::pair<std::string, Json>> choices_;
  std::vector<ConfigIssue> issues_;
};

}  // namespace slab
