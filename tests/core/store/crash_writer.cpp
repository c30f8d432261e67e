// The program the crash tests kill: writes metrics and checkpoints as a training does, and says on
// standard output what the store acknowledged. Usage: crash_writer RUN_DIR STEPS (0: until killed).
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <span>
#include <string>

#include "core/base/error.h"
#include "core/formats/checkpoint.h"
#include "core/store/run_reader.h"
#include "core/store/run_writer.h"

namespace {

namespace fs = std::filesystem;

constexpr int kCheckpointEvery = 5;

// One write a line: a pipe delivers it whole or not at all.
void say(const std::string& line) {
  if (::write(STDOUT_FILENO, line.c_str(), line.size()) != static_cast<ssize_t>(line.size())) std::_Exit(7);
}

void addFile(slab::CheckpointWriter& checkpoint, const char* name, const std::string& text) {
  checkpoint.addFile(name, [&](slab::ByteSink& sink) { sink.write(std::as_bytes(std::span(text))); });
}

// As the trainer does: the files durable under their name, then the row; without its row it does not stay.
void saveCheckpoint(slab::RunWriter& store, std::int64_t step) {
  const slab::RunDirectory& run = store.run();
  slab::CheckpointWriter checkpoint(run.checkpoints().string(), step, "hash");
  addFile(checkpoint, "model.safetensors", "weights of step " + std::to_string(step));
  addFile(checkpoint, "state.safetensors", std::string(100'000, static_cast<char>('a' + step % 26)));
  const slab::SavedCheckpoint saved = checkpoint.commit();
  slab::CheckpointRecord record;
  record.step = step;
  record.path = fs::path(saved.path).lexically_relative(run.path()).string();
  record.sha256 = saved.manifestSha256;
  record.bytes = static_cast<std::int64_t>(saved.bytes);
  try {
    store.saveCheckpoint(record);
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(saved.path, ignored);
    throw;
  }
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
  slab::removeStaleTemporaries(run.checkpoints().string());
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
      saveCheckpoint(store, step + 1);
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
