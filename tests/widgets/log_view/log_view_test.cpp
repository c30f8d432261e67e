#include "widgets/log_view/log_view.h"

#include <gtest/gtest.h>

#include <QPlainTextEdit>
#include <QScrollBar>
#include <QTest>

namespace slab {
namespace {

TEST(LogView, LinesWiderThanTheViewLeaveItAtTheirBeginningsAndAtTheLastLine) {
  LogView log;
  log.resize(300, 120);
  const auto append = [&log] {
    for (int i = 0; i < 50; ++i) log.appendLine(QString::number(i) + ' ' + QString(400, 'x'));
  };
  append();
  log.clear();
  append();
  log.show();
  ASSERT_TRUE(QTest::qWaitForWindowExposed(&log));
  append();
  const auto* text = log.findChild<QPlainTextEdit*>();
  ASSERT_GT(text->horizontalScrollBar()->maximum(), 0) << "the lines are wider";
  EXPECT_EQ(text->horizontalScrollBar()->value(), 0);
  EXPECT_FALSE(text->textCursor().hasSelection());
  // The horizontal bar that has come takes a line's height.
  EXPECT_GE(text->verticalScrollBar()->value(), text->verticalScrollBar()->maximum() - 1);
}

TEST(LogView, WhoReadsFurtherUpIsNotMoved) {
  LogView log;
  log.resize(300, 120);
  log.show();
  ASSERT_TRUE(QTest::qWaitForWindowExposed(&log));
  for (int i = 0; i < 50; ++i) log.appendLine(QString::number(i));
  auto* bar = log.findChild<QPlainTextEdit*>()->verticalScrollBar();
  bar->setValue(3);
  log.appendLine("another");
  EXPECT_EQ(bar->value(), 3);
}

}  // namespace
}  // namespace slab
