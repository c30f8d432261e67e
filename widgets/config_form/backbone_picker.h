// Family and size of the backbone as two rows of choices, from the registry.
#pragma once

#include <QWidget>

#include "widgets/config_form/config_document.h"
#include "widgets/theme/controls.h"

namespace slab {

/// Picking a family or size sets `model.name` and takes the dimensions of the old one out of the text; image size,
/// channels, classes and patch stay, and so do norm and attention wherever the new family has them.
class BackbonePicker : public QWidget {
  Q_OBJECT

 public:
  explicit BackbonePicker(ConfigDocument& document, QWidget* parent = nullptr);

  void refresh();

 private:
  void pickFamily(int index);
  void pickSize(int index);
  void pick(int family, const QString& size);

  ConfigDocument& document_;
  Segmented* family_;
  Segmented* size_;
  QStringList sizes_;
};

}  // namespace slab
