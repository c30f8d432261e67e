// The configuration being edited: one text, its meaning, its problems, and every edit undoable.
#pragma once

#include <QObject>
#include <QStringList>
#include <QUndoStack>
#include <optional>

#include "core/config/cost.h"
#include "core/config/diff.h"
#include "core/config/load.h"
#include "core/config/schedule.h"

namespace slab {

/// The text is the truth: the form edits it key by key in place, the text view as a whole, and what starts is this
/// text byte for byte. Lives on the window thread; loading a text takes well under a millisecond.
class ConfigDocument : public QObject {
  Q_OBJECT

 public:
  /// Edits go to `undo`, which outlives the document.
  explicit ConfigDocument(QUndoStack& undo, QObject* parent = nullptr);

  /// Starts from a preset, or from the text of a file (a run's configuration), shown as `title`. Undoable.
  /// `kept`: keys that have their value of now in it, where the text gives one.
  void openPreset(const QString& name, const QStringList& kept = {});
  void openText(const QString& text, const QString& title, const QString& file);

  [[nodiscard]] const QString& text() const { return text_; }
  [[nodiscard]] const QString& title() const { return origin_.title; }
  /// The preset's name; empty when the text came from elsewhere.
  [[nodiscard]] const QString& preset() const { return origin_.preset; }
  [[nodiscard]] const RunConfig& config() const { return loaded_.config; }
  [[nodiscard]] const std::vector<ConfigIssue>& issues() const { return loaded_.issues; }
  [[nodiscard]] bool hasErrors() const { return slab::hasErrors(loaded_.issues); }
  /// False while the text is no JSON object: the form then shows the last good values, locked.
  [[nodiscard]] bool isReadable() const { return isReadable_; }

  /// Sets a key in the text. Edits of the same key in a row are one step of undo.
  void set(const QString& key, const Json& value);
  void setMany(const QString& name, const std::vector<std::pair<QString, Json>>& values,
               const QStringList& removed = {});
  /// The origin's value again: its line, or no line where it had none.
  void reset(const QString& key);
  void setText(const QString& text);
  void apply(const Mend& mend);

  /// What the text itself says of a key, right or wrong; nothing where it is left to its default.
  [[nodiscard]] std::optional<Json> given(const QString& key) const;
  [[nodiscard]] bool isChanged(const QString& key) const;
  /// Keys whose value is not the origin's, with both values.
  [[nodiscard]] std::vector<ConfigDifference> changes() const;
  /// Keys in the text that no field has, in their order.
  [[nodiscard]] QStringList unknownKeys() const;

  /// Size of the training set, where the data panel or the configuration knows it.
  void setImages(std::optional<qint64> images);
  [[nodiscard]] std::optional<qint64> images() const;
  /// How many train together: problems, plan and command line are for so many. Not undoable, as it is no key.
  void setProcesses(int processes);
  [[nodiscard]] int processes() const { return processes_; }
  /// Durations in steps; nothing without a known size.
  [[nodiscard]] std::optional<Plan> plan() const;

  /// `slab train --preset NAME --set key=value ... --run DIR`, quoted for a shell; with the origin's file where it is
  /// no preset, and behind `slab launch --nproc N --` for several processes. `from`: "DIR@STEP" for a branch of that
  /// run, whose own configuration is not named again.
  [[nodiscard]] QString commandLine(const QString& runDirectory, const QString& from = {}) const;

 signals:
  /// Text, meaning and problems are new.
  void changed();

 private:
  friend class ConfigEdit;
  struct Origin {
    QString title, preset, text, file;
  };
  void push(const QString& name, const QString& mergeKey, const QString& text, const Origin& origin);
  void restore(const QString& text, const Origin& origin);

  QUndoStack& undo_;
  QString text_;
  Origin origin_;
  RunConfig originConfig_;
  LoadedConfig loaded_;
  std::optional<qint64> images_;
  int processes_ = 1;
  bool isReadable_ = true;
};

/// A value as the form shows it: lists without brackets, words without quotes.
QString displayValue(const Json& value);

}  // namespace slab
