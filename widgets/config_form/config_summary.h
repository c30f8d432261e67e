// What stands between a configuration and its start: problems with their mends, its cost, what was changed.
#pragma once

#include <QGridLayout>
#include <QLabel>
#include <QScrollArea>
#include <optional>

#include "widgets/config_form/config_document.h"

namespace slab {

/// Three parts under each other, all from the document; links mend a problem or lead to its field.
class ConfigSummary : public QScrollArea {
  Q_OBJECT

 public:
  explicit ConfigSummary(ConfigDocument& document, QWidget* parent = nullptr);

  /// Seconds an optimizer step took in a run with the same model and batch; nothing when none was measured.
  void setSecondsPerStep(std::optional<double> seconds);
  [[nodiscard]] QString problemsText() const { return problems_->text(); }

 signals:
  void keyPicked(const QString& key);

 private:
  void refresh();
  void follow(const QString& link);
  void addCost(const QString& label, const QString& value);
  [[nodiscard]] QString problemWords() const;
  [[nodiscard]] QString changeWords() const;

  ConfigDocument& document_;
  QLabel *problems_, *changesHeading_, *changes_;
  QGridLayout* costs_;
  std::optional<double> secondsPerStep_;
};

}  // namespace slab
