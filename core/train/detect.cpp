#include "core/train/detect.h"

#include <torch/torch.h>

#include <iterator>
#include <unordered_set>
#include <utility>

#include "core/models/detection/masks.h"
#include "core/train/evaluation_mode.h"
#include "core/train/found_images.h"

namespace slab::train {
namespace {

coco::RunLengths maskOf(const Detections& found, std::int64_t i, const at::Tensor& box, const coco::CocoImage& image,
                        double threshold) {
  // One at a time: a hundred full masks of a large image are gigabytes.
  const at::Tensor mask = masks::pasted(found.masks.narrow(0, i, 1), box, {image.height, image.width}, threshold);
  return coco::encodeMask(
      {mask.const_data_ptr<std::uint8_t>(), image.width, image.height, 1, static_cast<std::size_t>(image.width)});
}

// An image's detections in pixels of its file.
std::vector<coco::Detection> inPixelsOf(const coco::CocoImage& image, const Detections& found, ImageSize shown,
                                        const data::DetectionSet& set, double threshold) {
  const double across = static_cast<double>(image.width) / static_cast<double>(shown.width);
  const double down = static_cast<double>(image.height) / static_cast<double>(shown.height);
  const at::Tensor boxes =
      found.boxes.to(at::kCPU, at::kDouble) * at::tensor({across, down, across, down}, at::kDouble);
  const at::Tensor scores = found.scores.to(at::kCPU, at::kFloat), labels = found.labels.to(at::kCPU);
  const auto* corners = boxes.const_data_ptr<double>();
  std::vector<coco::Detection> detections(static_cast<std::size_t>(labels.size(0)));
  for (std::int64_t i = 0; i < labels.size(0); ++i, corners += 4) {
    coco::Detection& detection = detections[static_cast<std::size_t>(i)];
    detection.image = image.id;
    detection.category = set.categoryOf(labels.const_data_ptr<std::int64_t>()[i]);
    detection.score = scores.const_data_ptr<float>()[i];
    detection.box = {corners[0], corners[1], corners[2] - corners[0], corners[3] - corners[1]};
    detection.area = detection.box.width * detection.box.height;
    detection.mask = maskOf(found, i, boxes.narrow(0, i, 1), image, threshold);
  }
  return detections;
}

void detectBatch(MaskRcnn& model, const data::Batch& batch, const data::DetectionSet& set, c10::Device device,
                 std::vector<FoundImage>& images) {
  if (batch.size() == 0) return;  // of a process that nothing is left for
  const auto found = model.detect(batch.images.to(device), batch.sizes);
  const auto* indices = batch.indices.const_data_ptr<std::int64_t>();
  for (std::size_t i = 0; i < found.size(); ++i) {
    const coco::CocoImage& image = set.record(indices[i]);
    images.push_back(
        {image.id, batch.index, inPixelsOf(image, found[i], batch.sizes[i], set, model.config().maskThreshold)});
  }
}

// The loader gives the place of an image that can't be decoded to the next one, which comes again at its own: what was
// found first counts.
void join(std::vector<FoundImage> found, Findings& findings) {
  std::unordered_set<std::int64_t> seen;
  for (FoundImage& one : found) {
    if (!seen.insert(one.image).second) continue;
    findings.images.push_back(one.image);
    findings.detections.insert(findings.detections.end(), std::move_iterator(one.detections.begin()),
                               std::move_iterator(one.detections.end()));
  }
}

coco::CocoSet partOf(const coco::CocoSet& set, const std::vector<std::int64_t>& images) {
  const std::unordered_set<std::int64_t> kept(images.begin(), images.end());
  coco::CocoSet part{set.path, {}, set.categories, {}};
  for (const auto& image : set.images) {
    if (kept.contains(image.id)) part.images.push_back(image);
  }
  for (const auto& annotation : set.annotations) {
    if (kept.contains(annotation.image)) part.annotations.push_back(annotation);
  }
  return part;
}

}  // namespace

Findings detectAll(MaskRcnn& model, data::Loader& loader, const data::DetectionSet& set, c10::Device device,
                   const std::function<bool(std::int64_t, std::int64_t)>& goesOn, Ranks* ranks) {
  const at::NoGradGuard noGrad;
  const EvaluationMode mode(model);
  Findings findings;
  std::vector<FoundImage> found;
  loader.seek(0);
  std::int64_t done = 0;
  for (std::int64_t number = 0; number < loader.batchesPerEpoch(); ++number) {
    detectBatch(model, loader.next(), set, device, found);
    done += loader.sizeTogether(number);
    if (goesOn && !goesOn(done, set.size())) {
      findings.isComplete = done == set.size();
      break;
    }
  }
  join(ranks == nullptr ? std::move(found) : collectFound(*ranks, found), findings);
  return findings;
}

DetectionScores scoresOf(const Findings& findings, const coco::CocoSet& set, int threads) {
  const bool isWhole = findings.isComplete;
  const coco::CocoSet part = isWhole ? coco::CocoSet{} : partOf(set, findings.images);
  coco::EvaluationOptions options;
  options.threads = threads;
  DetectionScores scores;
  options.of = coco::OverlapOf::Boxes;
  scores.boxes = coco::evaluate(isWhole ? set : part, findings.detections, options);
  options.of = coco::OverlapOf::Masks;
  scores.masks = coco::evaluate(isWhole ? set : part, findings.detections, options);
  for (auto* one : {&scores.boxes, &scores.masks}) {
    one->images = static_cast<std::int64_t>(findings.images.size());
    one->allImages = static_cast<std::int64_t>(set.images.size());
  }
  return scores;
}

}  // namespace slab::train
