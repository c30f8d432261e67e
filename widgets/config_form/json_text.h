// Edits of one key in a configuration's text that leave every other character, comments included, alone.
#pragma once

#include <QString>
#include <optional>

#include "core/config/fields.h"

namespace slab {

/// The text with `group.name` (or a top-level `name`) set to `value`: replaced in place where the key stands, else
/// added at the end of its group, else with a new group at the end. Nothing where the text is no JSON object.
std::optional<QString> withValue(const QString& text, const QString& key, const nlohmann::ordered_json& value);

/// The text without the key; unchanged where it does not occur.
QString withoutKey(const QString& text, const QString& key);

/// The key renamed where it stands, its value and place kept.
QString withRenamedKey(const QString& text, const QString& from, const QString& to);

/// One line of JSON with a space after commas and colons, as people write lists.
QString compactJson(const nlohmann::ordered_json& value);

}  // namespace slab
