// The filter of the run table: `norm = prepbn and top1 > 0.8`.
#pragma once

#include <QString>
#include <memory>

#include "widgets/run_table/run_row.h"

namespace slab {

/// Grammar: term (`and` | `&` | `or` | `|`) term ..., `not`, brackets; a term is `field op value` with = != < <= > >= ~
/// (contains), or words that the name contains. Fields: name, state, model, dataset, device, top1 and best_top1, of
/// detectors mask_ap and best_mask_ap, loss, lambda, step, steps, parameters, hours, notes, starred, and every
/// configuration key, in full or by its last part
/// (`norm` = `model.norm`). Text is compared without case, `-`, `_` and spaces; an accuracy against a number up to 1 is
/// read as a share, above as percent. `and` binds closer than `or`.
class RunFilter {
 public:
  RunFilter() = default;
  /// Never throws: `error()` says what is wrong and where, and then everything matches.
  explicit RunFilter(const QString& text);

  [[nodiscard]] bool matches(const RunRow& row) const;
  [[nodiscard]] const QString& error() const { return error_; }

  struct Node {
    virtual ~Node() = default;
    [[nodiscard]] virtual bool matches(const RunRow& row) const = 0;
  };

 private:
  std::shared_ptr<const Node> root_;
  QString error_;
};

/// A field of a row as text; null when the row has none of that name.
QString runField(const RunRow& row, const QString& field);

}  // namespace slab
