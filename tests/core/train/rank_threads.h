// Threads in place of the processes of a distributed training.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <csignal>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

#include "core/train/ranks.h"

namespace slab::testing {

inline constexpr int kRanks = 3;

/// A socket at a free port of the loopback device, as slab launch hands it to rank 0.
inline std::pair<int, int> boundSocket() {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(::bind(descriptor, raw, length), 0);
  EXPECT_EQ(::listen(descriptor, SOMAXCONN), 0);
  EXPECT_EQ(::getsockname(descriptor, raw, &length), 0);
  return {descriptor, ntohs(address.sin_port)};
}

/// `work` in kRanks threads, which meet over the loopback device as processes do. What it throws fails the test.
inline void together(const std::function<void(train::Ranks&)>& work) {
  std::signal(SIGPIPE, SIG_IGN);  // as slab does: Gloo writes to the connections of those that are gone
  const auto [descriptor, port] = boundSocket();
  std::vector<std::jthread> threads;
  for (int rank = 0; rank < kRanks; ++rank) {
    RankEnvironment environment;
    environment.rank = environment.localRank = rank;
    environment.size = environment.localSize = kRanks;
    environment.address = "127.0.0.1";
    environment.port = port;
    if (rank == 0) environment.masterSocket = descriptor;
    threads.emplace_back([environment, &work] {
      try {
        const auto ranks = train::Ranks::join(environment);
        work(*ranks);
      } catch (const std::exception& error) {
        ADD_FAILURE() << "rank " << environment.rank << ": " << error.what();
      }
    });
  }
}

}  // namespace slab::testing
