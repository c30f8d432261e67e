// The program the crash tests kill: writes metrics and checkpoints as a training does, and says on
// standard output what the store acknowledged. Usage: crash_writer RUN_DIR STEPS (0: until killed).
#include <fcntl.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <string>

#include "core/base/error.h"
#include "core/store/run_reader.h"
#include "core/store/run_writer.h"

namespace {

namespace fs = std::filesystem;

constexpr int kCheckpointEvery = 5;

// One write a line: a pipe delivers it whole or not at all.
void say(const std::string& line) {
  if (::write(STDOUT_FILENO, line.c_str(), line.size()) != static_cast<ssize_t>(line.size())) std::_Exit(7);
}

void syncFolder(const fs::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool ok = fd >= 0 && ::fsync(fd) == 0;
  if (fd >= 0) ::close(fd);
  if (!ok) throw slab::Error(slab::ErrorKind::Checkpoint, "can't sync '" + folder.string() + "'");
}

// Durable before its row: hidden name, files, rename, directory.
void writeCheckpoint(const slab::RunDirectory& run, std::int64_t step) {
  const fs::path final = run.checkpoint(step);
  const fs::path hidden = run.checkpoints() / ("." + final.filename().string() + "." + std::to_string(::getpid()));
  fs::create_directories(hidden);
  slab::replaceFile(hidden / "model.safetensors", "weights of step " + std::to_string(step));
  syncFolder(hidden);
  fs::remove_all(final);
  fs::rename(hidden, final);
  syncFolder(run.checkpoints());
}

std::int64_t newestCheckpoint(const slab::RunDirectory& run) {
  if (!fs::exists(run.database())) return 0;
  const auto records = slab::RunReader(run).checkpoints();
  return records.empty() ? 0 : records.back().step;
}

void train(const slab::RunDirectory& run, std::int64_t steps) {
  slab::RunWriterOptions options;
  options.tickSeconds = 0.002;
  options.retrySeconds = 0.01;
  slab::RunWriter store(slab::RunLock(run, ""), options);
  const std::int64_t first = newestCheckpoint(run);
  const slab::SeriesId loss = store.series("loss");
  const slab::SeriesId rate = store.series("lr");
  say("segment " + std::to_string(store.beginSegment(first, first == 0 ? "start" : "resume")) + "\n");
  for (std::int64_t step = first; steps == 0 || step < first + steps; ++step) {
    const bool is_nan = step % 17 == 3;
    store.append(loss, step, is_nan ? std::numeric_limits<double>::quiet_NaN() : 1.0 / static_cast<double>(step + 1));
    store.append(rate, step, static_cast<double>(step) * 0.25);
    if (step % 2 == 1 && store.flush()) say("flushed " + std::to_string(step) + "\n");
    if ((step + 1) % kCheckpointEvery != 0) continue;
    try {
      writeCheckpoint(run, step + 1);
      slab::CheckpointRecord record;
      record.step = step + 1;
      record.path = fs::relative(run.checkpoint(step + 1), run.path()).string();
      store.saveCheckpoint(record);
      say("checkpoint " + std::to_string(step + 1) + "\n");
    } catch (const std::exception& error) {
      say(std::string("refused ") + error.what() + "\n");
    }
  }
  store.setState("state", "done");
  if (store.close() != 0) throw slab::Error(slab::ErrorKind::Data, "the store took not everything");
  say("closed\n");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  try {
    const fs::path folder = argv[1];
    const auto run = slab::RunDirectory::isRun(folder) ? slab::RunDirectory::open(folder) : slab::RunDirectory(folder);
    fs::create_directories(run.checkpoints());
    train(run, std::atoll(argv[2]));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
