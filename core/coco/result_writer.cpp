#include <nlohmann/json.hpp>

#include "core/coco/result_file.h"
#include "core/formats/durable_file.h"

namespace slab::coco {
namespace {

using Json = nlohmann::ordered_json;

// Enough for the system call not to count.
constexpr std::size_t kPieceBytes = 1 << 20;

std::string textOf(const Detection& detection) {
  Json json{{"image_id", detection.image},
            {"category_id", detection.category},
            {"bbox", {detection.box.x, detection.box.y, detection.box.width, detection.box.height}},
            {"score", detection.score}};
  if (detection.mask.height > 0) {
    json["segmentation"] = {{"size", {detection.mask.height, detection.mask.width}},
                            {"counts", toCompressed(detection.mask)}};
  }
  return json.dump();
}

}  // namespace

void writeResults(const std::string& path, const std::vector<Detection>& detections) {
  writeFileAtomically(path, [&](ByteSink& sink) {
    std::string text = "[";
    const auto flush = [&] {
      sink.write(std::as_bytes(std::span(text)));
      text.clear();
    };
    for (std::size_t i = 0; i < detections.size(); ++i) {
      text += (i == 0 ? "\n" : ",\n") + textOf(detections[i]);
      if (text.size() >= kPieceBytes) flush();
    }
    text += "\n]\n";
    flush();
  });
}

}  // namespace slab::coco
