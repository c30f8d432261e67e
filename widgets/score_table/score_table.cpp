#include "widgets/score_table/score_table.h"

#include <QHeaderView>
#include <QSortFilterProxyModel>
#include <QVBoxLayout>
#include <algorithm>

#include "core/base/format.h"
#include "widgets/model_tree/cell_delegate.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

constexpr int kValueRole = Qt::UserRole, kPlaceRole = Qt::UserRole + 1;

/// Nothing to find sorts below every value, in both directions.
class ByValue : public QSortFilterProxyModel {
 public:
  using QSortFilterProxyModel::QSortFilterProxyModel;

 protected:
  [[nodiscard]] bool lessThan(const QModelIndex& a, const QModelIndex& b) const override {
    const QVariant first = a.data(kValueRole), second = b.data(kValueRole);
    if (first.typeId() == QMetaType::QString) return first.toString().localeAwareCompare(second.toString()) < 0;
    const double x = first.toDouble(), y = second.toDouble();
    if ((x < 0) != (y < 0)) return sortOrder() == Qt::AscendingOrder ? y < 0 : x < 0;
    return x < y;
  }
};

QStandardItem* wordsItem(const QString& words, const QString& tip = {}) {
  auto* item = new QStandardItem(words);
  item->setData(words, kValueRole);
  item->setToolTip(tip);
  item->setEditable(false);
  return item;
}

/// Its font follows the user's font size.
class NumberItem : public QStandardItem {
 public:
  using QStandardItem::QStandardItem;
  [[nodiscard]] QVariant data(int role) const override {
    return role == Qt::FontRole ? QVariant(theme().font(TextRole::NumberSmall)) : QStandardItem::data(role);
  }
};

QStandardItem* numberItem(const QString& words, double value) {
  auto* item = new NumberItem(words);
  item->setData(value, kValueRole);
  item->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
  item->setEditable(false);
  return item;
}

QStandardItem* scoreItem(double value) {
  return numberItem(value < 0 ? QStringLiteral("\u2013") : QString::number(100 * value, 'f', 1), value);
}

QTableView* makeTable(const QString& name, QAbstractItemModel* model) {
  auto* table = new QTableView;
  table->setModel(model);
  setUpTable(*table);
  table->setAccessibleName(name);
  table->setSelectionMode(QTableView::SingleSelection);
  return table;
}

void setHeader(QStandardItemModel& model, const QStringList& words) {
  model.setHorizontalHeaderLabels(words);
  for (int i = 0; i < words.size(); ++i) {
    model.horizontalHeaderItem(i)->setTextAlignment((i == 0 ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
  }
}

QString field(QString text) {
  if (!text.contains('"') && !text.contains(',') && !text.contains('\n')) return text;
  return '"' + text.replace('"', "\"\"") + '"';
}

QString digits(double value) {
  return value < 0 ? QString() : QString::number(value, 'g', 17);
}

}  // namespace

ScoreTable::ScoreTable(QWidget* parent)
    : QWidget(parent), lines_(makeTable(tr("Scores"), new QStandardItemModel(this))) {
  auto* sorted = new ByValue(this);
  sorted->setSourceModel(new QStandardItemModel(this));
  sorted->setSortRole(kValueRole);
  classes_ = makeTable(tr("Scores by class"), sorted);
  classes_->horizontalHeader()->setSortIndicator(-1, Qt::AscendingOrder);
  classes_->setSortingEnabled(true);
  connect(classes_, &QTableView::activated, this,
          [this](const QModelIndex& index) { emit classActivated(index.siblingAtColumn(0).data(kPlaceRole).toInt()); });
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(lines_);
  column->addWidget(classes_, 1);
  connect(&theme(), &Theme::changed, this, &ScoreTable::layOut);
  setScores({}, {}, false);
}

void ScoreTable::setScores(const std::vector<ScoreLine>& lines, const std::vector<ClassScoreLine>& classes,
                           bool hasMasks) {
  auto& top = *static_cast<QStandardItemModel*>(lines_->model());
  auto* sorted = static_cast<QSortFilterProxyModel*>(classes_->model());
  auto& all = *static_cast<QStandardItemModel*>(sorted->sourceModel());
  top.clear();
  all.clear();
  setHeader(top, {tr("score, %"), tr("boxes"), tr("masks")});
  setHeader(all, {tr("class"), tr("objects"), tr("box"), tr("box50"), tr("mask"), tr("mask50")});
  const QStringList meanings{{},
                             tr("crowds not counted"),
                             tr("AP of boxes"),
                             tr("AP of boxes at overlap 0.50"),
                             tr("AP of masks"),
                             tr("AP of masks at overlap 0.50")};
  for (int i = 0; i < meanings.size(); ++i) all.horizontalHeaderItem(i)->setToolTip(meanings[i]);
  for (const ScoreLine& line : lines) {
    top.appendRow({wordsItem(line.name, line.words), scoreItem(line.boxes), scoreItem(line.masks)});
  }
  int place = 0;
  for (const ClassScoreLine& one : classes) {
    QStandardItem* name = wordsItem(one.name, one.name);
    name->setData(place++, kPlaceRole);
    all.appendRow({name,
                   numberItem(QString::fromStdString(formatInteger(one.objects, /*thin=*/true)),
                              static_cast<double>(one.objects)),
                   scoreItem(one.boxes), scoreItem(one.boxes50), scoreItem(one.masks), scoreItem(one.masks50)});
  }
  lines_->setColumnHidden(2, !hasMasks);
  for (const int column : {4, 5}) classes_->setColumnHidden(column, !hasMasks);
  classes_->setColumnHidden(1, hasMasks);  // no room for all: the scores come first
  layOut();
}

void ScoreTable::layOut() {
  for (QTableView* table : {lines_, classes_}) {
    table->verticalHeader()->setDefaultSectionSize(theme().px(24));
    QHeaderView* columns = table->horizontalHeader();
    columns->setSectionResizeMode(QHeaderView::Fixed);
    columns->setMinimumSectionSize(theme().px(24));
    // As narrow as words and numbers allow: a header's own hint keeps room for a sign of the order in every column.
    const QFontMetrics words(columns->font()), numbers(theme().font(TextRole::NumberSmall));
    for (int i = 1; i < columns->count(); ++i) {
      const QString title = table->model()->headerData(i, Qt::Horizontal).toString();
      const int value = numbers.horizontalAdvance(title == tr("objects") ? "000 000" : "100.0");
      columns->resizeSection(i, std::max(words.horizontalAdvance(title), value) + 2 * theme().px(size::kSmall));
    }
    if (columns->count() > 0) columns->setSectionResizeMode(0, QHeaderView::Stretch);
  }
  const int rows = lines_->model()->rowCount();
  lines_->setFixedHeight(lines_->horizontalHeader()->sizeHint().height() + rows * theme().px(24) + theme().px(2));
}

QByteArray scoresCsv(const std::vector<ScoreLine>& lines, const std::vector<ClassScoreLine>& classes) {
  QString text = "score,meaning,boxes,masks\r\n";
  for (const ScoreLine& line : lines) {
    text += QStringList{field(line.name), field(line.words), digits(line.boxes), digits(line.masks)}.join(',') + "\r\n";
  }
  text += "\r\nclass,objects,box AP,box AP50,mask AP,mask AP50\r\n";
  for (const ClassScoreLine& one : classes) {
    text += QStringList{field(one.name),   QString::number(one.objects), digits(one.boxes), digits(one.boxes50),
                        digits(one.masks), digits(one.masks50)}
                .join(',') +
            "\r\n";
  }
  return text.toUtf8();
}

}  // namespace slab
