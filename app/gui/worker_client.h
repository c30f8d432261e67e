// The window's ends of the workers' sockets: a running training, and the inspection worker.
#pragma once

#include <QLocalSocket>
#include <QObject>
#include <QPointer>
#include <QTimer>
#include <functional>
#include <map>
#include <optional>

#include "app/gui/session.h"
#include "core/wire/messages.h"

namespace slab {

/// One connection that speaks the wire's frames; never blocks. A ping every two seconds is answered by the worker's
/// socket thread whatever the worker computes; `isHung` after eight seconds without an answer.
class WireConnection : public QObject {
  Q_OBJECT
 public:
  explicit WireConnection(QObject* parent = nullptr);

  void connectTo(const QString& socket_path);
  void send(const Message& message);
  [[nodiscard]] bool isConnected() const { return socket_.state() == QLocalSocket::ConnectedState; }
  [[nodiscard]] bool isHung() const { return isHung_; }
  [[nodiscard]] QString path() const { return path_; }
  void close();

 signals:
  void connected();
  void received(const slab::Message& message);
  /// The connection ended or could not be made; `why` in words.
  void lost(const QString& why);
  void hungChanged(bool hung);

 private:
  void readFrames();
  void beat();

  QLocalSocket socket_;
  FrameDecoder decoder_;
  QTimer heartbeat_;
  QString path_;
  double lastAnswer_ = 0;
  bool isHung_ = false;
};

/// A live training worker. Connects again by itself while the worker's lock says it lives (the session tells).
class TrainingClient : public QObject {
  Q_OBJECT
 public:
  TrainingClient(const QString& run, const QString& socket_path, QObject* parent = nullptr);

  [[nodiscard]] QString socketPath() const { return connection_.path(); }
  [[nodiscard]] bool isConnected() const { return connection_.isConnected(); }
  [[nodiscard]] bool isHung() const { return connection_.isHung(); }
  /// The newest status; nothing before the first.
  [[nodiscard]] const std::optional<RunStatus>& status() const { return status_; }
  void reconnect();
  /// "pause", "resume", "checkpoint" or "stop".
  void command(const QString& action);

 signals:
  void statusChanged();
  void newRows();
  void commandFailed(const QString& why);
  void hungChanged(bool hung);

 private:
  void take(const Message& message);

  QString run_;
  WireConnection connection_;
  std::optional<RunStatus> status_;
  quint64 lastId_ = 0;
};

/// Starts `slab serve` when first asked, hands out requests and routes the answers. When the worker dies, every open
/// request fails with words and the next one starts a new worker.
class InspectionClient : public QObject {
  Q_OBJECT
 public:
  /// `program`: the worker to start, Session::slabProgram() as a rule.
  explicit InspectionClient(QString program, QObject* parent = nullptr);
  ~InspectionClient() override;

  void setLogFile(const QString& file) { logFile_ = file; }
  quint64 request(Message message, QObject* context, std::function<void(const WorkerReply&)> done);
  void cancel(quint64 id);

 private:
  struct Pending {
    QPointer<QObject> context;
    std::function<void(const WorkerReply&)> done;
    Message message;
    bool isSent = false;
  };

  void start();
  void tryConnect();
  void sendWaiting();
  void take(const Message& message);
  void fail(const QString& why);

  WireConnection connection_;
  QTimer retry_;
  QString program_, socketPath_, logFile_;
  double startedAt_ = 0;
  bool isStarting_ = false;
  quint64 lastId_ = 0;
  std::map<quint64, Pending> pending_;
};

}  // namespace slab
