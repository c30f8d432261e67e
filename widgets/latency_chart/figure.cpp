#include "widgets/latency_chart/figure.h"

#include <QFile>
#include <QImage>
#include <QPdfWriter>
#include <QSvgGenerator>
#include <cmath>

namespace slab {
namespace {

constexpr double kScreenDpi = 96.0;
constexpr double kExportDpi = 300.0;

}  // namespace

Figure::Figure(QWidget* parent) : QWidget(parent) {
  connect(&theme(), &Theme::changed, this, [this] {
    updateGeometry();
    update();
  });
}

void Figure::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  paintFigure(painter, QRectF(rect()), theme().tokens());
}

bool Figure::exportTo(const QString& path, QString* problem) const {
  const auto fail = [&](const QString& words) {
    if (problem) *problem = words;
    return false;
  };
  const Tokens& light = tokensOf(ThemeKind::Light);
  const QRectF area(QPointF(0, 0), QSizeF(size()));
  const auto draw = [&](QPaintDevice& device, double scale) {
    QPainter painter;
    if (!painter.begin(&device)) return false;
    painter.setRenderHint(QPainter::Antialiasing);
    painter.scale(scale, scale);
    paintFigure(painter, area, light);
    return painter.end();
  };
  const QString unwritable = tr("%1 could not be written. Choose another folder.").arg(path);
  if (path.endsWith(".svg", Qt::CaseInsensitive)) {
    QSvgGenerator svg;
    svg.setFileName(path);
    svg.setSize(size());
    svg.setViewBox(area);
    svg.setTitle(accessibleName());
    return draw(svg, 1.0) || fail(unwritable);
  }
  if (path.endsWith(".pdf", Qt::CaseInsensitive)) {
    QPdfWriter pdf(path);
    pdf.setResolution(static_cast<int>(kExportDpi));
    pdf.setPageMargins(QMarginsF());
    pdf.setPageSize(QPageSize(area.size() / kScreenDpi, QPageSize::Inch));
    return draw(pdf, kExportDpi / kScreenDpi) || fail(unwritable);
  }
  if (path.endsWith(".png", Qt::CaseInsensitive)) {
    const double scale = kExportDpi / kScreenDpi;
    QImage image((QSizeF(size()) * scale).toSize(), QImage::Format_RGB32);
    image.fill(light.panel);
    draw(image, scale);
    image.setDotsPerMeterX(static_cast<int>(kExportDpi / 0.0254));
    image.setDotsPerMeterY(static_cast<int>(kExportDpi / 0.0254));
    return image.save(path) || fail(unwritable);
  }
  return fail(tr("%1 names no format. End the name with .png, .svg or .pdf.").arg(path));
}

std::vector<double> niceTicks(double low, double high, int count) {
  if (!(high > low) || count < 1) return {low};
  const double raw = (high - low) / count;
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  double step = 10.0 * power;
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= raw * 0.999) {
      step = factor * power;
      break;
    }
  }
  std::vector<double> ticks;
  const auto first = static_cast<long long>(std::floor(low / step + 1e-9));
  const auto last = static_cast<long long>(std::ceil(high / step - 1e-9));
  for (long long i = first; i <= last; ++i) ticks.push_back(static_cast<double>(i) * step);
  return ticks;
}

QString formatTick(double value, const std::vector<double>& ticks) {
  const double step = ticks.size() > 1 ? ticks[1] - ticks[0] : 1.0;
  const int decimals = step >= 1.0 ? 0 : static_cast<int>(std::ceil(-std::log10(step) - 1e-9));
  return QString::number(value, 'f', decimals);
}

}  // namespace slab
