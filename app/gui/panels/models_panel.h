// Workspace Models: a model as a tree beside another one, its fold certificate, and the import of foreign checkpoints.
#pragma once

#include <QProgressBar>
#include <map>
#include <optional>

#include "app/gui/model_choice.h"
#include "app/gui/panel.h"
#include "widgets/model_tree/model_tree_view.h"

namespace slab {

class FoldCard;
class ImportCard;
class QuietMachine;
struct WorkerReply;

class ModelsPanel : public Panel {
  Q_OBJECT

 public:
  explicit ModelsPanel(Session& session, QObject* parent = nullptr);

  QString id() const override { return QStringLiteral("models"); }
  std::vector<PanelCard> makeCards() override;
  CardLayout defaultLayout() const override;
  QList<QWidget*> makeContextWidgets() override;
  QList<QAction*> contextActions() const override;
  QList<QAction*> menuActions() const override;
  void activate() override { refresh(); }
  bool isSettled() const override;
  void prepareForPicture() override;

 private:
  /// What stands in the tree as A or B: a model, folded or as it is.
  struct Side {
    std::optional<ModelChoice> choice;
    bool isFolded = false;
    [[nodiscard]] QString key() const { return choice ? choice->key + (isFolded ? "/folded" : "") : QString(); }
    [[nodiscard]] QString words() const;
  };

  void refresh();
  void showTree();
  void fillFirstMenu(QMenu* menu);
  void fillSecondMenu(QMenu* menu);
  void time();
  void ask();
  void take(const WorkerReply& reply);
  void cancel();
  [[nodiscard]] TreeModel treeOf(const Side& side) const;
  [[nodiscard]] std::vector<Side> sides() const;

  FoldCard* fold_;
  ImportCard* import_;
  QuietMachine* quiet_;
  QAction *time_, *cancel_;
  QString firstKey_;     ///< empty: the default
  QString secondKey_;    ///< empty: the first folded; "-": none
  Side first_, second_;  ///< what the keys stand for now
  QString shown_;        ///< what the tree shows, to be rebuilt only when that changes
  quint64 request_ = 0;
  std::vector<QString> timedKeys_;
  std::map<QString, std::map<std::string, double>> times_;  ///< by side key
  // Cards and context widgets; owned by the window.
  ModelTreeView* tree_ = nullptr;
  CardHeader* treeHeader_ = nullptr;
  QProgressBar* progress_ = nullptr;
  QPushButton *firstButton_ = nullptr, *secondButton_ = nullptr;
};

}  // namespace slab
