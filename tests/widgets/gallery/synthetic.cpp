#include "widgets/gallery/synthetic.h"

#include <QPainter>
#include <cmath>

#include "core/base/rng.h"

namespace slab::gallery {

QImage scene(int side) {
  QImage image(side, side, QImage::Format_RGB32);
  Random random(7);
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const double wave = 20 * std::sin(x * 0.11) + 16 * std::cos(y * 0.07 + x * 0.02) + 14 * random.uniform();
      image.setPixel(
          x, y, qRgb(static_cast<int>(120 + wave), static_cast<int>(130 - wave), static_cast<int>(120 + wave / 2)));
    }
  }
  QPainter painter(&image);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.scale(side / 100.0, side / 100.0);
  painter.setPen(QPen(QColor(90, 60, 40), 4));
  painter.drawEllipse(QRectF(48, 28, 26, 30));
  painter.setPen(Qt::NoPen);
  painter.setBrush(QColor(150, 92, 60));
  painter.drawEllipse(QRectF(40, 42, 44, 40));
  painter.setBrush(QColor(30, 60, 120));
  painter.drawEllipse(QRectF(8, 26, 38, 17));
  return image;
}

TokenMap blobMap(int rows, int columns, double row, double column, QPoint query) {
  TokenMap map;
  map.rows = rows;
  map.columns = columns;
  map.query = query;
  double sum = 0.0;
  for (int y = 0; y < rows; ++y) {
    for (int x = 0; x < columns; ++x) {
      const double dy = (y - row) / rows, dx = (x - column) / columns;
      const double value = std::exp(-20.0 * (dx * dx + dy * dy)) * (0.8 + 0.4 * uniform01(hashKeys(9, y, x)));
      map.weights.push_back(static_cast<float>(value));
      sum += value;
      const int ry = std::abs(y - query.y()), rx = std::abs(x - query.x());
      const bool isNear = ry <= 2 && rx <= 2;
      map.depthwise.push_back(isNear ? static_cast<float>(0.003 * std::cos(1.3 * (rx + ry))) : 0.0F);
    }
  }
  for (float& value : map.weights) value = static_cast<float>(value / sum);
  return map;
}

TokenMap windowMap(int rows, int columns, int window, QPoint query) {
  TokenMap map = blobMap(rows, columns, query.y(), query.x(), query);
  map.window = QRect(query.x() / window * window, query.y() / window * window, window, window);
  map.depthwise.clear();
  for (int y = 0; y < rows; ++y) {
    for (int x = 0; x < columns; ++x) {
      if (!map.window.contains(x, y)) map.weights[static_cast<std::size_t>(y * columns + x)] = 0.0F;
    }
  }
  return map;
}

std::vector<LayerEntry> swinLayers() {
  std::vector<LayerEntry> layers;
  const int depths[] = {2, 2, 4, 2}, heads[] = {3, 6, 12, 24};
  for (int stage = 0; stage < 4; ++stage) {
    for (int block = 0; block < depths[stage]; ++block) {
      LayerEntry entry;
      entry.name = QStringLiteral("layers.%1.blocks.%2").arg(stage).arg(block);
      entry.stage = block == 0 ? QStringLiteral("stage %1").arg(stage + 1) : QString();
      entry.kind = stage < 2 ? QStringLiteral("linear, whole grid") : QStringLiteral("softmax, window 7");
      entry.heads = heads[stage];
      entry.tokens = 784;
      for (int head = 0; head < entry.heads; ++head) {
        entry.entropy.push_back(std::log(784.0) * uniform01(hashKeys(3, stage, block, head)));
      }
      layers.push_back(entry);
    }
  }
  return layers;
}

std::vector<LatencyRow> latencyRows() {
  struct Case {
    const char* label;
    double p50, certificate;
    int series;
    double parts[7];
  };
  static const Case kCases[] = {{"Swin-T LayerNorm", 30.1, -1, 1, {1.0, 2.6, 8.1, 4.9, 0, 12.4, 1.4}},
                                {"Swin-T PRepBN", 33.5, -1, 4, {1.0, 5.9, 8.1, 4.9, 0, 12.4, 1.4}},
                                {"Swin-T PRepBN, folded", 27.0, 2.1e-6, 2, {1.0, 0, 8.0, 4.9, 0, 12.3, 1.0}},
                                {"SLAB-Swin-T", 30.7, -1, 3, {1.0, 5.3, 8.1, 2.1, 1.0, 12.4, 1.0}},
                                {"SLAB-Swin-T, folded", 23.9, 1.6e-6, 0, {0.9, 0, 8.0, 2.1, 1.0, 11.2, 0.9}}};
  std::vector<LatencyRow> rows;
  for (const Case& c : kCases) {
    LatencyRow row;
    row.label = QString::fromLatin1(c.label);
    row.series = c.series;
    row.measured = true;
    row.p50 = c.p50;
    row.mean = c.p50 * 1.01;
    row.p90 = c.p50 * 1.09;
    row.p99 = c.p50 * 1.16;
    row.meanLow = row.mean * 0.985;
    row.meanHigh = row.mean * 1.015;
    if (!rows.empty()) {
      const double percent = 100.0 * (row.mean / rows.front().mean - 1.0);
      row.difference = LatencyRow::Difference{percent, percent - 0.5, percent + 0.6, true};
    }
    if (c.certificate > 0) row.certificate = c.certificate;
    for (int part = 0; part < 7; ++part) {
      if (c.parts[part] > 0) row.parts.push_back({part, c.parts[part]});
    }
    rows.push_back(row);
  }
  return rows;
}

}  // namespace slab::gallery
