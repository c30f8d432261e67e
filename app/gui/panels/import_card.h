// The card "Import" of Models: what a checkpoint of another program holds, key by key, and its import.
#pragma once

#include <QMenu>
#include <QProgressBar>
#include <QStackedWidget>
#include <optional>

#include "core/wire/messages.h"
#include "widgets/import_table/import_table.h"
#include "widgets/theme/controls.h"

namespace slab {

class Session;
struct WorkerReply;

/// A file is looked at first (nothing is written), as the model it fits best or another one; an import then writes it
/// into the project, where every workspace can use it.
class ImportCard : public QObject {
  Q_OBJECT

 public:
  ImportCard(Session& session, QObject* parent);

  [[nodiscard]] QWidget* content() const { return content_; }
  [[nodiscard]] CardHeader* header() const { return header_; }
  [[nodiscard]] QAction* cancelAction() const { return cancel_; }
  [[nodiscard]] QList<QAction*> actions() const { return {import_, again_}; }

  void open(const QString& file);
  /// Writes the file as the model shown; `imported` follows.
  void importFile();
  [[nodiscard]] bool isBusy() const { return request_ != 0; }
  [[nodiscard]] const std::optional<ImportReport>& report() const { return report_; }

 signals:
  /// The weights file of a new import of this project.
  void imported(const QString& weights);
  void changed();

 private:
  void look();
  void ask();
  void take(const WorkerReply& reply);
  void showReport();
  void fillMenu();
  void pickModel(const std::string& name);
  void update();

  Session& session_;
  ImportRequest request_body_;
  std::optional<ImportReport> report_;
  quint64 request_ = 0;
  int serial_ = 0;
  QAction *import_, *cancel_, *again_;
  // Owned by the dock.
  QWidget* content_;
  CardHeader* header_;
  QPushButton* picker_;
  QStackedWidget* stack_;
  EmptyState* empty_;
  QProgressBar* progress_;
  QLabel* words_;
  ImportTable* table_;
};

}  // namespace slab
