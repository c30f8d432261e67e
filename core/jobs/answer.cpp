#include <exception>

#include "core/base/error.h"
#include "core/jobs/inspection.h"

namespace slab::jobs {
namespace {

using SendProgress = std::function<void(const Message&)>;

Message dispatch(const Message& request, std::stop_token stop, const SendProgress& send) {
  const auto progress = [&](const auto& body) { send(makeProgress(request.id, body)); };
  if (holds<AttentionRequest>(request)) return attentionMap(unpack<AttentionRequest>(request), request.id);
  if (holds<FoldRequest>(request)) {
    return makeReply(request.id, foldModel(unpack<FoldRequest>(request), stop, progress));
  }
  if (holds<BenchRequest>(request)) return benchModels(unpack<BenchRequest>(request), request.id, stop, progress);
  if (holds<ModelTreeRequest>(request)) return makeReply(request.id, modelTree(unpack<ModelTreeRequest>(request)));
  if (holds<DatasetRequest>(request)) return datasetPage(unpack<DatasetRequest>(request), request.id);
  if (holds<ScanRequest>(request)) {
    return makeReply(request.id, scanData(unpack<ScanRequest>(request), stop, progress));
  }
  if (holds<ImportRequest>(request)) {
    return makeReply(request.id, importWeights(unpack<ImportRequest>(request), stop, progress));
  }
  if (holds<RecalibrateRequest>(request)) {
    return makeReply(request.id, recalibrate(unpack<RecalibrateRequest>(request), stop, progress));
  }
  throw Error(ErrorKind::Config, "this worker does not know requests of type '" + request.type + "'");
}

}  // namespace

Message answer(const Message& request, std::stop_token stop, const SendProgress& onProgress) {
  try {
    Message reply = dispatch(
        request, stop, onProgress ? onProgress : [](const Message&) {});
    return stop.stop_requested() ? makeCancelled(request.id) : reply;
  } catch (const Error& error) {
    if (stop.stop_requested()) return makeCancelled(request.id);
    return makeError(request.id, error.kind(), error.what());
  } catch (const std::exception& error) {
    return makeError(request.id, ErrorKind::Internal, error.what());
  }
}

}  // namespace slab::jobs
