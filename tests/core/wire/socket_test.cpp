#include "core/wire/socket.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <thread>

#include "core/base/clock.h"
#include "core/base/rng.h"
#include "core/wire/messages.h"

namespace slab {
namespace {

namespace fs = std::filesystem;

class Sockets : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "slab-wire-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    path_ = folder_ / "s.sock";
  }
  void TearDown() override { fs::remove_all(folder_); }

  static bool waitUntil(const std::function<bool()>& condition) {
    const Stopwatch watch;
    while (!condition()) {
      if (watch.seconds() > 10) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
  }

  fs::path folder_, path_;
};

TEST_F(Sockets, AnswerRequestsWithProgressAndReply) {
  std::promise<Listener*> made;
  std::shared_future<Listener*> listener_ready = made.get_future().share();
  ListenerOptions options;
  options.onMessage = [&](ClientId client, const Message& message) {
    Listener* listener = listener_ready.get();
    if (unpack<RunCommand>(message).action != "checkpoint") throw Error(ErrorKind::Config, "no such action");
    listener->send(client, makeProgress(message.id, ProgressBody{1, 2, "writing"}));
    RunStatus status;
    status.step = 77;
    listener->send(client, makeReply(message.id, status));
  };
  Listener listener(path_, options);
  made.set_value(&listener);

  Client client(path_);
  int progress = 0;
  const Message reply =
      client.request(makeRequest(client.newId(), RunCommand{"checkpoint"}), 10, [&](const Message& m) {
        EXPECT_EQ(unpack<ProgressBody>(m).text, "writing");
        ++progress;
      });
  EXPECT_EQ(unpack<RunStatus>(reply).step, 77);
  EXPECT_EQ(progress, 1);
  try {
    client.request(makeRequest(client.newId(), RunCommand{"dance"}), 10);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Config);
    EXPECT_STREQ(error.what(), "no such action");
  }
}

TEST_F(Sockets, GreetEachClientAndAnswerPings) {
  ListenerOptions options;
  options.greeting = [] {
    Hello hello;
    hello.role = "train";
    return makeEvent(hello);
  };
  const Listener listener(path_, options);
  Client client(path_);
  const auto hello = client.receive(10);
  ASSERT_TRUE(hello);
  EXPECT_EQ(unpack<Hello>(*hello).role, "train");
  EXPECT_EQ(unpack<Ping>(client.request(makeRequest(client.newId(), Ping{1.5}), 10)).sent, 1.5);
}

TEST_F(Sockets, CancelWhatTakesTooLong) {
  std::atomic<std::uint64_t> cancelled = 0;
  ListenerOptions options;
  options.onMessage = [&](ClientId, const Message& message) {
    if (message.kind == MessageKind::Cancel) cancelled = message.id;
  };
  const Listener listener(path_, options);
  Client client(path_);
  const std::uint64_t id = client.newId();
  EXPECT_THROW(client.request(makeRequest(id, BenchRequest{}), 0.05), Error);
  EXPECT_TRUE(waitUntil([&] { return cancelled == id; }));
}

TEST_F(Sockets, TellWhenAClientIsGone) {
  std::atomic<int> connected = 0;
  std::atomic<int> gone = 0;
  ListenerOptions options;
  options.onConnected = [&](ClientId) { ++connected; };
  options.onGone = [&](ClientId) { ++gone; };
  const Listener listener(path_, options);
  {
    const Client client(path_);
    EXPECT_TRUE(waitUntil([&] { return connected == 1; }));
    EXPECT_EQ(listener.clients(), 1U);
  }
  EXPECT_TRUE(waitUntil([&] { return gone == 1; }));
  EXPECT_EQ(listener.clients(), 0U);
}

// The promise of training: telling a window that hangs costs neither time nor memory.
TEST_F(Sockets, BroadcastNeverWaitsForAClientThatDoesNotRead) {
  Listener listener(path_, {});
  Client hanging(path_);
  ASSERT_TRUE(waitUntil([&] { return listener.clients() == 1; }));
  constexpr std::int64_t kEvents = 20'000;
  for (std::int64_t seq = 1; seq <= kEvents; ++seq) listener.broadcast(makeEvent(NewData{seq}));
  // Once it reads again it sees rising numbers, and the newest in the end.
  std::int64_t last = 0;
  std::int64_t received = 0;
  while (last < kEvents) {
    const auto message = hanging.receive(10);
    ASSERT_TRUE(message);
    const std::int64_t seq = unpack<NewData>(*message).seq;
    EXPECT_GT(seq, last);
    last = seq;
    ++received;
  }
  EXPECT_LT(received, kEvents) << "nothing was coalesced";
}

TEST_F(Sockets, DisconnectAClientThatLetsRepliesPileUp) {
  ListenerOptions options;
  options.maxQueuedBytes = 8U << 20;
  Listener listener(path_, options);
  const Client hanging(path_);
  ASSERT_TRUE(waitUntil([&] { return listener.clients() == 1; }));
  Message reply = makeReply(1, AttentionMap{});
  reply.arrays.push_back(makeArray("attention", {1 << 20}, std::vector<float>(1U << 20)));
  for (int i = 0; i < 10; ++i) listener.send(1, reply);
  EXPECT_TRUE(waitUntil([&] { return listener.clients() == 0; }));
  EXPECT_FALSE(listener.send(1, reply));
}

TEST_F(Sockets, CarryALargePayload) {
  ListenerOptions options;
  std::promise<Listener*> made;
  auto ready = made.get_future().share();
  options.onMessage = [&](ClientId client, Message message) {
    message.kind = MessageKind::Reply;
    ready.get()->send(client, message);
  };
  Listener listener(path_, options);
  made.set_value(&listener);
  Client client(path_);
  Message message = makeRequest(client.newId(), AttentionRequest{});
  std::vector<float> values(5'000'000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  message.arrays.push_back(makeArray("attention", {static_cast<std::int64_t>(values.size())}, values));
  EXPECT_EQ(floatValues(client.request(message, 30).arrays.at(0)), values);
}

TEST_F(Sockets, BelongToTheUserAlone) {
  const Listener listener(path_, {});
  struct stat info {};
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
}

TEST_F(Sockets, RefuseAnotherUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "becoming another user takes root";
  const Listener listener(path_, {});
  ::chmod(folder_.c_str(), 0755);
  ::chmod(path_.c_str(), 0666);  // as if the modes had failed: the peer's uid still counts
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(3);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) ::_exit(4);
    char byte = 0;
    ::_exit(::read(fd, &byte, 1) == 0 ? 0 : 5);  // hung up at once
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(listener.clients(), 0U);
}

TEST_F(Sockets, ReplaceADeadListenersFileButNoLiveOnes) {
  {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::close(fd);  // the file stays, as after kill -9
  }
  ASSERT_TRUE(fs::exists(path_));
  {
    const Listener listener(path_, {});
    EXPECT_THROW(Listener(path_, {}), Error);
    EXPECT_NO_THROW(Client{path_});
  }
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(Sockets, NeverRemoveAnotherKindOfFile) {
  std::ofstream(path_) << "precious";
  EXPECT_THROW(Listener(path_, {}), Error);
  EXPECT_TRUE(fs::exists(path_));
}

TEST_F(Sockets, SayWhenNobodyListens) {
  EXPECT_THROW(Client{path_}, Error);
}

TEST_F(Sockets, OutliveMalformedFrames) {
  std::atomic<int> messages = 0;
  ListenerOptions options;
  options.onMessage = [&](ClientId, const Message&) { ++messages; };
  const Listener listener(path_, options);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Random random(seed);
    auto bytes = encodeFrame(toFrame(makeRequest(1, RunCommand{"pause"})));
    for (int flips = 0; flips < 3; ++flips)
      bytes[random.below(bytes.size())] = static_cast<std::uint8_t>(random.next());
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    while (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    }
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    EXPECT_TRUE(sent >= 0 || errno == EPIPE);
    ::close(fd);
  }
  Client client(path_);
  EXPECT_EQ(unpack<Ping>(client.request(makeRequest(1, Ping{2}), 10)).sent, 2);
}

TEST_F(Sockets, LieInTheRuntimeDirectory) {
  ::setenv("XDG_RUNTIME_DIR", folder_.c_str(), 1);
  const fs::path path = socketPath("train-1-abcd");
  EXPECT_EQ(path, folder_ / "slab" / "train-1-abcd.sock");
  struct stat info {};
  ASSERT_EQ(::stat((folder_ / "slab").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700U);
  ::chmod((folder_ / "slab").c_str(), 0777);
  EXPECT_THROW(socketPath("x"), Error);
  fs::remove(folder_ / "slab");
  fs::create_directory_symlink("/tmp", folder_ / "slab");
  EXPECT_THROW(socketPath("x"), Error);
  EXPECT_THROW(socketPath(std::string(120, 'x')), Error);
  ::unsetenv("XDG_RUNTIME_DIR");
  EXPECT_NE(newSocketId("serve"), newSocketId("serve"));
}

}  // namespace
}  // namespace slab
