#include "widgets/config_form/field_row.h"

#include <QAbstractItemView>
#include <QComboBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QHash>
#include <QKeyEvent>
#include <QPainter>
#include <QToolTip>
#include <QVBoxLayout>
#include <cmath>

#include "core/base/format.h"
#include "widgets/config_form/config_document.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

constexpr int kLabelWidth = 132;
constexpr std::size_t kMostSegments = 4;

}  // namespace

QString fieldLabel(const QString& key) {
  static const QHash<QString, QString> kWords{{"model.name", FieldRow::tr("registry name")},
                                              {"model.attention", FieldRow::tr("attention per stage")},
                                              {"prepbn.warmup", FieldRow::tr("warm-up")},
                                              {"prepbn.lambda_end", FieldRow::tr("lambda reaches 0 at")},
                                              {"prepbn.recalibrate", FieldRow::tr("statistics recalibration")},
                                              {"data.type", FieldRow::tr("data set")},
                                              {"data.root", FieldRow::tr("folder")},
                                              {"data.augment", FieldRow::tr("augmentation")},
                                              {"data.limit", FieldRow::tr("first images only")},
                                              {"train.accumulate", FieldRow::tr("accumulation")},
                                              {"train.clip", FieldRow::tr("gradient clipping")},
                                              {"train.init", FieldRow::tr("initial weights")},
                                              {"optim.name", FieldRow::tr("optimizer")},
                                              {"optim.lr", FieldRow::tr("learning rate")},
                                              {"optim.lr_batch", FieldRow::tr("rate is for batch")},
                                              {"optim.warmup", FieldRow::tr("warm-up")},
                                              {"optim.min_lr", FieldRow::tr("lowest rate")},
                                              {"optim.decay", FieldRow::tr("decay applies to")},
                                              {"ema.decay", FieldRow::tr("decay")}};
  if (const auto found = kWords.constFind(key); found != kWords.constEnd()) return *found;
  return key.mid(key.indexOf('.') + 1).replace('_', ' ');
}

QString choiceLabel(const QString& word) {
  static const QHash<QString, QString> kWords{{"layer_norm", "LayerNorm"},
                                              {"rep_bn", "RepBN"},
                                              {"prep_bn", "PRepBN"},
                                              {"fashion_mnist", "Fashion-MNIST"},
                                              {"image_folder", "image folder"},
                                              {"coco", "COCO"},
                                              {"warmup_cosine", "warm-up cosine"},
                                              {"timm_cosine", "timm cosine"},
                                              {"adamw", "AdamW"},
                                              {"onednn", "oneDNN"}};
  QString plain = word;
  return kWords.value(word, plain.replace('_', ' '));
}

QString fieldHelp(const FieldInfo& field) {
  QString words = QString::fromStdString(field.help).toHtmlEscaped() + '.';
  const bool low = std::isfinite(field.minimum), high = std::isfinite(field.maximum);
  const auto number = [](double value) { return QString::fromStdString(formatNumber(value, 7)); };
  const QString unit = field.unit.empty() ? QString() : ' ' + QString::fromStdString(field.unit);
  if (low && high) words += FieldRow::tr(" From %1 to %2%3.").arg(number(field.minimum), number(field.maximum), unit);
  if (low && !high) words += FieldRow::tr(" At least %1%2.").arg(number(field.minimum), unit);
  if (field.type == FieldType::Duration) {
    words += FieldRow::tr(" In steps (60000), epochs (48ep) or a share of the run (80%).");
  }
  return QStringLiteral("<p><b>%1</b></p><p>%2</p>").arg(QString::fromStdString(field.key), words);
}

Json parseInput(const FieldInfo& field, const QString& text) {
  const std::string words = text.trimmed().toStdString();
  if (field.type == FieldType::Text || field.type == FieldType::Choice) return words;
  const bool isList = field.type == FieldType::IntegerList || field.type == FieldType::NumberList;
  const bool needsBrackets = isList && !words.empty() && words.front() != '[';
  Json json = Json::parse(needsBrackets ? '[' + words + ']' : words, nullptr, false);
  if (json.is_discarded() || json.is_object()) return words;
  if (field.type == FieldType::NumberList && json.is_array() && json.size() == 1) return json.front();
  return json;
}

FieldLine::FieldLine(QWidget* parent) : QLineEdit(parent) {
  setMinimumWidth(theme().px(80));
}

void FieldLine::setHint(const QString& hint) {
  if (hint == hint_) return;
  hint_ = hint;
  update();
}

void FieldLine::setChanged(bool changed) {
  if (changed_ == changed) return;
  changed_ = changed;
  update();
}

void FieldLine::setProblem(bool problem) {
  if (property("problem").toBool() == problem) return;
  setProperty("problem", problem);
  style()->unpolish(this);
  style()->polish(this);
}

void FieldLine::paintEvent(QPaintEvent* event) {
  QLineEdit::paintEvent(event);
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  if (changed_) {
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme().tokens().accent);
    painter.drawRoundedRect(QRectF(0, 0, theme().px(3), height()), 1.5, 1.5);
  }
  const int used = fontMetrics().horizontalAdvance(text()) + theme().px(28);
  painter.setFont(theme().font(TextRole::Small));
  // The hint gives way to a long value.
  if (used + painter.fontMetrics().horizontalAdvance(hint_) > width()) return;
  painter.setPen(theme().tokens().muted);
  painter.drawText(rect().adjusted(0, 0, -theme().px(10), 0), Qt::AlignVCenter | Qt::AlignRight, hint_);
}

FieldRow::FieldRow(const FieldInfo& field, QWidget* parent)
    : QWidget(parent), key_(QString::fromStdString(field.key)), field_(&field) {
  control_ = makeControl(field);
  build(fieldLabel(key_), fieldHelp(field));
}

FieldRow::FieldRow(const QString& unknownKey, QWidget* parent) : QWidget(parent), key_(unknownKey) {
  control_ = line_ = new FieldLine;
  line_->setReadOnly(true);
  build(unknownKey.mid(unknownKey.indexOf('.') + 1), {});
}

void FieldRow::build(const QString& label, const QString& help) {
  auto* grid = new QGridLayout(this);
  setMargins(grid, 14, 3, 4, 3);
  grid->setHorizontalSpacing(theme().px(6));
  grid->setVerticalSpacing(theme().px(2));
  auto* words = new QLabel(label);
  setTone(words, "muted");
  words->setFixedWidth(theme().px(kLabelWidth));
  words->setWordWrap(true);
  words->setBuddy(control_);
  words->setToolTip(help);
  connect(&theme(), &Theme::changed, words, [words] { words->setFixedWidth(theme().px(kLabelWidth)); });
  grid->addWidget(words, 0, 0);
  control_->setAccessibleName(label);
  control_->setAccessibleDescription(field_ ? QString::fromStdString(field_->help) : tr("An unknown key"));
  control_->setToolTip(help);
  control_->installEventFilter(this);
  grid->addWidget(control_, 0, 1, line_ || combo_ ? Qt::Alignment() : Qt::AlignLeft);
  reset_ = new QToolButton;
  reset_->setText(QString(QChar(0x21BA)));
  reset_->setAutoRaise(true);
  reset_->setToolTip(tr("Back to the preset's value"));
  reset_->setAccessibleName(tr("Reset %1").arg(label));
  reset_->setFixedWidth(theme().px(20));
  QSizePolicy keeps = reset_->sizePolicy();
  keeps.setRetainSizeWhenHidden(true);
  reset_->setSizePolicy(keeps);
  reset_->hide();
  connect(reset_, &QToolButton::clicked, this, [this] { emit resetWanted(key_); });
  grid->addWidget(reset_, 0, 2);
  problem_ = new QLabel;
  problem_->setWordWrap(true);
  problem_->setTextFormat(Qt::RichText);
  problem_->setTextInteractionFlags(Qt::LinksAccessibleByMouse | Qt::LinksAccessibleByKeyboard);
  problem_->setAccessibleName(tr("Problem of %1").arg(label));
  setTextRole(problem_, TextRole::Small);
  problem_->hide();
  connect(problem_, &QLabel::linkActivated, this, [this](const QString& link) {
    const auto index = static_cast<std::size_t>(link.toInt());
    if (index < issues_.size() && issues_[index].mend) emit mendWanted(*issues_[index].mend);
  });
  grid->addWidget(problem_, 1, 1, 1, 2);
  grid->setColumnStretch(1, 1);
}

QWidget* FieldRow::makeControl(const FieldInfo& field) {
  if (field.type == FieldType::Boolean) {
    choices_ = {{"no", false}, {"yes", true}};
    return makeChoice(field, {tr("no"), tr("yes")});
  }
  if (field.type == FieldType::Choice) {
    QStringList labels;
    for (const std::string& word : field.choices) {
      choices_.emplace_back(word, word);
      labels << choiceLabel(QString::fromStdString(word));
    }
    return makeChoice(field, labels);
  }
  line_ = new FieldLine;
  connect(line_, &QLineEdit::textEdited, this,
          [this](const QString& text) { emit edited(key_, parseInput(*field_, text)); });
  return line_;
}

QWidget* FieldRow::makeChoice(const FieldInfo& field, const QStringList& labels) {
  const auto pick = [this](int index) { emit edited(key_, choices_[static_cast<std::size_t>(index)].second); };
  if (labels.size() <= static_cast<qsizetype>(kMostSegments) && labels.join("").size() < 34) {
    segments_ = new Segmented(fieldLabel(QString::fromStdString(field.key)));
    segments_->setOptions(labels);
    connect(segments_, &Segmented::activated, this, pick);
    return segments_;
  }
  combo_ = new QComboBox;
  combo_->addItems(labels);
  combo_->view()->setAccessibleName(fieldLabel(QString::fromStdString(field.key)));
  combo_->setMinimumContentsLength(6);
  combo_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  connect(combo_, &QComboBox::activated, this, pick);
  return combo_;
}

void FieldRow::refresh(const Json& value, bool changed, const std::vector<ConfigIssue>& issues, const QString& hint) {
  if (line_) {
    // What is being typed stays as it is typed, as long as it means the same.
    const bool isSame = field_ && line_->hasFocus() && parseInput(*field_, line_->text()) == value;
    if (!isSame && line_->text() != displayValue(value)) line_->setText(displayValue(value));
    line_->setHint(hint);
    line_->setChanged(changed);
    line_->setProblem(!issues.empty() && issues.front().isError());
  }
  int current = -1;
  for (std::size_t i = 0; i < choices_.size(); ++i) {
    if (choices_[i].second == value) current = static_cast<int>(i);
  }
  if (segments_) segments_->setCurrent(current);
  if (combo_) combo_->setCurrentIndex(current);
  reset_->setVisible(changed && field_);
  issues_ = issues;
  QString words;
  for (std::size_t i = 0; i < issues.size(); ++i) {
    QString text = QString::fromStdString(issues[i].message).toHtmlEscaped();
    if (!text.isEmpty()) text[0] = text[0].toUpper();
    const Tokens& tokens = theme().tokens();
    words += QStringLiteral("<div style='color:%1'>%2</div>")
                 .arg((issues[i].isError() ? tokens.bad : tokens.warning).name(), text);
    if (issues[i].mend) {
      words += QStringLiteral("<div><a href='%1' style='color:%2; text-decoration:none'>%3</a></div>")
                   .arg(i)
                   .arg(tokens.accent.name(), QString::fromStdString(issues[i].mend->label).toHtmlEscaped());
    }
  }
  problem_->setText(words);
  problem_->setVisible(!issues.empty());
}

bool FieldRow::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::KeyPress && static_cast<QKeyEvent*>(event)->key() == Qt::Key_F1 && field_) {
    QToolTip::showText(control_->mapToGlobal(QPoint(0, control_->height())), fieldHelp(*field_), control_, {}, 20000);
    return true;
  }
  return QWidget::eventFilter(watched, event);
}

}  // namespace slab
