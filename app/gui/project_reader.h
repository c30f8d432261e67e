// Reads a project and its runs from disk, on a thread of its own, and does the file work the window asks for.
#pragma once

#include <QObject>
#include <QSet>
#include <QStringList>
#include <QTimer>
#include <map>
#include <memory>

#include "app/gui/run_data.h"
#include "core/config/run_config.h"
#include "core/store/run_index.h"
#include "widgets/run_table/run_row.h"

namespace slab {

/// Every slot runs on the reader's thread (the window posts to it); every signal is queued to the window. Looks at the
/// project once a second, and at watched runs when told that there is news.
class ProjectReader : public QObject {
  Q_OBJECT
 public:
  using QObject::QObject;

  void open(const QString& project);
  /// Runs whose rows are wanted; runs no longer named are let go.
  void watch(const QStringList& runs);
  void readNews(const QString& run);
  /// A started worker: when it dies before its run exists, the end of its log is reported.
  void expect(const QString& run, qint64 pid);

  void rename(const QString& run, const QString& name);
  void trash(const QString& run);
  void restore(const QString& trashed);
  void setNotes(const QString& run, const QString& notes, bool starred);
  void scan();

 signals:
  void runsRead(const QString& project, const QString& name, const std::vector<slab::RunRow>& rows);
  void rowsRead(const std::shared_ptr<slab::RunUpdate>& update);
  void launchFailed(const QString& run, const QString& why);
  void refused(const QString& why);
  void renamed(const QString& from, const QString& to);
  void trashed(const QString& run, const QString& name_in_trash);

 private:
  struct Watched {
    std::unique_ptr<RunReader> reader;
    qint64 seq = 0;
    std::size_t series = 0, segments = 0;
    QString problem;
  };

  RunRow toRow(const RunSummary& summary);
  /// What follows from a run's config.json; read again only when the file changed.
  struct Configured {
    qint64 time = -1;
    QMap<QString, QString> keys;
    RunConfig config;
    std::vector<std::string> layers;
    bool isRead = false;
  };
  const Configured& configOf(const RunSummary& summary);
  void readRows(const QString& run, Watched& watched);
  void checkLaunches();
  template <typename Task>
  void attempt(Task task);

  std::unique_ptr<RunIndex> index_;
  QString project_;
  std::map<QString, Watched> watched_;
  std::map<QString, qint64> expected_;
  std::map<QString, Configured> configs_;
  QTimer* timer_ = nullptr;
};

/// The plan of a run. Where the configuration does not tell the size of the training set, an epoch's length is what the
/// run says of its own; while that is not known, `stepsPerEpoch` is 0, and a plan that counts in epochs is empty.
Plan planOf(const RunConfig& config, const RunSummary& run);

/// Keys of a JSON object, dotted; lists as "2 2 6 2".
QMap<QString, QString> flattenConfig(const QByteArray& json);

}  // namespace slab

Q_DECLARE_METATYPE(std::vector<slab::RunRow>)
