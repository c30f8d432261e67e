#include "app/gui/panels/process_count.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QSettings>
#include <QSpinBox>
#include <QThread>
#include <algorithm>

#include "widgets/theme/theme.h"

namespace slab {
namespace {

const QString kKey = QStringLiteral("configure/processes");

}  // namespace

ProcessCount::ProcessCount(QWidget* parent) : QWidget(parent), box_(new QSpinBox) {
  auto* label = new QLabel(tr("Processes"));
  label->setBuddy(box_);
  box_->setAccessibleName(tr("Processes"));
  auto* row = new QHBoxLayout(this);
  row->addWidget(label);
  row->addStretch(1);
  row->addWidget(box_);
  setMargins(row, 12, size::kTiny, 12, size::kTiny);
  setGiven(std::nullopt);
  connect(box_, &QSpinBox::valueChanged, this, [this](int processes) {
    if (box_->isEnabled()) QSettings().setValue(kKey, processes);
    emit changed(processes);
  });
}

int ProcessCount::count() const {
  return box_->value();
}

void ProcessCount::setGiven(std::optional<int> processes) {
  const int cores = std::max(1, QThread::idealThreadCount());
  // Locked first and freed last, so that what is given is not remembered as a choice.
  box_->setEnabled(false);
  box_->setRange(1, std::max(cores, processes.value_or(1)));
  box_->setValue(processes.value_or(QSettings().value(kKey, 1).toInt()));
  box_->setEnabled(!processes);
  setToolTip(processes
                 ? tr("A branch goes on in as many processes as its parent.")
                 : tr("How many processes of this machine train together. Each takes batches of its own, of "
                      "train.batch images,\nand its share of the cores; gradients are averaged by Gloo, or NCCL "
                      "between GPUs.\nA step takes that many times more images. After a crash the run waits to be "
                      "resumed."));
}

}  // namespace slab
