// The decoding process: takes files as descriptors, one after the other, and says what they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "core/base/image.h"

namespace slab::sandbox {

/// Decodes a file's bytes or throws ImageError; `decodeImage` outside of tests.
using DecodeBytes = std::function<Image(std::span<const std::byte> file, const std::string& name)>;

/// Confines this process, tells the other end of `socket` how far that went, and answers its requests until it
/// closes the socket. Every other descriptor is closed first. Returns the exit code.
int serveDecodes(int socket, std::uint64_t memoryBytes, const DecodeBytes& decode);

}  // namespace slab::sandbox
