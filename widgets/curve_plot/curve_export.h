// Figures and tables from a plot: CSV as logged or as drawn, PNG, PDF, SVG.
#pragma once

#include <QString>

class QMenu;

namespace slab {

class CurvePlot;

/// Every logged point in view, one row a step: `step,time,<curve>,...`; empty where a curve has no value, and nan,
/// inf, -inf as such. Throws Error(Data) naming the file when it can't be written; so do the others.
void exportCsv(const CurvePlot& plot, const QString& file);

/// The figure with title and legend, in the light theme unless `dark`. `scale` pixels a unit.
void exportPng(CurvePlot& plot, const QString& file, double scale = 2, bool dark = false);
void exportPdf(CurvePlot& plot, const QString& file);
void exportSvg(CurvePlot& plot, const QString& file);

/// By the file's ending: csv, png, pdf or svg.
void exportFigure(CurvePlot& plot, const QString& file);

/// "Export ..." and "Copy as picture" entries that ask for a file and report what went wrong.
void addExportActions(QMenu& menu, CurvePlot& plot);
void askAndExport(CurvePlot& plot);

}  // namespace slab
