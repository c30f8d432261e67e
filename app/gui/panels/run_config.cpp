#include "app/gui/panels/run_config.h"

#include <QRegularExpression>

#include "core/config/load.h"
#include "widgets/config_form/field_row.h"

namespace slab {

RunConfig configOf(const RunRow* run) {
  RunConfig config = loadConfig({.preset = "demo", .text = "", .fileName = "", .overrides = {}}).config;
  if (!run) return config;
  static const QRegularExpression kSpaces("[,\\s]+");
  for (const FieldInfo& field : fields()) {
    QString words = run->config.value(QString::fromStdString(field.key));
    if (words.isEmpty() && field.type != FieldType::Text) continue;
    const bool isList = field.type == FieldType::IntegerList || field.type == FieldType::NumberList;
    if (isList && !words.startsWith('[')) words = words.split(kSpaces, Qt::SkipEmptyParts).join(", ");
    setField(config, field.key, parseInput(field, words));
  }
  return config;
}

}  // namespace slab
