// How the window starts trainings: the program `slab`, detached, so that they outlive the window.
#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QProcess>
#include <QSaveFile>
#include <QStandardPaths>

#include "app/gui/project_reader.h"
#include "app/gui/session.h"

namespace slab {
namespace {

// Of a training's worker that crashes while nobody looks.
const QString kRestarts = QStringLiteral("3");

}  // namespace

QString Session::slabProgram() {
  const QFileInfo beside(QCoreApplication::applicationDirPath() + "/slab");
  if (beside.isExecutable()) return beside.absoluteFilePath();
  const QString onPath = QStandardPaths::findExecutable("slab");
  return onPath.isEmpty() ? qEnvironmentVariable("SLAB_PROGRAM") : onPath;
}

QString Session::launch(const QString& run, const QStringList& arguments) {
  const QString program = slabProgram();
  if (program.isEmpty()) {
    report(tr("The program slab was not found: build it, or set SLAB_PROGRAM to its path."), "bad");
    return {};
  }
  QDir().mkpath(run);
  QProcess process;
  process.setProgram(program);
  process.setArguments(arguments);
  process.setStandardInputFile(QProcess::nullDevice());
  process.setStandardOutputFile(run + "/worker.log", QIODevice::Append);
  process.setStandardErrorFile(run + "/worker.log", QIODevice::Append);
  qint64 pid = 0;
  if (!process.startDetached(&pid)) {
    report(tr("%1 could not be started: %2").arg(program, process.errorString()), "bad");
    return {};
  }
  wanted_ = run;
  shown_[run] = true;
  post([run, pid](ProjectReader& reader) { reader.expect(run, pid); });
  return run;
}

QString Session::freeRunPath(const QString& name) const {
  QString run = project_ + "/runs/" + name;
  for (int n = 2; QFileInfo::exists(run); ++n) run = project_ + "/runs/" + name + '-' + QString::number(n);
  return run;
}

QString Session::startRun(const QString& name, const QByteArray& config, const QString& from, int processes) {
  const QString run = freeRunPath(name);
  // The worker stores the text beside the resolved configuration; this copy only hands it over.
  const QString file = project_ + "/.cache/" + QFileInfo(run).fileName() + ".json";
  QSaveFile out(file);
  if (!out.open(QIODevice::WriteOnly) || out.write(config) != config.size() || !out.commit()) {
    report(tr("%1 could not be written: %2. Free some space or choose another project.").arg(file, out.errorString()),
           "bad");
    return {};
  }
  QStringList arguments{"train", "--config", file, "--run", run};
  if (!from.isEmpty()) arguments << "--from" << from;
  if (processes > 1) {
    arguments = QStringList{"launch", "--nproc", QString::number(processes), "--"} + arguments;
  } else {
    arguments << "--restarts" << kRestarts;  // which is for one process
  }
  return launch(run, arguments);
}

QString Session::startBranch(const QString& name, const QString& from, const QStringList& settings) {
  return launchNew(name, {"--from", from}, settings);
}

QString Session::startPreset(const QString& preset, const QStringList& settings) {
  return launchNew(preset, {"--preset", preset}, settings);
}

QString Session::launchNew(const QString& name, const QStringList& source, const QStringList& settings) {
  const QString run = freeRunPath(name);
  QStringList arguments{"train", "--run", run, "--restarts", kRestarts};
  arguments << source;
  for (const QString& setting : settings) arguments << "--set" << setting;
  return launch(run, arguments);
}

void Session::resumeRun(const QString& path) {
  launch(path, {"train", "--run", path, "--resume", "--restarts", kRestarts});
}

void Session::rewindRun(const QString& path, qint64 step) {
  launch(path, {"train", "--run", path, "--resume", "--from-step", QString::number(step), "--restarts", kRestarts});
}

}  // namespace slab
