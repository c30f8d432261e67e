// What is annotated or found in an image, as it is drawn.
#pragma once

#include <QImage>
#include <QPoint>
#include <QRectF>
#include <QString>

namespace slab {

struct ViewObject {
  enum class Kind {
    Truth,  // annotated: dashed
    Found   // by a model: solid
  };
  /// What a comparison says: of a found object Right, Wrong or Ignored (in a crowd), of an annotated one Right (found)
  /// or Missed.
  enum class Verdict { None, Right, Wrong, Missed, Ignored };

  Kind kind = Kind::Truth;
  Verdict verdict = Verdict::None;
  QRectF box;     ///< pixels of the annotated image; may reach out of it
  QImage mask;    ///< Format_Alpha8, 255 where in; null for a box alone
  QPoint maskAt;  ///< left upper corner of the mask in the image
  int category = 0;
  QString name;       ///< of the class
  double score = -1;  ///< -1: none
  bool isCrowd = false;
};

struct ObjectStyle {
  bool boxes = true, masks = true, labels = true;
  double opacity = 0.45;   ///< of masks, 0 to 1
  bool byVerdict = false;  ///< colours and signs say right, wrong and missed; else colours say the class
  bool operator==(const ObjectStyle&) const = default;
};

/// "dog 0.93, wrong": for lists, tips and those who hear.
QString wordsOf(const ViewObject& object);

}  // namespace slab
