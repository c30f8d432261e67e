// The window's ends of the sockets, against the workers' real listener.
#include "app/gui/worker_client.h"

#include <gtest/gtest.h>

#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <mutex>

#include "core/wire/socket.h"

namespace slab {
namespace {

constexpr int kPatience = 15'000;

/// A worker that answers run commands with the state they lead to.
class FakeWorker {
 public:
  explicit FakeWorker(const QString& path) {
    ListenerOptions options;
    options.onMessage = [this](ClientId client, Message message) {
      const RunCommand command = unpack<RunCommand>(message);
      RunStatus status;
      status.state = command.action == "pause" ? "paused" : "running";
      status.step = 42;
      if (command.action == "stop") {
        listener_->send(client, makeError(message.id, ErrorKind::Config, "not now"));
      } else {
        listener_->send(client, makeReply(message.id, status));
      }
    };
    listener_ = std::make_unique<Listener>(path.toStdString(), options);
  }
  void announceRows() { listener_->broadcast(makeEvent(NewData{7})); }

 private:
  std::unique_ptr<Listener> listener_;
};

TEST(TrainingClient, AsksForTheStatusAndSendsCommands) {
  const QTemporaryDir folder;
  const QString path = folder.filePath("s.sock");
  FakeWorker worker(path);
  TrainingClient client("run", path);
  ASSERT_TRUE(QTest::qWaitFor([&] { return client.status().has_value(); }, kPatience));
  EXPECT_EQ(client.status()->step, 42);
  client.command("pause");
  EXPECT_TRUE(QTest::qWaitFor([&] { return client.status()->state == "paused"; }, kPatience));
  QSignalSpy rows(&client, &TrainingClient::newRows);
  worker.announceRows();
  EXPECT_TRUE(QTest::qWaitFor([&] { return rows.count() == 1; }, kPatience));
}

TEST(TrainingClient, SaysWhatAWorkerRefuses) {
  const QTemporaryDir folder;
  const QString path = folder.filePath("s.sock");
  const FakeWorker worker(path);
  TrainingClient client("run", path);
  ASSERT_TRUE(QTest::qWaitFor([&] { return client.isConnected(); }, kPatience));
  QSignalSpy failed(&client, &TrainingClient::commandFailed);
  client.command("stop");
  ASSERT_TRUE(QTest::qWaitFor([&] { return failed.count() == 1; }, kPatience));
  EXPECT_EQ(failed.front().front().toString(), "not now");
}

TEST(TrainingClient, ConnectsAgainAfterTheWorkerWasGone) {
  const QTemporaryDir folder;
  const QString path = folder.filePath("s.sock");
  auto worker = std::make_unique<FakeWorker>(path);
  TrainingClient client("run", path);
  ASSERT_TRUE(QTest::qWaitFor([&] { return client.status().has_value(); }, kPatience));
  worker.reset();
  ASSERT_TRUE(QTest::qWaitFor([&] { return !client.isConnected() && !client.status(); }, kPatience))
      << "stale figures are dropped";
  worker = std::make_unique<FakeWorker>(path);
  client.reconnect();
  EXPECT_TRUE(QTest::qWaitFor([&] { return client.status().has_value(); }, kPatience));
}

TEST(InspectionClient, SaysSoWhenThereIsNoProgram) {
  InspectionClient client{QString()};
  QObject context;
  QString error;
  client.request(makeRequest(0, AttentionRequest{}), &context, [&](const WorkerReply& reply) { error = reply.error; });
  ASSERT_TRUE(QTest::qWaitFor([&] { return !error.isEmpty(); }, kPatience));
  EXPECT_NE(error.indexOf("SLAB_PROGRAM"), -1);
}

TEST(InspectionClient, ARequestCancelledBeforeItsWorkerStartedIsAnswered) {
  InspectionClient client{QStringLiteral("/bin/true")};  // starts, and never listens
  QObject context;
  int cancelled = 0;
  const quint64 id = client.request(makeRequest(0, AttentionRequest{}), &context,
                                    [&](const WorkerReply& reply) { cancelled += reply.isCancelled ? 1 : 0; });
  client.cancel(id);
  EXPECT_EQ(cancelled, 0) << "an answer never comes from within the call";
  EXPECT_TRUE(QTest::qWaitFor([&] { return cancelled == 1; }, kPatience));
}

}  // namespace
}  // namespace slab
