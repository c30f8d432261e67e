#include "app/gui/worker_client.h"

#include <QFile>
#include <QProcess>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/wire/socket.h"

namespace slab {
namespace {

constexpr int kBeatMilliseconds = 2000;
constexpr double kHungSeconds = 8;
constexpr int kRetryMilliseconds = 100;
constexpr double kStartSeconds = 20;

QString toQString(const std::string& text) {
  return QString::fromStdString(text);
}

}  // namespace

WireConnection::WireConnection(QObject* parent) : QObject(parent) {
  connect(&socket_, &QLocalSocket::readyRead, this, &WireConnection::readFrames);
  connect(&socket_, &QLocalSocket::connected, this, [this] {
    lastAnswer_ = monotonicSeconds();
    isHung_ = false;
    decoder_ = FrameDecoder();
    heartbeat_.start(kBeatMilliseconds);
    emit connected();
  });
  connect(&socket_, &QLocalSocket::disconnected, this, [this] {
    heartbeat_.stop();
    emit lost(tr("the worker has gone"));
  });
  connect(&socket_, &QLocalSocket::errorOccurred, this, [this](QLocalSocket::LocalSocketError error) {
    if (error != QLocalSocket::PeerClosedError) emit lost(socket_.errorString());
  });
  connect(&heartbeat_, &QTimer::timeout, this, &WireConnection::beat);
}

void WireConnection::connectTo(const QString& socket_path) {
  path_ = socket_path;
  socket_.abort();
  socket_.connectToServer(socket_path);
}

void WireConnection::close() {
  const QSignalBlocker quiet(&socket_);
  heartbeat_.stop();
  socket_.abort();
}

void WireConnection::send(const Message& message) {
  const std::vector<std::uint8_t> bytes = encodeFrame(toFrame(message));
  socket_.write(reinterpret_cast<const char*>(bytes.data()), static_cast<qint64>(bytes.size()));
}

void WireConnection::readFrames() {
  const QByteArray bytes = socket_.readAll();
  lastAnswer_ = monotonicSeconds();
  if (isHung_) emit hungChanged(isHung_ = false);
  try {
    decoder_.feed(bytes.constData(), static_cast<std::size_t>(bytes.size()));
    while (std::optional<Frame> frame = decoder_.next()) emit received(toMessage(std::move(*frame)));
  } catch (const Error& error) {
    socket_.abort();
    emit lost(QString::fromUtf8(error.what()));
  }
}

void WireConnection::beat() {
  send(makeRequest(0, Ping{monotonicSeconds()}));
  const bool hung = monotonicSeconds() - lastAnswer_ > kHungSeconds;
  if (hung != isHung_) emit hungChanged(isHung_ = hung);
}

TrainingClient::TrainingClient(const QString& run, const QString& socket_path, QObject* parent)
    : QObject(parent), run_(run) {
  connect(&connection_, &WireConnection::received, this, &TrainingClient::take);
  connect(&connection_, &WireConnection::connected, this, [this] { command("status"); });
  connect(&connection_, &WireConnection::hungChanged, this, &TrainingClient::hungChanged);
  connect(&connection_, &WireConnection::lost, this, [this] {
    status_.reset();
    emit statusChanged();
  });
  connection_.connectTo(socket_path);
}

void TrainingClient::reconnect() {
  connection_.connectTo(connection_.path());
}

void TrainingClient::command(const QString& action) {
  if (!isConnected()) {
    emit commandFailed(tr("the worker does not answer yet; try again in a moment"));
    return;
  }
  RunCommand body;
  body.action = action.toStdString();
  connection_.send(makeRequest(++lastId_, body));
}

void TrainingClient::take(const Message& message) {
  try {
    if (message.kind == MessageKind::Error) {
      emit commandFailed(toQString(unpack<ErrorBody>(message).message));
    } else if (holds<RunStatus>(message)) {
      status_ = unpack<RunStatus>(message);
      emit statusChanged();
    } else if (holds<NewData>(message)) {
      emit newRows();
    }
  } catch (const Error& error) {
    emit commandFailed(QString::fromUtf8(error.what()));
  }
}

InspectionClient::InspectionClient(QString program, QObject* parent) : QObject(parent), program_(std::move(program)) {
  retry_.setInterval(kRetryMilliseconds);
  connect(&retry_, &QTimer::timeout, this, &InspectionClient::tryConnect);
  connect(&connection_, &WireConnection::connected, this, [this] {
    isStarting_ = false;
    retry_.stop();
    sendWaiting();
  });
  connect(&connection_, &WireConnection::received, this, &InspectionClient::take);
  connect(&connection_, &WireConnection::lost, this, [this](const QString& why) {
    if (!isStarting_) fail(tr("The inspection worker stopped (%1). Ask again to start a new one.").arg(why));
  });
}

InspectionClient::~InspectionClient() {
  connection_.close();
}

quint64 InspectionClient::request(Message message, QObject* context, std::function<void(const WorkerReply&)> done) {
  message.id = ++lastId_;
  pending_[lastId_] = {context, std::move(done), std::move(message), false};
  if (connection_.isConnected()) {
    sendWaiting();
  } else if (!isStarting_) {
    start();
  }
  return lastId_;
}

void InspectionClient::cancel(quint64 id) {
  const auto found = pending_.find(id);
  if (found == pending_.end()) return;
  if (found->second.isSent) {
    connection_.send(makeCancel(id));
    return;
  }
  // The worker never heard of it: the answer it would give comes from here, as late as one from there.
  const Pending unsent = std::move(found->second);
  pending_.erase(found);
  QTimer::singleShot(0, this, [unsent] {
    WorkerReply reply;
    reply.error = tr("cancelled");
    reply.isCancelled = true;
    if (unsent.context != nullptr) unsent.done(reply);
  });
}

void InspectionClient::start() {
  isStarting_ = true;
  startedAt_ = monotonicSeconds();
  try {
    socketPath_ = toQString(slab::socketPath(newSocketId("serve")).string());
  } catch (const Error& error) {
    QTimer::singleShot(0, this, [this, why = QString::fromUtf8(error.what())] { fail(why); });
    return;
  }
  QProcess process;
  process.setProgram(program_);
  process.setArguments({"serve", "--socket", socketPath_});
  process.setStandardInputFile(QProcess::nullDevice());
  const QString log = logFile_.isEmpty() ? QProcess::nullDevice() : logFile_;
  process.setStandardOutputFile(log, QIODevice::Append);
  process.setStandardErrorFile(log, QIODevice::Append);
  if (program_.isEmpty() || !process.startDetached()) {
    QTimer::singleShot(0, this, [this] {
      fail(tr("The program slab could not be started: build it, or set SLAB_PROGRAM to its path."));
    });
    return;
  }
  retry_.start();
}

void InspectionClient::tryConnect() {
  if (monotonicSeconds() - startedAt_ > kStartSeconds) {
    fail(tr("The inspection worker did not start within %1 seconds; its log is %2.").arg(kStartSeconds).arg(logFile_));
  } else if (QFile::exists(socketPath_) && !connection_.isConnected()) {
    connection_.connectTo(socketPath_);
  }
}

void InspectionClient::sendWaiting() {
  for (auto& [id, pending] : pending_) {
    if (!pending.isSent) connection_.send(pending.message);
    pending.isSent = true;
    pending.message = {};
  }
}

void InspectionClient::take(const Message& message) {
  const auto found = pending_.find(message.id);
  if (found == pending_.end()) return;
  WorkerReply reply;
  reply.message = message;
  reply.isLast = message.kind != MessageKind::Progress;
  if (message.kind == MessageKind::Error) {
    const ErrorBody body = unpack<ErrorBody>(message);
    reply.error = toQString(body.message);
    reply.isCancelled = body.kind == "cancelled";
  }
  // The callback may ask again or cancel: take the entry out first.
  const QPointer<QObject> context = found->second.context;
  const auto done = found->second.done;
  if (reply.isLast) pending_.erase(found);
  if (context != nullptr) done(reply);
}

void InspectionClient::fail(const QString& why) {
  isStarting_ = false;
  retry_.stop();
  const auto pending = std::move(pending_);
  pending_.clear();
  for (const auto& [id, entry] : pending) {
    WorkerReply reply;
    reply.error = why;
    if (entry.context != nullptr) entry.done(reply);
  }
}

}  // namespace slab
