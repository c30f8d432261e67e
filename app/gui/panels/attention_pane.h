// One model of the Attention workspace: which run, its map over the image, and its requests to the worker.
#pragma once

#include <QMenu>
#include <QPointF>
#include <QStackedWidget>
#include <optional>

#include "core/wire/messages.h"
#include "widgets/attention_view/attention_view.h"
#include "widgets/theme/controls.h"

namespace slab {

class Session;
struct WorkerReply;

/// What both models are asked about.
struct AttentionSubject {
  ImageSource image;
  QPointF query{0.5, 0.5};  ///< fractions of the grid, so that layers and models of other grids agree
  bool isMean = false;      ///< the mean over all queries instead of one
  int layer = 0, head = 0;
};

/// Asks for every head of the subject's layer; while an answer is on its way a newer subject waits, older ones are
/// dropped. With nothing else to do it fetches the entropies of the other layers for the layer grid.
class AttentionPane : public QObject {
  Q_OBJECT

 public:
  /// `index` 0 or 1: the run's place among those compared.
  AttentionPane(Session& session, int index, QObject* parent);

  [[nodiscard]] QWidget* content() const { return stack_; }
  [[nodiscard]] CardHeader* header() const { return header_; }
  [[nodiscard]] AttentionView* view() const { return view_; }

  /// A run with a checkpoint, or an imported model (ModelChoice::key); empty for none.
  void setRun(const QString& run);
  [[nodiscard]] const QString& run() const { return run_; }
  /// That the run's map is of; empty where it has none.
  [[nodiscard]] QString checkpoint() const;
  void show(const AttentionSubject& subject);
  [[nodiscard]] const AttentionSubject& subject() const { return subject_; }
  /// Asks again, e.g. after a new checkpoint.
  void refresh();

  [[nodiscard]] const std::vector<AttentionLayer>& layers() const { return reply_.layers; }
  [[nodiscard]] const AttentionMap& reply() const { return reply_; }
  /// Every head of the current layer.
  [[nodiscard]] const std::vector<TokenMap>& heads() const { return heads_; }
  /// Entropies a layer, empty while unknown.
  [[nodiscard]] const std::vector<std::vector<double>>& entropies() const { return entropies_; }
  [[nodiscard]] bool isBusy() const { return request_ != 0; }
  [[nodiscard]] bool hasMap() const { return !heads_.empty(); }

 signals:
  /// A new map, or none any more.
  void changed();
  void queryPicked(QPointF fraction);

 private:
  void fillMenu();
  void ask();
  void take(const WorkerReply& reply);
  void showHead();
  void askEntropies();
  void fail(const QString& words);
  void updateHeader();
  [[nodiscard]] AttentionRequest requestFor(int layer, bool wantImage) const;
  [[nodiscard]] int layerIndex() const;

  Session& session_;
  int index_;
  QStackedWidget* stack_;
  EmptyState* empty_;
  AttentionView* view_;
  CardHeader* header_;
  QPushButton* picker_;
  QAction* retry_;
  QString run_, asked_;
  AttentionSubject subject_;
  AttentionMap reply_;
  std::vector<TokenMap> heads_;
  std::vector<std::vector<double>> entropies_;
  quint64 request_ = 0, background_ = 0;
  bool isDirty_ = false, needsImage_ = true;
};

/// The heads of a reply as token maps; empty when its arrays do not fit its words.
std::vector<TokenMap> tokenMapsOf(const AttentionMap& map, const Message& message);

}  // namespace slab
