#include "app/gui/slab_process.h"

#include <QProcess>
#include <QRegularExpression>
#include <utility>

namespace slab {
namespace {

constexpr int kLastWordsMilliseconds = 3000;

/// A line without its end waits for it, as long as the process runs.
template <typename Take>
void readLines(QProcess& process, QProcess::ProcessChannel channel, Take take) {
  const bool isOver = process.state() == QProcess::NotRunning;
  process.setReadChannel(channel);
  while (process.canReadLine() || (isOver && process.bytesAvailable() > 0)) take(process.readLine().trimmed());
}

}  // namespace

SlabProcess::SlabProcess(QObject* parent) : QObject(parent) {}

SlabProcess::~SlabProcess() {
  close();
}

void SlabProcess::start(const QString& program, const QStringList& arguments) {
  if (process_) return;
  isStopped_ = false;
  lastWords_.clear();
  if (program.isEmpty()) {
    emit ended({.why = tr("The program slab was not found: build it, or set SLAB_PROGRAM to its path.")});
    return;
  }
  process_ = new QProcess(this);
  process_->setStandardInputFile(QProcess::nullDevice());
  connect(process_, &QProcess::readyReadStandardOutput, this, &SlabProcess::readOutput);
  connect(process_, &QProcess::readyReadStandardError, this, &SlabProcess::readErrors);
  connect(process_, &QProcess::finished, this, [this](int code, QProcess::ExitStatus status) {
    readOutput();
    readErrors();
    const bool isCrash = status == QProcess::CrashExit, isGood = !isCrash && code == 0;
    QString why = lastWords_;
    if (why.isEmpty() && !isGood) why = isCrash ? tr("slab crashed") : tr("slab ended with exit code %1").arg(code);
    end({isGood, isStopped_, isCrash, why});
  });
  connect(process_, &QProcess::errorOccurred, this, [this, program](QProcess::ProcessError error) {
    if (error != QProcess::FailedToStart) return;
    end({.isStopped = isStopped_, .why = tr("%1 could not be started: %2").arg(program, process_->errorString())});
  });
  process_->start(program, arguments);
}

void SlabProcess::stop() {
  if (!process_) return;
  isStopped_ = true;
  process_->terminate();
}

void SlabProcess::close() {
  if (!process_) return;
  process_->disconnect(this);
  process_->terminate();
  if (!process_->waitForFinished(kLastWordsMilliseconds)) {
    process_->kill();
    process_->waitForFinished();
  }
  delete std::exchange(process_, nullptr);
}

void SlabProcess::readOutput() {
  readLines(*process_, QProcess::StandardOutput, [this](const QByteArray& line) { emit wrote(line); });
}

void SlabProcess::readErrors() {
  readLines(*process_, QProcess::StandardError, [this](const QByteArray& line) { takeError(QString::fromUtf8(line)); });
}

void SlabProcess::takeError(const QString& line) {
  static const QRegularExpression kProgress("^(\\d[\\d ]*) of (\\d[\\d ]*) images");
  const auto match = kProgress.match(line);
  if (match.hasMatch()) {
    emit progressed(match.captured(1).remove(' ').toLongLong(), match.captured(2).remove(' ').toLongLong());
  } else if (!line.isEmpty()) {
    lastWords_ = QString(line).remove("slab: ");
  }
}

void SlabProcess::end(SlabEnd end) {
  std::exchange(process_, nullptr)->deleteLater();
  emit ended(end);
}

}  // namespace slab
