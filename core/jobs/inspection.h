// The inspection requests of window and command line, answered: fold, attention, bench, model tree, data.
// The messages themselves are the interface (core/wire/messages.h); nothing here shows torch.
#pragma once

#include <functional>
#include <stop_token>

#include "core/wire/messages.h"

namespace slab::jobs {

/// Sent on the calling thread between two pieces of work; `text` is one line.
using OnProgress = std::function<void(const ProgressBody&)>;

/// Folds the source's norms and proves it. Random probe images unless the source lies in a run whose
/// validation set can be opened. Weights whose lambda has not reached 0 are refused unless `force`.
FoldReport foldModel(const FoldRequest& request, std::stop_token stop, const OnProgress& onProgress = {});

/// Reply with its arrays, as AttentionMap says.
Message attentionMap(const AttentionRequest& request, std::uint64_t id);

/// The reply's maps as files in `directory` (made where missing): head<k>.png overlays, attention.npy,
/// depthwise.npy. Returns their paths.
std::vector<std::string> writeAttention(const Message& reply, const std::string& directory);

/// Interleaved timing of all entries; a message with the samples as arrays.
Message benchModels(const BenchRequest& request, std::uint64_t id, std::stop_token stop,
                    const std::function<void(const BenchProgress&)>& onProgress = {});

/// Rows of the source's model; no weights are read.
ModelTree modelTree(const ModelTreeRequest& request);

/// A page of thumbnails of the configuration's data set; reply with its array.
Message datasetPage(const DatasetRequest& request, std::uint64_t id);

/// Decodes every file of the data set in sandboxed processes, or takes an earlier scan's word for unchanged ones, and
/// says what is wrong with it; the verdicts are kept for the next scan and for training. A stop keeps what was seen.
/// Progress is of the part, "train" or "val".
ScanReport scanData(const ScanRequest& request, std::stop_token stop, const OnProgress& onProgress = {});

/// Reads foreign weights, fits them to a model and, where the request names a folder and everything fits, writes
/// model.safetensors and config.json there. What does not fit is in the report, not an error. Throws
/// Error(Checkpoint) for a file that can't be read, Error(Config) for a model that can't be built.
ImportReport importWeights(const ImportRequest& request, std::stop_token stop, const OnProgress& onProgress = {});

/// Recalibrates a checkpoint of a run and writes the result as a newer one of its step, so that everything that opens
/// the run uses it from then on; or, with `undo`, takes the newest such one out again, which leaves the run as it was.
/// Throws Error(Config) while the run is trained or where there is nothing to undo.
RecalibrationReport recalibrate(const RecalibrateRequest& request, std::stop_token stop,
                                const OnProgress& onProgress = {});

/// Answers any inspection request: the reply, or an Error message with its id. Never throws.
Message answer(const Message& request, std::stop_token stop, const std::function<void(const Message&)>& onProgress);

/// `slab serve`: listens at `socket` and answers requests one after the other, cancels included, until the
/// last client is gone (or none came within a minute) or `stop` is asked for.
void serve(const std::string& socket, std::stop_token stop);

}  // namespace slab::jobs
