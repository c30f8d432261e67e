// The card "Fold certificate" of Models: folds a model, shows the proof, and writes the folded weights and ONNX.
#pragma once

#include <QProgressBar>
#include <QStackedWidget>
#include <optional>

#include "app/gui/model_choice.h"
#include "app/gui/slab_process.h"
#include "widgets/certificate_table/certificate_table.h"
#include "widgets/theme/controls.h"

namespace slab {

struct WorkerReply;

/// Lives on the window thread. The inspection worker folds; ONNX is written by the program `slab` as a process of its
/// own, which is ended when cancelled. What was shown belongs to one model: another one clears it.
class FoldCard : public QObject {
  Q_OBJECT

 public:
  FoldCard(Session& session, QObject* parent);

  [[nodiscard]] QWidget* content() const { return content_; }
  [[nodiscard]] CardHeader* header() const { return header_; }
  [[nodiscard]] QAction* foldAction() const { return fold_; }
  [[nodiscard]] QAction* cancelAction() const { return cancel_; }
  /// Everything of this card, for the menus.
  [[nodiscard]] QList<QAction*> actions() const { return {fold_, saveWeights_, saveOnnx_, saveCertificate_}; }

  void setModel(const std::optional<ModelChoice>& model);
  [[nodiscard]] bool isBusy() const { return request_ != 0 || process_.isRunning(); }
  [[nodiscard]] const std::optional<FoldReport>& report() const { return report_; }

  /// Folds without asking for a file: the certificate only.
  void fold() { ask({}, false); }
  /// Writes the folded weights (safetensors) to `path`.
  void writeWeights(const QString& path) { ask(path, false); }
  /// Writes the folded model as ONNX to `path`.
  void writeOnnx(const QString& path);

 signals:
  void changed();

 private:
  void ask(const QString& output, bool force);
  void take(const WorkerReply& reply, const QString& output);
  void showReport();
  void fail(const QString& heading, const QString& words);
  void cancel();
  void update();
  void saveWeightsAs();
  void saveOnnxAs();
  void saveCertificateAs();
  void onnxEnded(const SlabEnd& end);

  Session& session_;
  std::optional<ModelChoice> model_;
  std::optional<FoldReport> report_;
  quint64 request_ = 0;
  QString onnxPath_, onnxWritten_;  // the file asked for, and the one that becomes it
  SlabProcess process_;
  QAction *fold_, *cancel_, *force_, *saveWeights_, *saveOnnx_, *saveCertificate_;
  // Owned by the dock.
  QWidget* content_;
  CardHeader* header_;
  QStackedWidget* stack_;
  EmptyState* empty_;
  QProgressBar* progress_;
  QLabel* words_;
  CertificateTable* table_;
};

}  // namespace slab
