#include "app/gui/dialogs/checkpoint_dialog.h"

#include <QDialog>
#include <QDialogButtonBox>
#include <QFileInfo>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QVBoxLayout>

#include "core/base/clock.h"
#include "core/base/format.h"
#include "widgets/theme/theme.h"

namespace slab {
QString checkpointWords(const RunRow& run, const CheckpointRecord& checkpoint) {
  QString words = QObject::tr("step %1   %2   %3")
                      .arg(QString::fromStdString(formatInteger(checkpoint.step, true)), 9)
                      .arg(QString::fromStdString(toIso8601(checkpoint.wall)).left(19).replace('T', ' '),
                           QString::fromStdString(formatBytes(static_cast<double>(checkpoint.bytes))));
  if (checkpoint.top1 >= 0) {
    words += QString("   %1 %2 %").arg(run.scoreName(), QString::fromStdString(formatNumber(checkpoint.top1, 4)));
  }
  return words;
}

std::optional<qint64> askForCheckpoint(QWidget* parent, const RunRow& run,
                                       const std::vector<CheckpointRecord>& checkpoints, const QString& title,
                                       const QString& words, const QString& button) {
  QDialog dialog(parent);
  dialog.setWindowTitle(title);
  auto* label = new QLabel(words, &dialog);
  label->setWordWrap(true);
  auto* list = new QListWidget(&dialog);
  list->setAccessibleName(QObject::tr("Checkpoints of %1").arg(run.name));
  list->setFont(theme().font(TextRole::NumberSmall));
  for (auto checkpoint = checkpoints.rbegin(); checkpoint != checkpoints.rend(); ++checkpoint) {
    if (!checkpoint->good || !QFileInfo::exists(run.path + '/' + QString::fromStdString(checkpoint->path))) continue;
    auto* item = new QListWidgetItem(checkpointWords(run, *checkpoint), list);
    item->setData(Qt::UserRole, QVariant::fromValue<qint64>(checkpoint->step));
  }
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, &dialog);
  QPushButton* accept = buttons->addButton(button, QDialogButtonBox::AcceptRole);
  setPrimary(accept);
  accept->setEnabled(list->count() > 0);
  list->setCurrentRow(0);
  if (list->count() == 0) label->setText(QObject::tr("%1 has no checkpoint on disk yet.").arg(run.name));
  QObject::connect(buttons, &QDialogButtonBox::accepted, &dialog, &QDialog::accept);
  QObject::connect(buttons, &QDialogButtonBox::rejected, &dialog, &QDialog::reject);
  QObject::connect(list, &QListWidget::itemActivated, &dialog, &QDialog::accept);
  auto* column = new QVBoxLayout(&dialog);
  for (QWidget* widget : {static_cast<QWidget*>(label), static_cast<QWidget*>(list), static_cast<QWidget*>(buttons)}) {
    column->addWidget(widget);
  }
  dialog.resize(theme().px(560), theme().px(360));
  if (dialog.exec() != QDialog::Accepted || list->currentItem() == nullptr) return std::nullopt;
  return list->currentItem()->data(Qt::UserRole).toLongLong();
}

}  // namespace slab
