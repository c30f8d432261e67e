#include "app/cli/coco_scores.h"

#include <cstdio>

#include "app/cli/output.h"
#include "core/base/format.h"

namespace slab::cli {

std::string scoreText(double value) {
  if (value < 0) return "-";
  char text[16];
  std::snprintf(text, sizeof text, "%.3f", value);
  return text;
}

Json toJson(const coco::CocoScores& scores) {
  Json classes = Json::object();
  for (const auto& one : scores.classes) {
    // A name that two categories share is told apart by the id.
    const std::string name =
        classes.contains(one.name) ? one.name + " (" + std::to_string(one.category) + ")" : one.name;
    classes[name] = {{"id", one.category}, {"ap", one.ap}, {"ap50", one.ap50}, {"objects", one.objects}};
  }
  return {{"stats", scores.stats},
          {"per_class", std::move(classes)},
          {"images", scores.images},
          {"all_images", scores.allImages},
          {"complete", scores.isComplete()}};
}

void printStats(const coco::CocoScores& scores) {
  TextTable table({"", "overlap", "area", "detections", "value"}, {false, true, false, true, true});
  for (std::size_t i = 0; i < scores.stats.size(); ++i) {
    const coco::ScoreName& name = coco::kScoreNames[i];
    table.add({std::string(name.metric), std::string(name.overlap), std::string(name.area),
               std::to_string(name.detections), scoreText(scores.stats[i])});
  }
  table.print();
}

void printClasses(const coco::CocoScores& scores) {
  TextTable classes({"class", "objects", "AP", "AP50"}, {false, true, true, true});
  for (const auto& one : scores.classes) {
    classes.add({one.name, formatInteger(one.objects), scoreText(one.ap), scoreText(one.ap50)});
  }
  classes.print();
}

std::string stoppedText(const coco::CocoScores& scores) {
  return "stopped: the numbers are of the first " + formatInteger(scores.images) + " of " +
         formatInteger(scores.allImages) + " images by id";
}

}  // namespace slab::cli
