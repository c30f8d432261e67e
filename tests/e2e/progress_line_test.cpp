// The line that says how far long work is: what a terminal gets of it, and what anything else.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>

#include "app/cli/output.h"
#include "app/cli/progress.h"

namespace slab::cli {
namespace {

struct Ends {
  int reading = -1, writing = -1;
};

Ends makePipe() {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return {};
  return {ends[0], ends[1]};
}

/// A terminal of so many columns.
Ends makeTerminal(unsigned short columns) {
  const int reading = ::posix_openpt(O_RDWR | O_NOCTTY);
  if (reading < 0 || ::grantpt(reading) != 0 || ::unlockpt(reading) != 0) return {};
  const int writing = ::open(::ptsname(reading), O_RDWR | O_NOCTTY);
  winsize size{};
  size.ws_row = 24;
  size.ws_col = columns;
  return ::ioctl(writing, TIOCSWINSZ, &size) == 0 ? Ends{reading, writing} : Ends{};
}

/// What `work` writes to standard error while that leads to `ends`; the test fails where there are none.
std::string written(const Ends& ends, const std::function<void()>& work) {
  if (ends.writing < 0) {
    ADD_FAILURE() << "nothing to write to";
    return {};
  }
  const int before = ::dup(STDERR_FILENO);
  ::dup2(ends.writing, STDERR_FILENO);
  ::close(ends.writing);
  work();
  ::dup2(before, STDERR_FILENO);
  ::close(before);
  std::string text;
  std::array<char, 256> part{};
  for (ssize_t n = 0; (n = ::read(ends.reading, part.data(), part.size())) > 0;) {
    text.append(part.data(), static_cast<std::size_t>(n));
  }
  ::close(ends.reading);
  return text;
}

std::string shownInPipe(PlainLines plain, const std::vector<std::string>& texts) {
  return written(makePipe(), [&] {
    ProgressLine line(plain);
    for (const auto& text : texts) line.show(text);
  });
}

TEST(ProgressLine, ATerminalGetsOneLineThatIsRedrawnCutAndClearedAtTheEnd) {
  for (const PlainLines plain : {PlainLines::None, PlainLines::TenSeconds, PlainLines::All}) {
    const std::string text = written(makeTerminal(10), [plain] {
      ProgressLine line(plain);
      line.show("reading \u00FC.json");
      line.show("done");
    });
    EXPECT_EQ(text, "\r\033[Kreading \u00FC\r\033[Kdone\r\033[K");
  }
}

TEST(ProgressLine, ANoteStandsWhereTheLineWas) {
  const std::string text = written(makeTerminal(80), [] {
    ProgressLine line;
    line.show("1 of 2");
    line.note("checkpoint");
  });
  EXPECT_EQ(text, "\r\033[K1 of 2\r\033[Kcheckpoint\r\n");
}

TEST(ProgressLine, WithoutATerminalItWritesWhatItsRuleSays) {
  EXPECT_EQ(shownInPipe(PlainLines::None, {"1 of 2", "2 of 2"}), "");
  EXPECT_EQ(shownInPipe(PlainLines::TenSeconds, {"1 of 2", "2 of 2"}), "");
  EXPECT_EQ(shownInPipe(PlainLines::All, {"1 of 2", "2 of 2"}), "1 of 2\n2 of 2\n");
}

TEST(ProgressLine, AChangeOfARunsStateIsToldAtOnce) {
  const std::string text = written(makePipe(), [] {
    ProgressLine line;
    RunStatus status;
    for (const char* state : {"running", "running", "paused", "paused"}) {
      status.state = state;
      line.show(status);
    }
  });
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2) << text;
  EXPECT_NE(text.find("paused\n"), std::string::npos) << text;
}

TEST(FirstColumns, AreWholeCharacters) {
  EXPECT_EQ(firstColumns("\u00FCber", 0), "");
  EXPECT_EQ(firstColumns("\u00FCber", 1), "\u00FC");
  EXPECT_EQ(firstColumns("\u00FCber", 9), "\u00FCber");
}

}  // namespace
}  // namespace slab::cli
