#include "core/data/packed_dataset.h"

#include <utility>

#include "core/base/error.h"
#include "core/formats/packed_set.h"

namespace slab::data {
namespace {

class PackedDataset final : public Dataset {
 public:
  /// `records`: which of the set's are this part's.
  PackedDataset(std::string root, std::shared_ptr<const PackedSet> set, std::vector<std::size_t> records)
      : root_(std::move(root)), set_(std::move(set)), records_(std::move(records)) {}

  [[nodiscard]] std::int64_t size() const override { return static_cast<std::int64_t>(records_.size()); }
  [[nodiscard]] std::int64_t label(std::int64_t index) const override { return at(index).label; }
  [[nodiscard]] const std::vector<std::string>& classNames() const override { return set_->index().classNames; }
  [[nodiscard]] std::string nameOf(std::int64_t index) const override { return root_ + "#" + at(index).path; }
  [[nodiscard]] Image image(std::int64_t index) const override { return wholeImage(source(index), ColorMode::Stored); }
  [[nodiscard]] SampleSource source(std::int64_t index) const override {
    const PackedRecord& record = at(index);
    const auto bytes = set_->bytes(records_[static_cast<std::size_t>(index)]);
    if (record.channels == 0) return {set_, bytes, {}, nameOf(index)};
    const auto width = static_cast<int>(record.width), channels = static_cast<int>(record.channels);
    const ImageView pixels(reinterpret_cast<const std::uint8_t*>(bytes.data()), width, static_cast<int>(record.height),
                           channels, static_cast<std::size_t>(record.width) * record.channels);
    return {set_, {}, pixels, nameOf(index)};
  }
  [[nodiscard]] const std::vector<DatasetNotice>& notices() const override { return notices_; }

 private:
  [[nodiscard]] const PackedRecord& at(std::int64_t index) const {
    return set_->index().records[records_[static_cast<std::size_t>(index)]];
  }

  std::string root_;
  std::shared_ptr<const PackedSet> set_;
  std::vector<std::size_t> records_;
  std::vector<DatasetNotice> notices_;
};

}  // namespace

std::unique_ptr<Dataset> openPackedSet(const std::string& root, Split split) {
  auto set = std::make_shared<const PackedSet>(root);
  const PackedPart part = split == Split::Train ? PackedPart::Train : PackedPart::Validation;
  std::vector<std::size_t> records;
  for (std::size_t i = 0; i < set->index().records.size(); ++i) {
    if (set->index().records[i].part == part) records.push_back(i);
  }
  if (records.empty() && split == Split::Validation) return nullptr;
  if (records.empty()) throw Error(ErrorKind::Data, root + " is a packed data set without a training image");
  return std::make_unique<PackedDataset>(root, std::move(set), std::move(records));
}

}  // namespace slab::data
