// Writing a model for other programs: what `slab export` does. Torch-free.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/wire/messages.h"

namespace slab::jobs {

enum class ExportFormat { Onnx, Safetensors };

struct ExportRequest {
  /// `folded`: norms are folded first; those that can't be stay.
  ModelSource source;
  std::string output;
  ExportFormat format = ExportFormat::Onnx;
  /// Images a run of the ONNX model; 0: whoever runs it chooses.
  std::int64_t batch = 0;
  /// Replaces a file that is there, and folds although lambda has not reached 0.
  bool force = false;
};

struct ExportReport {
  std::string output, sha256;
  std::int64_t bytes = 0;
  std::int64_t parameters = 0;
  std::int64_t nodes = 0;  // of the ONNX graph
  bool folded = false;
  /// Norms of the exported model, folded ones no longer among them.
  std::int64_t norms = 0;
  std::vector<std::string> warnings;
};

/// ".onnx" and ".safetensors" name the format; throws Error(Config) for another ending.
ExportFormat exportFormatOf(const std::string& output);

/// `onProgress` is told what is being done, on the calling thread. Throws Error(Data) where the file exists,
/// Error(Checkpoint) for folding an unfinished transition, both unless forced; Error(Internal) where the model has an
/// operation that ONNX export does not know.
ExportReport exportModel(const ExportRequest& request, const std::function<void(const std::string&)>& onProgress = {});

}  // namespace slab::jobs
