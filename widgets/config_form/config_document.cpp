#include "widgets/config_form/config_document.h"

#include <QPointer>
#include <QUndoCommand>

#include "widgets/config_form/json_text.h"

namespace slab {
namespace {

Json parse(const QString& text) {
  return Json::parse(text.toStdString(), nullptr, false, true);
}

/// The value the text itself gives to a key, if any.
std::optional<Json> givenValue(const Json& json, const QString& key) {
  const std::string name = key.toStdString();
  if (!json.is_object()) return std::nullopt;
  if (json.contains(name)) return json.at(name);
  const auto dot = name.find('.');
  if (dot == std::string::npos || !json.contains(name.substr(0, dot))) return std::nullopt;
  const Json& group = json.at(name.substr(0, dot));
  if (!group.is_object() || !group.contains(name.substr(dot + 1))) return std::nullopt;
  return group.at(name.substr(dot + 1));
}

QString shellQuoted(const QString& word) {
  static const QString kSafe = QStringLiteral("-_./=%:,+@");
  for (const QChar c : word) {
    if (!c.isLetterOrNumber() && !kSafe.contains(c)) {
      QString escaped = word;
      return '\'' + escaped.replace('\'', "'\\''") + '\'';
    }
  }
  return word;
}

}  // namespace

/// A change of the whole text; small texts make before and after cheaper than a difference.
class ConfigEdit : public QUndoCommand {
 public:
  ConfigEdit(ConfigDocument& document, const QString& name, const QString& mergeKey, const QString& text,
             const ConfigDocument::Origin& origin)
      : QUndoCommand(name),
        document_(&document),
        mergeKey_(mergeKey),
        before_(document.text_),
        after_(text),
        originBefore_(document.origin_),
        originAfter_(origin) {}

  void undo() override {
    if (document_) document_->restore(before_, originBefore_);
  }
  void redo() override {
    if (document_) document_->restore(after_, originAfter_);
  }
  [[nodiscard]] int id() const override { return mergeKey_.isEmpty() ? -1 : 7001; }
  bool mergeWith(const QUndoCommand* other) override {
    const auto* next = static_cast<const ConfigEdit*>(other);
    if (next->mergeKey_ != mergeKey_ || next->document_ != document_) return false;
    after_ = next->after_;
    setObsolete(after_ == before_);
    return true;
  }

 private:
  QPointer<ConfigDocument> document_;
  QString mergeKey_, before_, after_;
  ConfigDocument::Origin originBefore_, originAfter_;
};

ConfigDocument::ConfigDocument(QUndoStack& undo, QObject* parent) : QObject(parent), undo_(undo) {
  const auto& all = presets();
  const Preset* first = findPreset("demo");
  if (!first && !all.empty()) first = &all.front();
  const QString text = first ? QString::fromStdString(first->text) : QStringLiteral("{\n}\n");
  const QString name = first ? QString::fromStdString(first->name) : QString();
  restore(text, {name, name, text, {}});
}

void ConfigDocument::push(const QString& name, const QString& mergeKey, const QString& text, const Origin& origin) {
  if (text == text_ && origin.text == origin_.text && origin.title == origin_.title && origin.file == origin_.file)
    return;
  undo_.push(new ConfigEdit(*this, name, mergeKey, text, origin));
}

void ConfigDocument::restore(const QString& text, const Origin& origin) {
  text_ = text;
  origin_ = origin;
  const Json json = parse(text);
  isReadable_ = json.is_object();
  const RunConfig last = loaded_.config;
  loaded_ = loadConfig(
      {.preset = "", .text = text.toStdString(), .fileName = "", .overrides = {}},
      [this](const RunConfig&) { return images_; }, processes_);
  if (!isReadable_) loaded_.config = last;
  originConfig_ = loadConfig({.preset = "", .text = origin.text.toStdString(), .fileName = "", .overrides = {}}).config;
  emit changed();
}

void ConfigDocument::openPreset(const QString& name, const QStringList& kept) {
  const Preset* preset = findPreset(name.toStdString());
  if (!preset) return;
  const QString original = QString::fromStdString(preset->text);
  QString text = original;
  for (const QString& key : kept) {
    if (const auto value = given(key)) text = withValue(text, key, *value).value_or(text);
  }
  push(tr("Open preset %1").arg(name), {}, text, {name, name, original, {}});
}

void ConfigDocument::openText(const QString& text, const QString& title, const QString& file) {
  push(tr("Open %1").arg(title), {}, text, {title, {}, text, file});
}

void ConfigDocument::set(const QString& key, const Json& value) {
  if (const auto text = withValue(text_, key, value)) push(tr("Change %1").arg(key), key, *text, origin_);
}

void ConfigDocument::setMany(const QString& name, const std::vector<std::pair<QString, Json>>& values,
                             const QStringList& removed) {
  QString text = text_;
  for (const QString& key : removed) text = withoutKey(text, key);
  for (const auto& [key, value] : values) text = withValue(text, key, value).value_or(text);
  push(name, {}, text, origin_);
}

void ConfigDocument::reset(const QString& key) {
  const auto given = givenValue(parse(origin_.text), key);
  const QString text = given ? withValue(text_, key, *given).value_or(text_) : withoutKey(text_, key);
  push(tr("Reset %1").arg(key), {}, text, origin_);
}

void ConfigDocument::setText(const QString& text) {
  push(tr("Edit the text"), QStringLiteral("<text>"), text, origin_);
}

void ConfigDocument::apply(const Mend& mend) {
  const QString key = QString::fromStdString(mend.key), removed = QString::fromStdString(mend.removeKey);
  QString text = text_;
  if (!removed.isEmpty() && !key.isEmpty()) {
    text = withRenamedKey(text, removed, key);
  } else if (!removed.isEmpty()) {
    text = withoutKey(text, removed);
  }
  if (!key.isEmpty() && removed.isEmpty()) text = withValue(text, key, mend.value).value_or(text);
  push(QString::fromStdString(mend.label), {}, text, origin_);
}

std::optional<Json> ConfigDocument::given(const QString& key) const {
  return givenValue(parse(text_), key);
}

bool ConfigDocument::isChanged(const QString& key) const {
  const std::string name = key.toStdString();
  return findField(name) && getField(loaded_.config, name) != getField(originConfig_, name);
}

std::vector<ConfigDifference> ConfigDocument::changes() const {
  return diff({originConfig_, loaded_.config});
}

QStringList ConfigDocument::unknownKeys() const {
  QStringList keys;
  for (const ConfigIssue& issue : loaded_.issues) {
    if (!issue.key.empty() && !findField(issue.key)) keys << QString::fromStdString(issue.key);
  }
  return keys;
}

void ConfigDocument::setImages(std::optional<qint64> images) {
  if (images_ == images) return;
  images_ = images;
  restore(text_, origin_);
}

std::optional<qint64> ConfigDocument::images() const {
  if (images_) return images_;
  const auto known = knownImages(loaded_.config.data);
  return known ? std::optional<qint64>(*known) : std::nullopt;
}

void ConfigDocument::setProcesses(int processes) {
  if (processes_ == processes) return;
  processes_ = processes;
  restore(text_, origin_);
}

std::optional<Plan> ConfigDocument::plan() const {
  const auto size = images();
  return size ? std::optional(makePlan(loaded_.config, *size, processes_)) : std::nullopt;
}

QString ConfigDocument::commandLine(const QString& runDirectory, const QString& from) const {
  QStringList words{QStringLiteral("slab")};
  if (processes_ > 1) words << QStringLiteral("launch --nproc %1 --").arg(processes_);
  words << QStringLiteral("train");
  const bool isParents = !from.isEmpty() && origin_.file == from.section('@', 0, -2) + QStringLiteral("/config.json");
  if (!origin_.preset.isEmpty()) {
    words << QStringLiteral("--preset") << origin_.preset;
  } else if (!isParents) {
    words << QStringLiteral("--config") << shellQuoted(origin_.file);
  }
  if (!from.isEmpty()) words << QStringLiteral("--from") << shellQuoted(from);
  for (const ConfigDifference& change : changes()) {
    QString value = QString::fromStdString(change.values.back().dump());
    if (change.values.back().is_string()) value = QString::fromStdString(change.values.back().get<std::string>());
    words << QStringLiteral("--set") << shellQuoted(QString::fromStdString(change.key) + '=' + value);
  }
  if (!runDirectory.isEmpty()) words << QStringLiteral("--run") << shellQuoted(runDirectory);
  return words.join(' ');
}

QString displayValue(const Json& value) {
  if (value.is_string()) return QString::fromStdString(value.get<std::string>());
  if (value.is_array()) return compactJson(value).mid(1).chopped(1);
  if (value.is_number_float()) return QString::number(value.get<double>(), 'g', 12);
  return QString::fromStdString(value.dump());
}

}  // namespace slab
