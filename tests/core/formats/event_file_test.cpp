// TensorBoard event files: what is written is read again, and damage costs the damaged record alone.
#include "core/formats/event_file.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/formats/crc32c.h"
#include "core/formats/event_file_writer.h"
#include "core/formats/fault_file_system.h"
#include "core/formats/support.h"

namespace slab {
namespace {

LogEvent pointAt(std::int64_t step, double value) {
  LogEvent event;
  event.wall = 1.7e9 + static_cast<double>(step);
  event.step = step;
  event.scalars = {{"loss", value}, {"lr", 0.25}};
  return event;
}

struct Read {
  std::vector<LogEvent> events;
  std::vector<EventFileIssue> issues;
};

Read read(std::string_view file) {
  EventFileReader reader(std::as_bytes(std::span(file)));
  Read all;
  while (auto event = reader.next()) all.events.push_back(std::move(*event));
  all.issues = reader.issues();
  return all;
}

std::vector<std::int64_t> stepsOf(const Read& read) {
  std::vector<std::int64_t> steps;
  for (const auto& event : read.events) steps.push_back(event.step);
  return steps;
}

std::string fiveRecords() {
  std::string file;
  for (std::int64_t step = 1; step <= 5; ++step) file += toRecord(pointAt(step, 1.0));
  return file;
}

TEST(EventFile, WhatIsWrittenIsReadAgain) {
  LogEvent start;
  start.wall = 12.5;
  start.step = 40;
  start.startsSession = true;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  LogEvent odd = pointAt(-1, -kInfinity);
  odd.scalars.push_back({"", std::nan("")});
  const Read back = read(toRecord(start) + toRecord(pointAt(41, 0.5)) + toRecord(odd));
  ASSERT_EQ(stepsOf(back), (std::vector<std::int64_t>{40, 41, -1}));
  EXPECT_TRUE(back.issues.empty());
  EXPECT_TRUE(back.events[0].startsSession);
  EXPECT_EQ(back.events[0].wall, 12.5);
  EXPECT_FALSE(back.events[1].startsSession);
  EXPECT_EQ(back.events[1].wall, 1.7e9 + 41);
  ASSERT_EQ(back.events[1].scalars.size(), 2U);
  EXPECT_EQ(back.events[1].scalars[0].tag, "loss");
  EXPECT_EQ(back.events[1].scalars[0].value, 0.5);
  EXPECT_EQ(back.events[2].scalars[0].value, -kInfinity);
  EXPECT_TRUE(std::isnan(back.events[2].scalars[2].value));
}

TEST(EventFile, ADamagedMessageIsNamedAndTheOthersAreKept) {
  const std::string good = fiveRecords();
  const std::size_t record = good.size() / 5;
  std::string file = good;
  file[2 * record + 20] ^= 1;
  const Read back = read(file);
  EXPECT_EQ(stepsOf(back), (std::vector<std::int64_t>{1, 2, 4, 5}));
  ASSERT_EQ(back.issues.size(), 1U);
  EXPECT_EQ(back.issues[0].offset, 2 * record);
}

TEST(EventFile, ADamagedLengthIsNamedAndReadingGoesOnAtTheNextRecord) {
  const std::string good = fiveRecords();
  const std::size_t record = good.size() / 5;
  std::string file = good;
  file[2 * record + 3] ^= 1;
  const Read back = read(file);
  EXPECT_EQ(stepsOf(back), (std::vector<std::int64_t>{1, 2, 4, 5}));
  ASSERT_EQ(back.issues.size(), 1U);
  EXPECT_EQ(back.issues[0].offset, 2 * record);
  EXPECT_TRUE(test::contains(back.issues[0].message, std::to_string(record) + " bytes")) << back.issues[0].message;
}

TEST(EventFile, CutAnywhereItGivesTheWholeRecordsBefore) {
  const std::string good = fiveRecords();
  const std::size_t record = good.size() / 5;
  for (std::size_t size = 0; size < good.size(); ++size) {
    const Read back = read(std::string_view(good).substr(0, size));
    ASSERT_EQ(back.events.size(), size / record) << size;
    ASSERT_EQ(back.issues.size(), size % record == 0 ? 0U : 1U) << size;
  }
}

// A record whose checksums are right, whatever it holds.
std::string framed(std::string_view message) {
  const auto number = [](auto value) { return std::string(reinterpret_cast<const char*>(&value), sizeof value); };
  const auto checksum = [&](std::string_view text) { return number(maskedCrc32c(std::as_bytes(std::span(text)))); };
  const std::string length = number(static_cast<std::uint64_t>(message.size()));
  return length + checksum(length) + std::string(message) + checksum(message);
}

TEST(EventFile, ARecordThatIsNoEventIsNamed) {
  for (const char* wrong :
       {"\x2a\x7f", "\x08\x01", "\x2a\x02\x0a\x7f", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"}) {
    const Read back = read(framed(wrong) + toRecord(pointAt(1, 1)));
    EXPECT_EQ(stepsOf(back), (std::vector<std::int64_t>{1}));
    ASSERT_EQ(back.issues.size(), 1U);
    EXPECT_EQ(back.issues[0].offset, 0U);
    EXPECT_TRUE(test::contains(back.issues[0].message, "no event")) << back.issues[0].message;
  }
}

// ---- the writer

TEST(EventFileWriter, MakesTheFolderAndBeginsWithTheVersion) {
  const test::TemporaryDirectory folder;
  EventFileWriter writer(folder.file("tensorboard"), 1.7e9);
  writer.add(pointAt(3, 0.5));
  writer.flush();
  EXPECT_EQ(writer.waitingBytes(), 0U);
  const Read back = read(test::readFile(writer.path()));
  ASSERT_EQ(back.events.size(), 2U);
  EXPECT_EQ(back.events[0].fileVersion, "brain.Event:2");
  EXPECT_EQ(back.events[1].step, 3);
}

TEST(EventFileWriter, ALaterFileSortsBehindTheEarlierOnes) {
  const test::TemporaryDirectory folder;
  std::string before;
  for (int i = 0; i < 12; ++i) {
    const EventFileWriter writer(folder.file("tensorboard"), 999'999'995);
    EXPECT_LT(before, writer.path());
    before = writer.path();
  }
}

TEST(EventFileWriter, GoesOnWithinARecordWhereTheDiskRefused) {
  const test::TemporaryDirectory folder;
  // Calls: mkdir, create, then writes; the second one fails after a short first one.
  class HalfAWrite final : public FileSystem {
   public:
    int createFile(const std::string& path) override { return real_.createFile(path); }
    int openDirectory(const std::string& path) override { return real_.openDirectory(path); }
    std::ptrdiff_t write(int fd, const void* data, std::size_t size) override {
      if (++writes_ == 1) return real_.write(fd, data, size / 2);
      if (writes_ > 2) return real_.write(fd, data, size);
      errno = ENOSPC;
      return -1;
    }
    int fsync(int fd) override { return real_.fsync(fd); }
    int close(int fd) override { return real_.close(fd); }
    int mkdir(const std::string& path) override { return real_.mkdir(path); }
    int rename(const std::string& from, const std::string& to) override { return real_.rename(from, to); }
    int renameNew(const std::string& from, const std::string& to) override { return real_.renameNew(from, to); }
    int unlink(const std::string& path) override { return real_.unlink(path); }
    int rmdir(const std::string& path) override { return real_.rmdir(path); }

   private:
    FileSystem& real_ = systemFileSystem();
    int writes_ = 0;
  } disk;
  EventFileWriter writer(folder.file("tensorboard"), 1.7e9, disk);
  writer.add(pointAt(0, 1));
  try {
    writer.flush();
    FAIL() << "nothing was refused";
  } catch (const WriteError& error) {
    EXPECT_TRUE(error.isDiskFull());
    EXPECT_TRUE(test::contains(error.what(), writer.path())) << error.what();
  }
  EXPECT_GT(writer.waitingBytes(), 0U);
  writer.add(pointAt(1, 1));
  writer.flush();
  const Read back = read(test::readFile(writer.path()));
  EXPECT_TRUE(back.issues.empty());
  EXPECT_EQ(stepsOf(back), (std::vector<std::int64_t>{0, 0, 1})) << "the version, and both points";
}

TEST(EventFileWriter, NamesTheFileThatCanNotBeMade) {
  const test::TemporaryDirectory folder;
  const std::string text = test::errorOf([&] { EventFileWriter(folder.file("absent/tensorboard"), 1.0); });
  EXPECT_TRUE(test::contains(text, "absent/tensorboard")) << text;
}

}  // namespace
}  // namespace slab
