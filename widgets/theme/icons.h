// Icons of the rail, drawn in code: one line weight, any size, the colour of the text beside them.
#pragma once

#include <QIcon>

namespace slab {

enum class Glyph { Runs, Configure, Train, Cockpit, Attention, Latency, Data, Models, Diagnose, Detection, Checkpoint };

/// Draws `glyph` into the square `rect`; strokes are 1/13 of its side.
void drawGlyph(QPainter& painter, Glyph glyph, const QRectF& rect, const QColor& colour);

QIcon glyphIcon(Glyph glyph, const QColor& colour, int pixels);

/// The program's icon: a lambda curve falling to zero on the accent colour.
QIcon programIcon();

}  // namespace slab
