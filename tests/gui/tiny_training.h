// A training without a data set to install: a few small images in .npy files and a two-block model.
#pragma once

#include <QByteArray>
#include <filesystem>

namespace slab::test {

/// Writes the images to `folder` and returns a configuration over them: `steps` steps, a checkpoint every
/// `checkpoint_every`, lambda at 0 after 80 % of the run.
QByteArray tinyTraining(const std::filesystem::path& folder, long steps, long checkpoint_every);

}  // namespace slab::test
