#include "core/train/detect.h"

#include <torch/torch.h>

#include <algorithm>
#include <unordered_set>

#include "core/models/detection/masks.h"
#include "core/train/evaluation_mode.h"

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
void append(const Detections& found, ImageSize shown, const coco::CocoImage& image, const data::DetectionSet& set,
            double threshold, std::vector<coco::Detection>& detections) {
  const double across = static_cast<double>(image.width) / static_cast<double>(shown.width);
  const double down = static_cast<double>(image.height) / static_cast<double>(shown.height);
  const at::Tensor boxes =
      found.boxes.to(at::kCPU, at::kDouble) * at::tensor({across, down, across, down}, at::kDouble);
  const at::Tensor scores = found.scores.to(at::kCPU, at::kFloat), labels = found.labels.to(at::kCPU);
  const auto* corners = boxes.const_data_ptr<double>();
  for (std::int64_t i = 0; i < labels.size(0); ++i, corners += 4) {
    coco::Detection detection;
    detection.image = image.id;
    detection.category = set.categoryOf(labels.const_data_ptr<std::int64_t>()[i]);
    detection.score = scores.const_data_ptr<float>()[i];
    detection.box = {corners[0], corners[1], corners[2] - corners[0], corners[3] - corners[1]};
    detection.area = detection.box.width * detection.box.height;
    detection.mask = maskOf(found, i, boxes.narrow(0, i, 1), image, threshold);
    detections.push_back(std::move(detection));
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
                   const std::function<bool(std::int64_t, std::int64_t)>& goesOn) {
  const at::NoGradGuard noGrad;
  const EvaluationMode mode(model);
  Findings findings;
  // The loader gives the place of an image that can't be decoded to the next one, which comes again at its own.
  std::unordered_set<std::int64_t> seen;
  loader.seek(0);
  std::int64_t done = 0;
  for (std::int64_t number = 0; number < loader.batchesPerEpoch(); ++number) {
    const data::Batch batch = loader.next();
    const auto found = model.detect(batch.images.to(device), batch.sizes);
    const auto* indices = batch.indices.const_data_ptr<std::int64_t>();
    for (std::size_t i = 0; i < found.size(); ++i) {
      const coco::CocoImage& image = set.record(indices[i]);
      if (!seen.insert(image.id).second) continue;
      findings.images.push_back(image.id);
      append(found[i], batch.sizes[i], image, set, model.config().maskThreshold, findings.detections);
    }
    done += batch.size();
    if (goesOn && !goesOn(done, set.size())) {
      findings.isComplete = done == set.size();
      break;
    }
  }
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
