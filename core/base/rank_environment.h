// Which process of a distributed training this one is, as its launcher says: the variables of torchrun and slab launch.
#pragma once

#include <string>

namespace slab {

struct RankEnvironment {
  /// RANK and WORLD_SIZE: of all processes. LOCAL_RANK and LOCAL_WORLD_SIZE: of those on this machine.
  int rank = 0, size = 1;
  int localRank = 0, localSize = 1;
  /// MASTER_ADDR and MASTER_PORT: where the processes find each other.
  std::string address;
  int port = 0;
  /// TORCHELASTIC_USE_AGENT_STORE: torchrun itself answers at that port, rank 0 need not.
  bool launcherAnswers = false;
  /// TORCHELASTIC_RESTART_COUNT: how often torchrun has started the processes anew.
  int attempt = 0;
  /// SLAB_MASTER_FD: a socket bound to that port for rank 0, inherited from slab launch; -1: none.
  int masterSocket = -1;

  [[nodiscard]] bool isDistributed() const { return size > 1; }
  [[nodiscard]] bool isFirst() const { return rank == 0; }
  /// All processes run on this machine.
  [[nodiscard]] bool isLocal() const { return localSize == size; }

  /// One process of one where WORLD_SIZE is not set or 1. Throws Error(Config) naming the variable that is missing
  /// or makes no sense.
  static RankEnvironment read();
};

}  // namespace slab
