#include "app/gui/scan_process.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace slab {
namespace {

constexpr int kLastWordsMilliseconds = 3000;

}  // namespace

ScanProcess::ScanProcess(QString program, QObject* parent) : QObject(parent), program_(std::move(program)) {}

ScanProcess::~ScanProcess() {
  if (!process_) return;
  process_->disconnect(this);
  process_->terminate();
  process_->waitForFinished(kLastWordsMilliseconds);
}

void ScanProcess::start(const std::string& config) {
  if (process_) return;
  folder_ = std::make_unique<QTemporaryDir>();
  QFile file(folder_->filePath("config.json"));
  if (!file.open(QIODevice::WriteOnly) || file.write(QByteArray::fromStdString(config)) < 0) {
    emit failed(tr("%1 can't be written: %2").arg(file.fileName(), file.errorString()));
    return;
  }
  file.close();
  isCoco_ = false;
  run({"--config", file.fileName()});
}

void ScanProcess::startCoco(const QString& annotations, const QString& root) {
  if (process_) return;
  isCoco_ = true;
  counts_ = {};
  QStringList arguments{"--type", "coco", "--annotations", annotations};
  if (!root.isEmpty()) arguments << "--root" << root;
  run(arguments);
}

void ScanProcess::run(const QStringList& arguments) {
  if (program_.isEmpty()) {
    emit failed(tr("The program slab was not found: build it, or set SLAB_PROGRAM to its path."));
    return;
  }
  report_.reset();
  waiting_.clear();
  process_ = new QProcess(this);
  connect(process_, &QProcess::readyReadStandardOutput, this, &ScanProcess::readLines);
  connect(process_, &QProcess::finished, this, [this](int, QProcess::ExitStatus status) { end(status); });
  connect(process_, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
    if (error != QProcess::FailedToStart) return;
    const QString why = process_->errorString();
    forget();
    emit failed(tr("%1 could not be started: %2").arg(program_, why));
  });
  process_->start(program_, QStringList{"data", "scan", "--events"} + arguments);
}

void ScanProcess::stop() {
  if (process_) process_->terminate();
}

void ScanProcess::readLines() {
  waiting_ += process_->readAllStandardOutput();
  for (qsizetype end = waiting_.indexOf('\n'); end >= 0; end = waiting_.indexOf('\n')) {
    const QByteArray line = waiting_.left(end);
    waiting_.remove(0, end + 1);
    takeLine(line);
  }
}

void ScanProcess::takeLine(const QByteArray& line) {
  const QJsonObject object = QJsonDocument::fromJson(line).object();
  const QString event = object["event"].toString();
  if (event == "progress") {
    emit stepped({object["part"].toString(), object["done"].toInteger(), object["total"].toInteger(),
                  object["images_per_s"].toDouble(), object["eta_s"].toDouble(-1)});
  } else if (event == "report" && isCoco_) {
    takeCoco(object["report"].toObject());
  } else if (event == "report") {
    Message message;
    message.kind = MessageKind::Reply;
    message.type = ScanReport::kType;
    message.body = QJsonDocument(object["report"].toObject()).toJson(QJsonDocument::Compact).toStdString();
    report_ = unpack<ScanReport>(message);
  }
}

void ScanProcess::takeCoco(const QJsonObject& report) {
  ScanReport taken;
  taken.images = report["images"].toInteger();
  taken.bad = report["bad"].toInteger();
  taken.complete = report["complete"].toBool();
  taken.seconds = report["seconds"].toDouble();
  for (const QJsonValue& value : report["faults"].toArray()) {
    taken.defects.push_back({value["record"].toString().toStdString(), value["kind"].toString().toStdString(),
                             value["message"].toString().toStdString(), -1});
  }
  for (const QJsonValue& value : report["classes"].toArray()) {
    taken.classNames.push_back(value["name"].toString().toStdString());
    taken.classCounts.push_back(value["objects"].toInteger());
  }
  counts_ = {report["annotations"].toInteger(),
             report["crowds"].toInteger(),
             report["polygons"].toInteger(),
             report["run_lengths"].toInteger(),
             report["images_without_boxes"].toInteger(),
             {}};
  const QJsonObject kinds = report["kinds"].toObject();
  for (auto kind = kinds.begin(); kind != kinds.end(); ++kind) counts_.kinds[kind.key()] = kind.value().toInteger();
  report_ = std::move(taken);
}

void ScanProcess::end(QProcess::ExitStatus status) {
  QString why = tr("The scan ended unexpectedly; what it had seen is kept, scan again to go on.");
  try {
    readLines();
  } catch (const Error& error) {
    why = QString::fromUtf8(error.what());
  }
  const QStringList lines = QString::fromUtf8(process_->readAllStandardError()).split('\n', Qt::SkipEmptyParts);
  if (!lines.isEmpty() && status == QProcess::NormalExit) why = QString(lines.last()).remove("slab: ");
  forget();
  if (report_) {
    emit finished(*report_);
  } else {
    emit failed(why);
  }
}

void ScanProcess::forget() {
  process_->deleteLater();
  process_ = nullptr;
}

}  // namespace slab
