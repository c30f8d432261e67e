// The proof of a fold, a line a norm: which rule took it up, and by how much the layer moved.
#pragma once

#include <QAbstractTableModel>
#include <QTableView>

#include "core/wire/messages.h"

namespace slab {

/// Rows of a fold report. Errors are relative to the layer's largest output; a norm that stays says why.
class CertificateModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column { Norm, Rule, Single, Double, Parameters, ColumnCount };

  using QAbstractTableModel::QAbstractTableModel;
  void setReport(const FoldReport& report);

  [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
  [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  std::vector<FoldRow> rows_;
};

class CertificateTable : public QTableView {
  Q_OBJECT

 public:
  explicit CertificateTable(QWidget* parent = nullptr);
  void setReport(const FoldReport& report);

 private:
  void layOut();

  CertificateModel* model_;
};

/// "24 of 25 norms folded", "largest relative error 3.1e-7 (fp64 2e-16)", "top-1 unchanged on 64 of 64 images", ...:
/// what the certificate comes to, a line each.
QStringList certificateWords(const FoldReport& report);

/// The certificate as a Markdown document, to be kept beside the folded weights.
QString certificateMarkdown(const FoldReport& report, const QString& model);

}  // namespace slab
