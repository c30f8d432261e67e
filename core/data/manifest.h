// What a scan found out about each file of a data set, kept beside it.
//
// A text, one file a line, for three reasons: it is always read as a whole, so that a database's index would buy
// nothing; it travels with the data set by any copying tool; and a person can grep it. While a scan runs, its verdicts
// go to a journal beside it, so that a scan that was cut off, by whatever, goes on where it was.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "core/formats/durable_file.h"
#include "core/formats/image_codec.h"
#include "core/formats/image_fault.h"

namespace slab::data {

/// By which a file is known to be unchanged.
struct FileStamp {
  std::uint64_t bytes = 0;
  std::int64_t modified = 0;  // nanoseconds since 1970

  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

/// nothing where the file can't be looked at.
std::optional<FileStamp> stampOf(const std::string& path);

struct ManifestEntry {
  FileStamp stamp;
  std::string sha256;               // "" for a file that can't be read
  std::optional<ImageFault> fault;  // none: it decodes
  std::string cause;                // of the fault, without the file's name
  std::int64_t offset = -1;         // byte of the fault, where known
  ImageFormat format = ImageFormat::Jpeg;
  int width = 0, height = 0;
};

/// Entries by path relative to the data set's root.
using Manifest = std::map<std::string, ManifestEntry>;

/// One line without its end: verdict, bytes, modified, sha256, format, width, height, offset, path, cause, separated by
/// tabs; tab, line feed and backslash in the last two are escaped.
std::string manifestLine(const std::string& path, const ManifestEntry& entry);
/// Adds the line's entry; false for a line that is none (then nothing is added).
bool readManifestLine(std::string_view line, Manifest& manifest);

/// Where the manifest of a data set is: `root`/.slab-manifest.tsv if it is there or `root` can be written, else under
/// XDG_CACHE_HOME.
std::string manifestPath(const std::string& root);

/// How the manifest of `root` names a file below it.
std::string manifestName(const std::string& root, const std::string& file);

/// What scans of `root` have found so far, that of one cut off included; empty without a scan. Lines that are no
/// entries (a cut last one) are passed over: their files count as not scanned. `faultsOnly` keeps memory small.
Manifest readManifest(const std::string& root, bool faultsOnly = false);

/// Takes the verdicts of a running scan, from any thread.
class ManifestJournal {
 public:
  /// Continues what was left of an earlier journal. Throws WriteError where neither place can be written.
  explicit ManifestJournal(const std::string& root);

  /// The entry of an earlier scan, if the file still has that stamp and the verdict depends on its bytes alone;
  /// nullptr for what has to be looked at again.
  [[nodiscard]] const ManifestEntry* unchanged(const std::string& path, const FileStamp& stamp) const;
  void add(const std::string& path, const ManifestEntry& entry);
  /// Writes the manifest, whole or not at all, and removes the journal. `complete`: every file of the data set was
  /// looked at, so that entries of files that are gone are dropped.
  void finish(bool complete);

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  [[nodiscard]] std::string journalPath() const;
  void write(const Manifest& manifest) const;

  std::string path_;
  Manifest before_;
  std::mutex mutex_;
  Manifest seen_;
  std::unique_ptr<DurableFile> journal_;
};

}  // namespace slab::data
