// The labels of a validation part whose images lie in one folder, without class folders: ImageNet's as downloaded.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slab::data {

/// By file name.
using ValidationLabels = std::map<std::string, std::int64_t>;

/// The list of `root`: val.txt, val.csv or LOC_val_solution.csv in `root`, in root/val, or, for Kaggle's tree
/// (ILSVRC/Data/CLS-LOC), three folders up; the first that is there. nothing where there is none.
std::optional<std::filesystem::path> findValidationList(const std::filesystem::path& root);

/// Reads any of the common forms, one image a line:
///
///     ILSVRC2012_val_00000001.JPEG 65               number of the class, in order of the class folders' names
///     ILSVRC2012_val_00000001.JPEG,n01751748        class folder
///     ILSVRC2012_val_00000001,n01751748 1 2 3 4     Kaggle: without ending, boxes behind the class, and a header
///
/// Name and label are separated by spaces, a tab or a comma; empty lines and lines that begin with # are passed over;
/// folders before the file's name are dropped. `names`: the files there are, sorted, to which a name without ending is
/// fitted. Throws Error(Data) naming line and mend for a line of another form, an unknown class, a number out of
/// range, and the devkit's ground truth, whose numbers mean nothing without its meta.mat.
ValidationLabels readValidationList(const std::filesystem::path& list, const std::vector<std::string>& classNames,
                                    const std::vector<std::string>& names);

/// What to do where images lie loose and no list is there: one sentence with the accepted forms.
std::string validationListMend();

}  // namespace slab::data
