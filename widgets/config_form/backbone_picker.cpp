#include "widgets/config_form/backbone_picker.h"

#include <QGridLayout>
#include <QLabel>

#include "core/config/arch/registry.h"
#include "widgets/config_form/family_names.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

int familyIndex(Family family) {
  for (std::size_t i = 0; i < kFamilyNames.size(); ++i) {
    if (kFamilyNames[i].family == family) return static_cast<int>(i);
  }
  return 0;
}

QStringList sizesOf(Family family) {
  QStringList sizes;
  for (const RegistryEntry& entry : registry()) {
    const QString size = QString::fromStdString(entry.size);
    if (entry.family == family && !sizes.contains(size)) sizes << size;
  }
  return sizes;
}

bool hasDimensionsOf(const ModelConfig& model, const ModelConfig& entry) {
  return model.embedDim == entry.embedDim && model.depths == entry.depths && model.heads == entry.heads;
}

}  // namespace

BackbonePicker::BackbonePicker(ConfigDocument& document, QWidget* parent)
    : QWidget(parent), document_(document), family_(new Segmented(tr("family"))), size_(new Segmented(tr("size"))) {
  auto* grid = new QGridLayout(this);
  setMargins(grid, 14, 3, 6, 3);
  grid->setHorizontalSpacing(theme().px(6));
  grid->setVerticalSpacing(theme().px(6));
  const auto addRow = [grid](int row, const QString& words, Segmented* control) {
    auto* label = new QLabel(words);
    setTone(label, "muted");
    label->setFixedWidth(theme().px(132));
    connect(&theme(), &Theme::changed, label, [label] { label->setFixedWidth(theme().px(132)); });
    grid->addWidget(label, row, 0);
    grid->addWidget(control, row, 1, Qt::AlignLeft);
  };
  addRow(0, tr("family"), family_);
  addRow(1, tr("size"), size_);
  grid->setColumnStretch(1, 1);
  QStringList names;
  for (const FamilyName& family : kFamilyNames) names << QString::fromLatin1(family.name);
  family_->setOptions(names);
  connect(family_, &Segmented::activated, this, &BackbonePicker::pickFamily);
  connect(size_, &Segmented::activated, this, &BackbonePicker::pickSize);
  refresh();
}

void BackbonePicker::refresh() {
  const ModelConfig& model = document_.config().model;
  const RegistryEntry* entry = findModel(model.name);
  const Family family = entry ? entry->family : model.family();
  family_->setCurrent(familyIndex(family));
  const QStringList sizes = sizesOf(family);
  if (sizes != sizes_) {
    sizes_ = sizes;
    QStringList labels;
    for (const QString& size : sizes) labels << size.toUpper();
    size_->setOptions(labels << tr("custom"));
  }
  const bool isCustom = !entry || !hasDimensionsOf(model, entry->config);
  const auto custom = static_cast<int>(sizes_.size());
  size_->setOptionEnabled(custom, isCustom, tr("Change a dimension below to get here"));
  size_->setCurrent(isCustom ? custom : static_cast<int>(sizes_.indexOf(QString::fromStdString(entry->size))));
}

void BackbonePicker::pickFamily(int index) {
  const QStringList sizes = sizesOf(kFamilyNames[static_cast<std::size_t>(index)].family);
  const RegistryEntry* entry = findModel(document_.config().model.name);
  const QString old = entry ? QString::fromStdString(entry->size) : QString();
  pick(index, sizes.contains(old) ? old : sizes.value(0));
}

void BackbonePicker::pickSize(int index) {
  const RegistryEntry* entry = findModel(document_.config().model.name);
  if (entry && index < sizes_.size()) pick(familyIndex(entry->family), sizes_[index]);
  refresh();
}

void BackbonePicker::pick(int family, const QString& size) {
  const ModelConfig& model = document_.config().model;
  const char letter = model.attention.empty() ? 'S' : model.attention.front();
  const Family kind = kFamilyNames[static_cast<std::size_t>(family)].family;
  const std::string label = size.toStdString();
  auto name = nameFor(kind, label, model.norm, letter);
  std::vector<std::pair<QString, Json>> values;
  if (!name) {
    name = nameFor(kind, label, NormKind::LayerNorm, 'S');
    values.emplace_back(QStringLiteral("model.norm"), getField(document_.config(), "model.norm"));
  }
  if (!name) return;
  values.insert(values.begin(), {QStringLiteral("model.name"), Json(*name)});
  QStringList removed;
  for (const char* key : {"embed_dim", "depths", "heads", "window", "mlp_ratio", "attention", "norm"}) {
    removed << QStringLiteral("model.") + QLatin1String(key);
  }
  document_.setMany(tr("Choose %1").arg(QString::fromStdString(*name)), values, removed);
}

}  // namespace slab
