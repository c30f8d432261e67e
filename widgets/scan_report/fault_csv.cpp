#include "widgets/scan_report/fault_csv.h"

#include <QByteArrayList>
#include <initializer_list>

namespace slab {
namespace {

QByteArray quoted(QByteArray text) {
  text.replace('"', "\"\"");
  return '"' + text + '"';
}

QByteArray row(std::initializer_list<std::string> fields) {
  QByteArrayList cells;
  for (const std::string& field : fields) {
    const QByteArray text = QByteArray::fromStdString(field);
    const bool isPlain = !text.contains(',') && !text.contains('"') && !text.contains('\n') && !text.contains('\r');
    cells += isPlain ? text : quoted(text);
  }
  return cells.join(',') + "\r\n";
}

}  // namespace

QByteArray faultsCsv(const ScanReport& report) {
  QByteArray text = row({"kind", "path", "offset", "reason"});
  for (const ScanDefect& defect : report.defects) {
    const std::string offset = defect.offset >= 0 ? std::to_string(defect.offset) : std::string();
    text += row({defect.kind.empty() ? "damaged" : defect.kind, defect.path, offset, defect.reason});
  }
  for (const ScanNotice& notice : report.notices) text += row({"note", notice.path, "", notice.message});
  return text;
}

}  // namespace slab
