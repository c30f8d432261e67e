// The configuration as a form: every key of the field table, grouped, with hints, problems and ways back.
#pragma once

#include <QLabel>
#include <QScrollArea>

#include "widgets/config_form/backbone_picker.h"
#include "widgets/config_form/field_row.h"

class QVBoxLayout;

namespace slab {

/// Built from fields() alone; a new key appears by itself. Keys that few people touch are folded away until
/// `setShowAll`, except where they were changed or are in trouble. Fields of unknown keys stand in their group.
class ConfigForm : public QScrollArea {
  Q_OBJECT

 public:
  explicit ConfigForm(ConfigDocument& document, QWidget* parent = nullptr);

  void setShowAll(bool all);
  [[nodiscard]] bool showsAll() const { return showAll_; }
  /// Scrolls to a key's row and gives it the focus.
  void focusKey(const QString& key);
  /// The row of a key, or null.
  [[nodiscard]] FieldRow* row(const QString& key) const;

 private:
  struct Section {
    std::string group;
    QWidget* box = nullptr;
    QVBoxLayout* rows = nullptr;
    std::vector<FieldRow*> fields;
    std::vector<FieldRow*> unknown;
  };
  void addSection(const std::string& group, const std::string& title);
  void connectRow(FieldRow* row);
  void refresh();
  void refreshUnknown(Section& section);
  [[nodiscard]] std::vector<ConfigIssue> issuesOf(const QString& key) const;

  ConfigDocument& document_;
  BackbonePicker* backbone_ = nullptr;
  QLabel* unreadable_ = nullptr;
  QVBoxLayout* column_ = nullptr;
  std::vector<Section> sections_;
  bool showAll_ = false;
};

/// The quiet words in a field: other units of a duration, effective values, the unit.
QString fieldHint(const FieldInfo& field, const RunConfig& config, const std::optional<Plan>& plan);

}  // namespace slab
