// SHA-256, the content hash of checkpoints and manifests.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace slab {

/// Takes bytes in any number of pieces. Throws Error(Internal) if OpenSSL refuses.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(std::span<const std::byte> bytes);
  /// 64 lower-case hexadecimal digits of everything given so far; more may follow.
  [[nodiscard]] std::string hex() const;

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

std::string sha256Hex(std::span<const std::byte> bytes);

/// Hash of a file's content; throws Error(Data) when it can't be read.
std::string sha256OfFile(const std::string& path);

}  // namespace slab
