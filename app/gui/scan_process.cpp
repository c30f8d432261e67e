#include "app/gui/scan_process.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace slab {

ScanProcess::ScanProcess(QString program, QObject* parent) : QObject(parent), program_(std::move(program)) {
  connect(&process_, &SlabProcess::wrote, this, &ScanProcess::takeLine);
  connect(&process_, &SlabProcess::ended, this, &ScanProcess::end);
}

void ScanProcess::start(const std::string& config) {
  if (isRunning()) return;
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
  if (isRunning()) return;
  isCoco_ = true;
  counts_ = {};
  QStringList arguments{"--type", "coco", "--annotations", annotations};
  if (!root.isEmpty()) arguments << "--root" << root;
  run(arguments);
}

void ScanProcess::run(const QStringList& arguments) {
  report_.reset();
  problem_.clear();
  process_.start(program_, QStringList{"data", "scan", "--events"} + arguments);
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
    takeReport(object["report"].toObject());
  }
}

void ScanProcess::takeReport(const QJsonObject& report) {
  Message message;
  message.kind = MessageKind::Reply;
  message.type = ScanReport::kType;
  message.body = QJsonDocument(report).toJson(QJsonDocument::Compact).toStdString();
  try {
    report_ = unpack<ScanReport>(message);
  } catch (const Error& error) {
    problem_ = QString::fromUtf8(error.what());
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

void ScanProcess::end(const SlabEnd& end) {
  if (report_) {
    emit finished(*report_);
    return;
  }
  QString why =
      problem_.isEmpty() ? tr("The scan ended unexpectedly; what it had seen is kept, scan again to go on.") : problem_;
  if (!end.isCrash && !end.why.isEmpty()) why = end.why;
  emit failed(why);
}

}  // namespace slab
