#include "core/formats/checkpoint.h"

#include <nlohmann/json.hpp>

#include "core/formats/fault_file_system.h"
#include "core/formats/support.h"

namespace slab {
namespace {

namespace fs = std::filesystem;
using test::contains;
using test::errorOf;
using test::FaultFileSystem;
using test::TemporaryDirectory;
using test::toBytes;

const std::string kModel(3000, 'm');
const std::string kState(1500, 's');

/// A checkpoint of two files, the first written in several pieces.
SavedCheckpoint save(const std::string& directory, std::int64_t step, FileSystem& fileSystem = systemFileSystem()) {
  CheckpointWriter writer(directory, step, "confighash", fileSystem);
  writer.addFile("model.safetensors", [](ByteSink& sink) {
    for (int i = 0; i < 3; ++i) sink.write(toBytes(kModel.substr(0, 1000)));
  });
  writer.addFile("state.safetensors", [](ByteSink& sink) { sink.write(toBytes(kState)); });
  return writer.commit();
}

std::size_t entriesOf(const std::string& directory) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(directory), {}));
}

TEST(Checkpoint, HoldsItsFilesAndAManifestThatVerifies) {
  TemporaryDirectory run;
  const SavedCheckpoint saved = save(run.file("checkpoints"), 3000);
  EXPECT_EQ(saved.path, run.file("checkpoints/step-00003000"));
  EXPECT_EQ(saved.step, 3000);
  EXPECT_EQ(saved.bytes, kModel.size() + kState.size());
  EXPECT_EQ(saved.manifestSha256, sha256OfFile(saved.path + "/manifest.json"));
  EXPECT_EQ(test::readFile(saved.path + "/state.safetensors"), kState);
  EXPECT_EQ(entriesOf(saved.path), 3U);
  EXPECT_EQ(entriesOf(run.file("checkpoints")), 1U);
  EXPECT_TRUE(verifyCheckpoint(saved.path).empty());

  const CheckpointManifest manifest = readManifest(saved.path);
  EXPECT_EQ(manifest.step, 3000);
  EXPECT_EQ(manifest.configHash, "confighash");
  ASSERT_EQ(manifest.files.size(), 2U);
  EXPECT_EQ(manifest.files[0].name, "model.safetensors");
  EXPECT_EQ(manifest.files[0].sha256, sha256Hex(toBytes(kModel)));
}

TEST(Checkpoint, EveryChangeOfAFileIsFound) {
  TemporaryDirectory run;
  const std::string path = save(run.path(), 1).path;
  const std::string model = path + "/model.safetensors";
  std::string changed = kModel;
  changed[1234] = 'x';
  test::writeFile(model, changed);
  ASSERT_EQ(verifyCheckpoint(path).size(), 1U);
  EXPECT_TRUE(contains(verifyCheckpoint(path)[0].message, "SHA-256"));
  test::writeFile(model, kModel.substr(0, 100));
  EXPECT_TRUE(contains(verifyCheckpoint(path)[0].message, "100 bytes"));
  fs::remove(model);
  EXPECT_EQ(verifyCheckpoint(path)[0].file, "model.safetensors");
  fs::remove(path + "/manifest.json");
  EXPECT_EQ(verifyCheckpoint(path)[0].file, "manifest.json");
}

TEST(Checkpoint, MalformedManifestsAreRefusedByName) {
  TemporaryDirectory run;
  const std::string path = save(run.path(), 1).path;
  const std::string hash(64, 'a');
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("[]"), std::string(R"({"step":1})"),
        std::string(R"({"step":"x","config_hash":"","files":{}})"),
        std::string(R"({"step":15066666666666666666666660,"config_hash":"","files":{}})"),
        std::string(R"({"step":9223372036854775808,"config_hash":"","files":{}})"),
        std::string(R"({"step":1.5,"config_hash":"","files":{}})"),
        std::string(R"({"step":-1,"config_hash":"","files":{}})"),
        R"({"step":1,"config_hash":"","files":{"a":{"size":1e30,"sha256":")" + hash + "\"}}}",
        R"({"step":1,"config_hash":"","files":{"../escape":{"size":1,"sha256":")" + hash + "\"}}}",
        R"({"step":1,"config_hash":"","files":{"..":{"size":1,"sha256":")" + hash + "\"}}}",
        std::string(R"({"step":1,"config_hash":"","files":{"a":{"size":1,"sha256":"short"}}})"),
        std::string(R"({"step":1,"config_hash":"","files":{"a":{"size":-1,"sha256":1}}})"), std::string(100'000, '['),
        std::string(2 << 20, ' ')}) {
    test::writeFile(path + "/manifest.json", std::string_view(text));
    EXPECT_TRUE(contains(errorOf([&] { readManifest(path); }), path));
    EXPECT_EQ(verifyCheckpoint(path).size(), 1U);
  }
}

TEST(Checkpoint, ARepeatedStepGetsASuffixAndTheListIsInOrder) {
  TemporaryDirectory run;
  save(run.path(), 100);
  save(run.path(), 20);
  EXPECT_EQ(save(run.path(), 20).path, run.file("step-00000020-2"));
  fs::create_directory(run.file("step-x"));
  fs::create_directory(run.file(".step-00000030.1"));
  test::writeFile(run.file("step-00000001"), std::string_view("a file"));
  const auto list = listCheckpoints(run.path());
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list[0].path, run.file("step-00000020"));
  EXPECT_EQ(list[1].path, run.file("step-00000020-2"));
  EXPECT_EQ(list[2].step, 100);
  EXPECT_TRUE(listCheckpoints(run.file("absent")).empty());
}

TEST(Checkpoint, AnUncommittedOneVanishesAndStaleOnesAreRemoved) {
  TemporaryDirectory run;
  {
    CheckpointWriter writer(run.path(), 5, "");
    writer.addFile("model.safetensors", [](ByteSink& sink) { sink.write(toBytes("half")); });
    EXPECT_EQ(entriesOf(run.path()), 1U);
  }
  EXPECT_EQ(entriesOf(run.path()), 0U);

  save(run.path(), 1);
  fs::create_directory(run.file(".step-00000007.4242"));
  test::writeFile(run.file(".step-00000007.4242/model.safetensors"), std::string_view("cut"));
  fs::create_directory(run.file(".hidden"));
  fs::create_directory_symlink(run.file(".hidden"), run.file(".step-00000008.1"));
  EXPECT_EQ(removeStaleTemporaries(run.path()), std::vector<std::string>{".step-00000007.4242"});
  EXPECT_FALSE(fs::exists(run.file(".step-00000007.4242")));
  EXPECT_TRUE(fs::exists(run.file(".hidden")));
  EXPECT_TRUE(verifyCheckpoint(run.file("step-00000001")).empty());
}

TEST(Checkpoint, RemovingOneLeavesTheOthers) {
  TemporaryDirectory run;
  save(run.path(), 1);
  save(run.path(), 2);
  removeCheckpoint(run.file("step-00000001"));
  EXPECT_EQ(entriesOf(run.path()), 1U);
  EXPECT_TRUE(verifyCheckpoint(run.file("step-00000002")).empty());
  EXPECT_THROW(removeCheckpoint(run.file("step-00000001")), WriteError);
}

/// Whether `errno` values that mean "try again" are the caller's business.
bool isTransparent(int code) {
  return code == EINTR || code == FaultFileSystem::kShortWrite;
}

TEST(Checkpoint, EveryCallFailedOnceGivesNoFalseSuccessAndLosesNothing) {
  const int codes[] = {ENOSPC, EIO, EACCES, EDQUOT, EMFILE, EINTR, FaultFileSystem::kShortWrite};
  long positions = 0;
  for (const int code : codes) {
    for (const bool lasting : {false, true}) {
      if (lasting && isTransparent(code)) continue;
      for (long at = 0;; ++at) {
        TemporaryDirectory run;
        const std::string checkpoints = run.file("checkpoints");
        const std::string first = save(checkpoints, 1).path;
        FaultFileSystem faulty(at, code, lasting);
        std::string saved, message;
        try {
          saved = save(checkpoints, 2, faulty).path;
        } catch (const WriteError& error) {
          message = error.what();
          EXPECT_EQ(error.kind(), ErrorKind::Checkpoint);
          EXPECT_EQ(error.code(), code);
          EXPECT_EQ(error.isDiskFull(), code == ENOSPC || code == EDQUOT);
        }
        if (!faulty.struck()) break;
        ++positions;
        EXPECT_TRUE(verifyCheckpoint(first).empty()) << at;
        if (saved.empty()) {
          EXPECT_FALSE(isTransparent(code)) << at << ": " << message;
          EXPECT_TRUE(contains(message, run.path())) << message;
          EXPECT_TRUE(contains(message, errnoMessage(code))) << message;
        } else {
          EXPECT_TRUE(verifyCheckpoint(saved).empty()) << at;
        }
        for (const CheckpointEntry& entry : listCheckpoints(checkpoints)) {
          EXPECT_TRUE(verifyCheckpoint(entry.path).empty()) << entry.path << " after failing call " << at;
        }
        // With the cause gone, the next attempt succeeds, whatever the last one left behind.
        EXPECT_TRUE(verifyCheckpoint(save(checkpoints, 2).path).empty());
        removeStaleTemporaries(checkpoints);
        EXPECT_EQ(entriesOf(checkpoints), listCheckpoints(checkpoints).size());
      }
    }
  }
  EXPECT_GT(positions, 200);
}

}  // namespace
}  // namespace slab
