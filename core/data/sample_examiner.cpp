#include "core/data/sample_examiner.h"

#include <cctype>
#include <exception>
#include <filesystem>

#include "core/sandbox/regular_file.h"

namespace slab::data {
namespace {

/// What the ending of a name promises; nothing for one that several formats share.
std::optional<ImageFormat> formatByName(const std::string& path) {
  std::string ending = std::filesystem::path(path).extension().string();
  for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (ending == ".jpg" || ending == ".jpeg") return ImageFormat::Jpeg;
  if (ending == ".png") return ImageFormat::Png;
  if (ending == ".bmp") return ImageFormat::Bmp;
  if (ending == ".webp") return ImageFormat::WebP;
  if (ending == ".tif" || ending == ".tiff") return ImageFormat::Tiff;
  return std::nullopt;
}

}  // namespace

void HeldSampleExaminer::examine(std::int64_t index) {
  try {
    const Image image = dataset_.image(index);
    ++findings.sizes[{image.width, image.height}];
  } catch (const std::exception& error) {
    findings.bad.push_back({index, dataset_.nameOf(index), std::nullopt, error.what(), -1});
  }
}

void FileExaminer::examine(std::int64_t index) {
  const std::string path = dataset_.fileOf(index);
  const std::string name = manifestName(root_, path);
  const auto stamp = stampOf(path);
  const ManifestEntry* known = journal_ != nullptr && stamp ? journal_->unchanged(name, *stamp) : nullptr;
  if (known != nullptr) ++findings.reused;
  ManifestEntry entry = known != nullptr ? *known : lookAt(path);
  if (stamp) entry.stamp = *stamp;
  if (journal_ != nullptr) journal_->add(name, entry);
  note(index, path, entry);
}

ManifestEntry FileExaminer::lookAt(const std::string& path) {
  ManifestEntry entry;
  try {
    const sandbox::RegularFile file(path);
    entry.sha256 = file.sha256();
    const sandbox::Decoded decoded = decoder_.decode(file.fd(), file.bytes());
    entry.fault = decoded.fault;
    entry.cause = decoded.cause;
    entry.offset = decoded.offset;
    entry.format = decoded.format;
    entry.width = decoded.width;
    entry.height = decoded.height;
  } catch (const ImageError& error) {
    entry.fault = error.fault();
    entry.cause = error.cause();
  }
  return entry;
}

void FileExaminer::note(std::int64_t index, const std::string& path, const ManifestEntry& entry) {
  if (entry.fault) {
    findings.bad.push_back({index, path, entry.fault, entry.cause, entry.offset});
    return;
  }
  ++findings.sizes[{entry.width, entry.height}];
  const auto promised = formatByName(path);
  if (promised && *promised != entry.format) {
    findings.notices.push_back({path, "named as " + std::string(toString(*promised)) + " but holds " +
                                          std::string(toString(entry.format)) + "; read as that, nothing is lost"});
  }
}

}  // namespace slab::data
