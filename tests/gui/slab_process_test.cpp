// What the window reads of a process that it started, with a shell in the place of `slab`.
#include "app/gui/slab_process.h"

#include <gtest/gtest.h>

#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <optional>

namespace slab {
namespace {

constexpr int kPatience = 15'000;

class SlabProcesses : public testing::Test {
 protected:
  void SetUp() override {
    QObject::connect(&process_, &SlabProcess::wrote, &process_, [this](const QByteArray& line) { lines_ += line; });
    QObject::connect(&process_, &SlabProcess::ended, &process_, [this](const SlabEnd& end) {
      EXPECT_FALSE(process_.isRunning()) << "another may be started";
      end_ = end;
    });
  }
  void start(const QString& script) {
    end_.reset();
    process_.start("/bin/sh", {"-c", script});
  }
  bool waitForEnd() {
    return QTest::qWaitFor([this] { return end_.has_value(); }, kPatience);
  }
  [[nodiscard]] std::string why() const { return end_->why.toStdString(); }

  QList<QByteArray> lines_;
  std::optional<SlabEnd> end_;
  SlabProcess process_;
};

TEST_F(SlabProcesses, GivesEachLineOfItsOutput) {
  start("printf 'one\\ntw'; sleep 0.1; printf 'o\\n\\nthree'");
  EXPECT_TRUE(process_.isRunning());
  ASSERT_TRUE(waitForEnd());
  EXPECT_EQ(lines_, QList<QByteArray>({"one", "two", "", "three"}));
  EXPECT_TRUE(end_->isGood);
  EXPECT_FALSE(end_->isStopped || end_->isCrash);
  EXPECT_EQ(why(), "");
}

TEST_F(SlabProcesses, ItsLastWordsAreNoProgress) {
  const QSignalSpy progress(&process_, &SlabProcess::progressed);
  start(
      "{ echo 'slab: warning: odd'; echo 'slab: data error: no such file'; echo '120 of 5 000 images, 3:20 left'; } "
      ">&2; exit 1");
  ASSERT_TRUE(waitForEnd());
  EXPECT_FALSE(end_->isGood || end_->isCrash);
  EXPECT_EQ(why(), "data error: no such file");
  ASSERT_EQ(progress.count(), 1);
  EXPECT_EQ(progress.first(), QList<QVariant>({QVariant::fromValue<qint64>(120), QVariant::fromValue<qint64>(5000)}));
}

TEST_F(SlabProcesses, AFailureWithoutAWordSaysHowItEnded) {
  start("exit 3");
  ASSERT_TRUE(waitForEnd());
  EXPECT_EQ(why(), "slab ended with exit code 3");
  start("kill -KILL $$");
  ASSERT_TRUE(waitForEnd());
  EXPECT_TRUE(end_->isCrash);
  EXPECT_FALSE(end_->isGood);
  EXPECT_EQ(why(), "slab crashed");
}

TEST_F(SlabProcesses, AStopIsToldFromAFailure) {
  start("trap 'echo stopped; exit 0' TERM; echo ready; while :; do sleep 0.05; done");
  ASSERT_TRUE(QTest::qWaitFor([this] { return !lines_.isEmpty(); }, kPatience));
  start("echo another");
  process_.stop();
  ASSERT_TRUE(waitForEnd());
  EXPECT_EQ(lines_, QList<QByteArray>({"ready", "stopped"})) << "one at a time";
  EXPECT_TRUE(end_->isGood && end_->isStopped);
  start("exit 0");
  ASSERT_TRUE(waitForEnd());
  EXPECT_FALSE(end_->isStopped) << "of the one before";
}

TEST_F(SlabProcesses, AMissingProgramIsSaidWithItsMend) {
  process_.start({}, {});
  ASSERT_TRUE(end_.has_value());
  EXPECT_FALSE(end_->isGood);
  EXPECT_NE(why().find("SLAB_PROGRAM"), std::string::npos) << why();
  end_.reset();
  process_.start("/no/such/slab", {});
  ASSERT_TRUE(waitForEnd());
  EXPECT_FALSE(end_->isGood);
  EXPECT_EQ(why().find("/no/such/slab could not be started: "), 0U) << why();
}

TEST_F(SlabProcesses, EndsWithItsOwner) {
  const QTemporaryDir folder;
  const QString words = folder.filePath("words");
  QSignalSpy ended(&process_, &SlabProcess::ended);
  start("trap 'echo bye > " + words + "; exit' TERM; echo ready; while :; do sleep 0.05; done");
  ASSERT_TRUE(QTest::qWaitFor([this] { return !lines_.isEmpty(); }, kPatience));
  process_.close();
  EXPECT_FALSE(process_.isRunning());
  EXPECT_TRUE(QFile::exists(words)) << "it had the time to end orderly";
  QCoreApplication::processEvents();
  EXPECT_TRUE(ended.isEmpty()) << "nobody is there to hear it";
}

TEST_F(SlabProcesses, OneThatDoesNotEndIsKilled) {
  start("trap '' TERM; echo $$; while :; do sleep 0.05; done");
  ASSERT_TRUE(QTest::qWaitFor([this] { return !lines_.isEmpty(); }, kPatience));
  process_.close();
  EXPECT_FALSE(QFile::exists("/proc/" + QString::fromUtf8(lines_.first())));
}

}  // namespace
}  // namespace slab
