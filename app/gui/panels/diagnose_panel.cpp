// Workspace Diagnose: why the current run failed and the ways back, and the recalibration of its statistics.
#include "app/gui/panel.h"
#include "app/gui/panels/failure_card.h"
#include "app/gui/panels/recalibration_card.h"
#include "app/gui/run_actions.h"
#include "app/gui/session.h"

namespace slab {
namespace {

class DiagnosePanel : public Panel {
 public:
  using Panel::Panel;

  QString id() const override { return QStringLiteral("diagnose"); }

  std::vector<PanelCard> makeCards() override {
    failure_ = new FailureCard(session(), this);
    recalibration_ = new RecalibrationCard(session(), this);
    return {{"failure", tr("Failure"), failure_->content(), failure_->header()},
            {"recalibration", tr("Statistics recalibration"), recalibration_->content(), recalibration_->header()}};
  }

  CardLayout defaultLayout() const override {
    return CardLayout::row({CardLayout::leaf("failure", 58), CardLayout::leaf("recalibration", 42)});
  }

  QList<QAction*> contextActions() const override {
    RunActions& actions = session().actions();
    return {actions.rewind, actions.branch};
  }
  QList<QAction*> menuActions() const override { return failure_->actions() + recalibration_->actions(); }

  bool isSettled() const override {
    const RunRow* row = session().currentRun();
    const RunData* data = row ? session().data(row->path) : nullptr;
    return session().isProjectRead() && !recalibration_->isBusy() &&
           (row == nullptr || (data != nullptr && data->isComplete));
  }
  void activate() override { emit statusChanged(tr("Checkpoints never hold a value that is not finite"), {}); }

 private:
  FailureCard* failure_ = nullptr;
  RecalibrationCard* recalibration_ = nullptr;
};

}  // namespace

Panel* makeDiagnosePanel(Session& session, QObject* parent) {
  return new DiagnosePanel(session, parent);
}

}  // namespace slab
