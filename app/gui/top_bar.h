// The menu row: menus at the left, the project's name in the middle, the search at the right.
#pragma once

#include <QWidget>

class QLabel;
class QMenuBar;

namespace slab {

class TopBar : public QWidget {
  Q_OBJECT
 public:
  explicit TopBar(QWidget* parent = nullptr);
  [[nodiscard]] QMenuBar* menuBar() const { return menus_; }
  void setTitle(const QString& title);

 signals:
  void searchWanted();

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  QMenuBar* menus_;
  QLabel* title_;
};

}  // namespace slab
