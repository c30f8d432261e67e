#include "core/wire/unix_socket.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "core/base/error.h"

namespace slab {

void Descriptor::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

sockaddr_un socketAddress(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& text = path.native();
  if (text.size() >= sizeof address.sun_path) {
    throw Error(ErrorKind::Config, "the socket path '" + text + "' is too long; at most " +
                                       std::to_string(sizeof address.sun_path - 1) + " bytes fit");
  }
  std::memcpy(address.sun_path, text.c_str(), text.size() + 1);
  return address;
}

bool isOwnPeer(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == ::geteuid();
}

}  // namespace slab
