#include "widgets/sweep_view/sweep_view.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <algorithm>
#include <cmath>

#include "core/base/format.h"
#include "widgets/queue_table/queue_row.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

constexpr int kFixedColumns = 3;  // state, the best score, time

QTableWidgetItem* makeItem(const QString& text, TextRole role, bool isNumber) {
  auto* item = new QTableWidgetItem(text);
  item->setFont(theme().font(role));
  item->setTextAlignment(Qt::AlignVCenter | (isNumber ? Qt::AlignRight : Qt::AlignLeft));
  item->setToolTip(text);
  return item;
}

}  // namespace

SweepView::SweepView(QWidget* parent)
    : QWidget(parent), lines_(new ParallelCoordinates(this)), table_(new QTableWidget(this)) {
  table_->setAccessibleName(tr("Trials"));
  table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setSelectionMode(QAbstractItemView::SingleSelection);
  table_->setShowGrid(false);
  table_->setTabKeyNavigation(false);
  table_->verticalHeader()->hide();
  table_->horizontalHeader()->setHighlightSections(false);
  table_->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
  table_->horizontalHeader()->setStretchLastSection(true);
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->addWidget(lines_, 3);
  row->addWidget(table_, 2);
  connect(lines_, &ParallelCoordinates::jobChosen, this, &SweepView::choose);
  connect(table_, &QTableWidget::currentCellChanged, this, [this](int now) {
    if (now >= 0) lines_->setChosen(trials_[static_cast<std::size_t>(now)].job);
  });
  connect(table_, &QTableWidget::cellActivated, this,
          [this](int now) { emit activated(trials_[static_cast<std::size_t>(now)].job); });
  connect(&theme(), &Theme::changed, this, &SweepView::restyle);
}

void SweepView::setTrials(const QStringList& keys, std::vector<SweepTrial> trials, const QString& score) {
  keys_ = keys;
  score_ = score;
  trials_ = std::move(trials);
  std::stable_sort(trials_.begin(), trials_.end(), [](const SweepTrial& a, const SweepTrial& b) {
    return (std::isfinite(a.best) ? a.best : -1) > (std::isfinite(b.best) ? b.best : -1);
  });
  lines_->setTrials(keys_, trials_, score_);
  fillTable();
}

void SweepView::fillTable() {
  const QSignalBlocker quiet(table_);
  table_->clear();
  table_->setRowCount(static_cast<int>(trials_.size()));
  table_->setColumnCount(static_cast<int>(keys_.size()) + kFixedColumns);
  table_->setHorizontalHeaderLabels(QStringList{tr("best %1").arg(score_)} + keys_ +
                                    QStringList{tr("time"), tr("state")});
  for (int r = 0; r < table_->rowCount(); ++r) {
    const SweepTrial& trial = trials_[static_cast<std::size_t>(r)];
    const QString best =
        std::isfinite(trial.best) ? QString::number(trial.best, 'f', 1) + " %" : QStringLiteral("\u2013");
    int column = 0;
    table_->setItem(r, column++, makeItem(best, TextRole::NumberStrong, true));
    for (const Json& value : trial.values) {
      table_->setItem(r, column++, makeItem(sweepValueText(value), TextRole::Number, true));
    }
    const QString time = trial.seconds > 0 ? QString::fromStdString(formatDuration(trial.seconds)) : QString();
    table_->setItem(r, column++, makeItem(time, TextRole::Number, true));
    table_->setItem(r, column, makeItem(jobStateText(trial.state), TextRole::Body, false));
  }
  choose(lines_->chosen());
}

void SweepView::choose(qint64 job) {
  for (int r = 0; r < table_->rowCount(); ++r) {
    if (trials_[static_cast<std::size_t>(r)].job == job) table_->selectRow(r);
  }
  lines_->setChosen(job);
}

void SweepView::restyle() {
  table_->verticalHeader()->setDefaultSectionSize(theme().px(30));
  fillTable();
}

}  // namespace slab
