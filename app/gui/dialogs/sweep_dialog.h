// A sweep of the configuration in front: keys and their values, the trials they make, and what is wrong with them.
#pragma once

#include <QComboBox>
#include <QDialog>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>
#include <string>
#include <vector>

#include "core/config/sweep.h"
#include "core/store/run_queue.h"
#include "widgets/theme/controls.h"

namespace slab {

/// The count and the names of the trials follow every key press; the first of them are checked as they are typed, all
/// of them before they are added, and nothing is added while one has a problem.
class SweepDialog : public QDialog {
  Q_OBJECT
 public:
  /// `text`: the configuration; `name`: what the trials' names begin with; `processes`: that train each trial.
  SweepDialog(std::string text, std::string name, int processes = 1, QWidget* parent = nullptr);

  /// One more key with its values ("1e-3, 2e-3", or "log:1e-4:1e-2" in a random search).
  void addKey(const QString& key, const QString& values);
  void setRandom(bool random);

  [[nodiscard]] std::size_t trialCount() const { return search_.settings.size(); }
  [[nodiscard]] QString problem() const { return problem_->text(); }
  /// How the trials were made, as JSON, for the sweep's record.
  [[nodiscard]] std::string method() const { return search_.method.dump(); }
  /// The trials as jobs of the queue.
  [[nodiscard]] std::vector<NewJob> jobs() const;

 private:
  struct Row {
    QWidget* box;
    QComboBox* key;
    QLineEdit* values;
  };
  void makeRandomRow();
  void removeKey(QWidget* box);
  void update();
  void check(std::size_t trials);
  void showProblem(const QString& problem);
  void acceptChecked();
  [[nodiscard]] std::vector<std::string> assignments() const;
  [[nodiscard]] bool isRandom() const { return kind_->current() == 1; }

  std::string text_, name_;
  int processes_;
  std::vector<Row> rows_;
  Search search_;
  std::vector<Trial> trials_;  ///< those checked so far, from the first
  Segmented* kind_;
  QVBoxLayout* keys_;
  QWidget* randomRow_;
  QSpinBox *count_, *seed_;
  QLabel *hint_, *summary_, *problem_;
  QPushButton* accept_;
};

}  // namespace slab
