// A line of words under the context bar: what happened, and the mend as a link.
#pragma once

#include <QTimer>
#include <QWidget>

#include "app/gui/session.h"

class QLabel;
class QPushButton;

namespace slab {

/// Good news leaves by itself; warnings and errors stay until dismissed or replaced.
class NoticeBar : public QWidget {
  Q_OBJECT
 public:
  explicit NoticeBar(QWidget* parent = nullptr);
  void show(const Notice& notice);
  [[nodiscard]] QString words() const;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QLabel* words_;
  QPushButton *mend_, *dismiss_;
  QTimer leave_;
  QString tone_;
  std::function<void()> action_;
};

}  // namespace slab
