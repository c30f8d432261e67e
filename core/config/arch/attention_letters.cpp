#include "core/config/arch/attention_letters.h"

#include <charconv>
#include <string_view>

namespace slab {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::int64_t kSoftmaxWindow = 7;
constexpr std::int64_t kLargeSoftmaxWindow = 12;
constexpr std::int64_t kLargeWindowAbove = 56;

struct Parts {
  std::string_view letters;
  std::string_view number;
};

Parts split(std::string_view text) {
  const std::size_t end = text.find_last_not_of(kDigits) + 1;
  return {text.substr(0, end), text.substr(end)};
}

// -1 where the text is no number that fits.
std::int64_t numberOf(std::string_view text) {
  std::int64_t value = -1;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc() && result.ptr == text.data() + text.size() ? value : -1;
}

// The letters that a family's models are built with.
std::string_view lettersOf(Family family) {
  switch (family) {
    case Family::DeiT: return "SL";
    case Family::Pvt:
    case Family::PvtV2: return "SLF";
    case Family::Swin:
    case Family::CSwin: return "SLFM";
  }
  return "";
}

std::string listed(std::string_view letters) {
  std::string text;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if (i > 0) text += i + 1 < letters.size() ? ", " : " and ";
    text += letters[i];
  }
  return text;
}

}  // namespace

char blockAttention(const ModelConfig& model, std::size_t stage, std::int64_t block) {
  const char letter = model.attentionOf(stage);
  if (letter != 'M') return letter;
  return block < numberOf(split(model.attention).number) ? 'L' : 'S';
}

std::int64_t configuredWindow(const ModelConfig& model, char letter) {
  if (letter != 'S' || model.attention.find_first_of("LFM") == std::string::npos) return model.window;
  return model.window > kLargeWindowAbove ? kLargeSoftmaxWindow : kSoftmaxWindow;
}

std::string attentionProblem(const ModelConfig& model) {
  const auto [letters, number] = split(model.attention);
  const std::string_view allowed = lettersOf(model.family());
  const bool isMixed = letters.find('M') != std::string_view::npos;
  if (letters.empty() || letters.find_first_not_of(allowed) != std::string_view::npos) {
    return "must consist of the letters " + listed(allowed) + " for " + std::string(toString(model.family())) +
           ", one a stage";
  }
  if (letters.size() != 1 && letters.size() != model.stages()) {
    return "has " + std::to_string(letters.size()) + " letters for " + std::to_string(model.stages()) + " stages";
  }
  if (isMixed && numberOf(number) < 0) return "needs a number of linear blocks behind the letters, as in MMMM2";
  if (!isMixed && !number.empty()) return "has a number of linear blocks but no stage with the letter M";
  return "";
}

}  // namespace slab
