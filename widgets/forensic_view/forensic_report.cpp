#include "widgets/forensic_view/forensic_report.h"

#include <QCoreApplication>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include "core/base/format.h"

namespace slab {
namespace {

constexpr qsizetype kListedChannels = 12;

QString tr(const char* text) {
  return QCoreApplication::translate("ForensicReport", text);
}

QString number(double value) {
  return QString::fromStdString(formatNumber(value, 4));
}

QString number(const std::optional<double>& value) {
  return value ? number(*value) : tr("not finite");
}

std::optional<double> finite(const QJsonValue& value) {
  return value.isDouble() ? std::optional(value.toDouble()) : std::nullopt;
}

QString channelWords(const ForensicReport& report) {
  QStringList words;
  for (const qint64 channel : report.channels) {
    if (words.size() == kListedChannels) break;
    words += QString::number(channel);
  }
  const qint64 more = report.channelCount - words.size();
  return words.join(", ") + (more > 0 ? tr(" and %1 more").arg(more) : QString());
}

// "weight of layers.0.mlp.fc1", or "loss" where there is no layer.
QString placeWords(const ForensicReport& report) {
  const QString tensor = report.cause == "gradient" ? tr("gradient of %1").arg(report.tensor) : report.tensor;
  return report.layer.isEmpty() ? tensor : tr("%1 in %2").arg(tensor, report.layer);
}

}  // namespace

std::optional<ForensicReport> forensicReport(const std::string& json) {
  const QJsonObject object = QJsonDocument::fromJson(QByteArray::fromStdString(json)).object();
  if (object["event"].toString() != "non_finite") return std::nullopt;
  ForensicReport report;
  report.step = object["step"].toInteger();
  report.batchNumber = object["batch_number"].toInteger();
  report.layer = object["layer"].toString();
  report.tensor = object["tensor"].toString();
  report.cause = object["cause"].toString();
  for (const auto& channel : object["channels"].toArray()) report.channels.push_back(channel.toInteger());
  report.channelCount = object["channel_count"].toInteger();
  if (object["finite_until"].isDouble()) report.finiteUntil = object["finite_until"].toInteger();
  if (object["process"].isDouble()) report.process = object["process"].toInteger();
  report.epoch = object["epoch"].toDouble();
  report.learningRate = object["lr"].toDouble();
  report.lambda = object["lambda"].toDouble();
  report.loss = finite(object["loss"]);
  report.gradNorm = finite(object["grad_norm"]);
  for (const auto& entry : object["batch"].toArray()) {
    const QJsonObject sample = entry.toObject();
    report.samples.push_back({sample["index"].toInteger(), sample["name"].toString()});
  }
  return report;
}

QString forensicHeadline(const ForensicReport& report) {
  if (report.cause == "image") return tr("An image of the batch is not finite");
  if (report.channels.empty()) return tr("First not finite: %1").arg(placeWords(report));
  const qint64 more = report.channelCount - 1;
  const QString rest = more > 0 ? tr(" and %1 more").arg(more) : QString();
  return tr("First not finite: %1, channel %2").arg(placeWords(report)).arg(report.channels.front()) + rest;
}

QString forensicAdvice(const ForensicReport& report) {
  if (report.cause == "image") {
    return tr(
        "The data itself holds such a value: look at the marked images below and let Data scan the set. The "
        "training can go on from the last good checkpoint once they are mended or taken out.");
  }
  if (report.cause == "weight" && !report.finiteUntil) {
    return tr(
        "The weights that this training started from held such a value already. Start from another file or "
        "checkpoint.");
  }
  if (report.cause == "statistic") {
    return tr(
        "A running statistic is broken; training does not read it, but evaluation and folding do. Go back to the "
        "last good checkpoint; a longer transition keeps the activations that it averages in range.");
  }
  return tr(
      "Values grew until they overflowed. A lower learning rate or gradient clipping keeps steps small; if "
      "lambda was falling, a longer transition gives RepBN time to take over. No checkpoint holds such a value: "
      "a branch from the last good one loses only the steps since.");
}

std::vector<std::pair<QString, QString>> forensicFacts(const ForensicReport& report) {
  std::vector<std::pair<QString, QString>> facts;
  facts.emplace_back(tr("step"), QString::fromStdString(formatInteger(report.step, true)) +
                                     tr(", epoch %1").arg(number(report.epoch)));
  if (report.process) facts.emplace_back(tr("process"), QString::number(*report.process));
  if (!report.layer.isEmpty()) facts.emplace_back(tr("layer"), report.layer);
  facts.emplace_back(tr("tensor"),
                     report.cause == "gradient" ? tr("gradient of %1").arg(report.tensor) : report.tensor);
  if (!report.channels.empty()) {
    facts.emplace_back(report.cause == "image" ? tr("images of the batch") : tr("channels"), channelWords(report));
  }
  facts.emplace_back(tr("cause"), report.cause);
  if (report.cause == "weight" || report.cause == "statistic") {
    facts.emplace_back(tr("was finite"),
                       report.finiteUntil ? tr("until step %1").arg(*report.finiteUntil) : tr("never in this process"));
  }
  facts.emplace_back(tr("loss"), number(report.loss));
  facts.emplace_back(tr("gradient norm"), number(report.gradNorm));
  facts.emplace_back(tr("learning rate"), number(report.learningRate));
  facts.emplace_back(tr("lambda"), number(report.lambda));
  facts.emplace_back(tr("batch"),
                     tr("number %1 of the training, %2 images").arg(report.batchNumber).arg(report.samples.size()));
  return facts;
}

}  // namespace slab
