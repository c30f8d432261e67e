// Workspace Data: every image of the training and validation sets, by class, and the way to its attention map.
#pragma once

#include <QComboBox>
#include <QLabel>
#include <QSpinBox>
#include <QStackedWidget>
#include <map>

#include "app/gui/panel.h"
#include "core/config/run_config.h"
#include "core/wire/messages.h"
#include "widgets/dataset_grid/dataset_grid.h"
#include "widgets/picture_view/picture_view.h"

class QVBoxLayout;

namespace slab {

class DoctorCard;
struct WorkerReply;

class DataPanel : public Panel {
  Q_OBJECT

 public:
  explicit DataPanel(Session& session, QObject* parent = nullptr);

  QString id() const override { return QStringLiteral("data"); }
  std::vector<PanelCard> makeCards() override;
  CardLayout defaultLayout() const override;
  QList<QWidget*> makeContextWidgets() override;
  QList<QAction*> contextActions() const override;
  QList<QAction*> menuActions() const override;
  void activate() override;
  bool isSettled() const override;

  /// Shows and scans a folder of images instead of the data of the run in front, until another is opened or left.
  void openFolder(const QString& folder);

 private:
  QWidget* makeDetails();
  void open();
  void takeFirst(const WorkerReply& reply);
  void askPage(int generation, qint64 first, qint64 count);
  void showCurrent(qint64 position);
  void showClasses(const DatasetPage& page);
  void fail(const QString& words);
  void showFault(const QString& file, const QString& cause);
  void setSplit(const QString& split);
  [[nodiscard]] DatasetRequest request(qint64 first, qint64 count) const;
  /// Of what is shown: the run in front, or the folder.
  [[nodiscard]] RunConfig config() const;

  DoctorCard* doctor_;
  QAction *openAttention_, *larger_, *smaller_, *retry_;
  QString folder_;  // instead of the run's data; "" for that
  bool isScanWanted_ = false;
  QString split_ = QStringLiteral("val");
  qint64 label_ = -1;
  std::vector<QString> classNames_;
  std::string openConfig_;
  bool isOpening_ = false;
  int openPages_ = 0;
  // Cards and context widgets; owned by the window.
  QStackedWidget* stack_ = nullptr;
  EmptyState* empty_ = nullptr;
  DatasetGrid* grid_ = nullptr;
  PictureView* picture_ = nullptr;
  CardHeader *gridHeader_ = nullptr, *pictureHeader_ = nullptr;
  QLabel *facts_ = nullptr, *classes_ = nullptr;
  Segmented* splitBox_ = nullptr;
  QComboBox* classBox_ = nullptr;
  QSpinBox* jump_ = nullptr;
};

/// Thumbnails of a page's "thumbnails" array; a defect's image is null.
std::vector<Thumbnail> thumbnailsOf(const DatasetPage& page, const Message& message,
                                    const std::vector<QString>& classNames);

}  // namespace slab
