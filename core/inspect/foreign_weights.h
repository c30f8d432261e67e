// Weights in files of other programs: Python's torch.save, and safetensors of anybody.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/config/arch/recognize.h"
#include "core/formats/element_type.h"

namespace slab::inspect {

/// A tensor as the file describes it; its name without the prefixes that wrappers add ("module.", "_orig_mod.").
struct ForeignTensor {
  std::string name;
  ElementType type = ElementType::F32;
  std::vector<std::int64_t> shape;
  std::size_t index = 0;  // in the file
};

/// One set of weights in a file, by default the first of: "model", "state_dict", "model_state_dict", "net",
/// "state_dict_ema", "model_ema", "ema", and the file itself where it is a bare state dict.
///
/// Nothing in the file is executed (see core/formats/pth). Throws Error(Checkpoint) naming the file where it can't
/// be read, holds no weights, names a tensor twice, or claims more bytes of tensors than it has; Error(Config) where
/// there is no such part.
class ForeignWeights {
 public:
  static ForeignWeights open(const std::string& path, const std::string& part = "");

  [[nodiscard]] const std::string& path() const;
  /// "PyTorch zip", "PyTorch legacy", "safetensors".
  [[nodiscard]] const std::string& format() const;
  /// "" for the file itself.
  [[nodiscard]] const std::string& part() const;
  [[nodiscard]] const std::vector<std::string>& parts() const;
  /// In the file's order.
  [[nodiscard]] const std::vector<ForeignTensor>& tensors() const;
  /// Numbers and texts beside the weights ("epoch", "max_accuracy", metadata), as text.
  [[nodiscard]] const std::map<std::string, std::string>& notes() const;
  /// From a yacs configuration ("config") or argparse's ("args").
  [[nodiscard]] const ModelHints& hints() const;
  /// A copy on the CPU, in the file's type. Throws Error(Checkpoint) for a type LibTorch lacks or a wrong check sum.
  [[nodiscard]] at::Tensor read(const ForeignTensor& tensor) const;

 private:
  struct Content;
  std::shared_ptr<const Content> content_;
};

}  // namespace slab::inspect
