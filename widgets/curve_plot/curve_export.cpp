#include "widgets/curve_plot/curve_export.h"

#include <QApplication>
#include <QClipboard>
#include <QFileDialog>
#include <QFileInfo>
#include <QImage>
#include <QMenu>
#include <QMessageBox>
#include <QPdfWriter>
#include <QSaveFile>
#include <QStandardPaths>
#include <QSvgGenerator>
#include <algorithm>
#include <cmath>
#include <map>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "widgets/curve_plot/curve_plot.h"
#include "widgets/theme/theme.h"

namespace slab {
namespace {

/// Room for a journal's column; the plot's own proportions.
QSize figureSize(const CurvePlot& plot) {
  return {std::max(plot.width(), theme().px(480)), std::max(plot.height() + theme().px(26), theme().px(300))};
}

[[noreturn]] void fail(const QString& file, const QString& why) {
  throw Error(ErrorKind::Data,
              (file + " could not be written: " + why + ". Choose another folder or free some space.").toStdString());
}

QString number(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return QString::number(value, 'g', 17);
}

QString quoted(QString text) {
  return '"' + text.replace('"', "\"\"") + '"';
}

QImage figureImage(CurvePlot& plot, double scale, const Tokens& tokens) {
  const QSize size = figureSize(plot);
  QImage image(size * scale, QImage::Format_ARGB32_Premultiplied);
  image.fill(tokens.panel);
  QCPPainter painter(&image);
  painter.scale(scale, scale);
  painter.setRenderHint(QPainter::Antialiasing);
  plot.paintFigure(painter, size, tokens);
  painter.end();
  return image;
}

}  // namespace

void exportCsv(const CurvePlot& plot, const QString& file) {
  struct Row {
    double wall = 0;
    std::vector<QString> values;
  };
  std::map<std::int64_t, Row> rows;
  const auto& curves = plot.curves();
  const double x0 = plot.canvas()->xAxis->range().lower, x1 = plot.canvas()->xAxis->range().upper;
  for (std::size_t i = 0; i < curves.size(); ++i) {
    if (curves[i].data == nullptr) continue;
    curves[i].data->forEach(x0, x1, plot.link()->axis(), [&](const CurveSample& sample) {
      Row& row = rows[sample.step];
      row.values.resize(curves.size());
      row.values[i] = number(sample.value);
      row.wall = std::max(row.wall, sample.wall);
    });
  }
  QString text = "step,time";
  for (const Curve& curve : curves) text += ',' + quoted(curve.label.isEmpty() ? curve.id : curve.label);
  text += '\n';
  for (const auto& [step, row] : rows) {
    text += QString::number(step) + ',' + QString::fromStdString(toIso8601(row.wall));
    for (const QString& value : row.values) text += ',' + value;
    text += '\n';
  }
  QSaveFile out(file);
  if (!out.open(QIODevice::WriteOnly) || out.write(text.toUtf8()) < 0 || !out.commit()) fail(file, out.errorString());
}

void exportPng(CurvePlot& plot, const QString& file, double scale, bool dark) {
  const QImage image = figureImage(plot, scale, tokensOf(dark ? ThemeKind::Dark : ThemeKind::Light));
  QSaveFile out(file);
  if (!out.open(QIODevice::WriteOnly) || !image.save(&out, "PNG") || !out.commit()) fail(file, out.errorString());
}

void exportPdf(CurvePlot& plot, const QString& file) {
  const QSize size = figureSize(plot);
  QPdfWriter writer(file);
  writer.setCreator("SLAB Workbench");
  writer.setTitle(plot.title());
  writer.setResolution(96);
  writer.setPageMargins(QMarginsF());
  writer.setPageSize(QPageSize(QSizeF(size) * 0.75, QPageSize::Point));
  QCPPainter painter;
  if (!painter.begin(&writer)) fail(file, "the file is not writable");
  painter.setMode(QCPPainter::pmVectorized);
  plot.paintFigure(painter, size, tokensOf(ThemeKind::Light));
  painter.end();
}

void exportSvg(CurvePlot& plot, const QString& file) {
  const QSize size = figureSize(plot);
  QSvgGenerator generator;
  generator.setFileName(file);
  generator.setTitle(plot.title());
  generator.setDescription(plot.summary());
  generator.setSize(size);
  generator.setViewBox(QRect(QPoint(0, 0), size));
  generator.setResolution(96);
  QCPPainter painter;
  if (!painter.begin(&generator)) fail(file, "the file is not writable");
  painter.setMode(QCPPainter::pmVectorized);
  plot.paintFigure(painter, size, tokensOf(ThemeKind::Light));
  painter.end();
}

void exportFigure(CurvePlot& plot, const QString& file) {
  const QString ending = QFileInfo(file).suffix().toLower();
  if (ending == "csv") return exportCsv(plot, file);
  if (ending == "png") return exportPng(plot, file);
  if (ending == "pdf") return exportPdf(plot, file);
  if (ending == "svg") return exportSvg(plot, file);
  throw Error(ErrorKind::Data, (file + " has no known ending: use .csv, .png, .pdf or .svg.").toStdString());
}

void askAndExport(CurvePlot& plot) {
  QString name = plot.title().isEmpty() ? QStringLiteral("curves") : plot.title().toLower().replace(' ', '-');
  const QString folder = QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation);
  const QString file = QFileDialog::getSaveFileName(
      &plot, QObject::tr("Export %1").arg(plot.title()), folder + '/' + name + ".pdf",
      QObject::tr("PDF (*.pdf);;SVG (*.svg);;PNG (*.png);;CSV, every point in view (*.csv)"));
  if (file.isEmpty()) return;
  try {
    exportFigure(plot, file);
  } catch (const Error& error) {
    QMessageBox::warning(&plot, QObject::tr("Export"), QString::fromUtf8(error.what()));
  }
}

void addExportActions(QMenu& menu, CurvePlot& plot) {
  menu.addAction(QObject::tr("Export figure or CSV..."), &plot, [&plot] { askAndExport(plot); });
  menu.addAction(QObject::tr("Copy as picture"), &plot,
                 [&plot] { QApplication::clipboard()->setImage(figureImage(plot, 2, tokensOf(ThemeKind::Light))); });
}

}  // namespace slab
