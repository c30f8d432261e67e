#include "core/formats/wordnet.h"

#include "core/formats/support.h"

namespace slab {
namespace {

/// A database of nouns of the given synsets: each line begins with its own offset, as wndb(5WN) says.
struct Nouns {
  std::string text = "  1 A licence, indented, stands before the first synset.  \n";
  std::vector<std::string> ids;

  void add(const std::string& rest) {
    std::string digits = std::to_string(text.size());
    digits.insert(0, 8 - digits.size(), '0');
    ids.push_back("n" + digits);
    text += digits + " " + rest + "\n";
  }
};

TEST(WordNet, GivesTheWordsOfASynsetAsImageNetListsThem) {
  test::TemporaryDirectory folder;
  Nouns nouns;
  nouns.add("05 n 02 tench 0 Tinca_tinca 0 002 @ 01429349 n 0000 %m 01439790 n 0000 | freshwater dace-like game fish");
  nouns.add("05 n 0a a 0 b 0 c 0 d 0 e 0 f 0 g 0 h 0 i 0 j 1 001 @ 00000001 n 0000 | ten words, counted in base 16");
  nouns.add("05 v 01 swim 0 000 | not a noun");
  test::writeFile(folder.file("data.noun"), nouns.text);
  const auto wordNet = WordNet::open(folder.file("data.noun"));
  ASSERT_NE(wordNet, nullptr);
  EXPECT_EQ(wordNet->wordsOf(nouns.ids[0]), "tench, Tinca tinca");
  EXPECT_EQ(wordNet->wordsOf(nouns.ids[1]), "a, b, c, d, e, f, g, h, i, j");
  EXPECT_EQ(wordNet->wordsOf(nouns.ids[2]), "");
}

TEST(WordNet, AnythingElseHasNoWords) {
  test::TemporaryDirectory folder;
  Nouns nouns;
  nouns.add("05 n 02 tench 0");
  test::writeFile(folder.file("data.noun"), nouns.text);
  const WordNet wordNet(folder.file("data.noun"));
  for (const char* id : {"", "n", "cat", "n99999999", "n00000001", "m01440764", "n0144076", "n0144076x", "n-1440764"}) {
    EXPECT_EQ(wordNet.wordsOf(id), "") << id;
  }
  // A line cut off among its words gives those it has.
  EXPECT_EQ(wordNet.wordsOf(nouns.ids[0]), "tench");
  EXPECT_EQ(WordNet::open(folder.file("absent")), nullptr);
  EXPECT_EQ(WordNet::open(folder.path()), nullptr);
}

TEST(WordNet, IdsAreImageNetsFolders) {
  EXPECT_TRUE(isWordNetId("n01440764"));
  for (const char* name : {"", "cat", "n0144076", "n014407644", "x01440764", "n01440_64"}) {
    EXPECT_FALSE(isWordNetId(name)) << name;
  }
}

TEST(WordNet, DebiansDatabaseKnowsImageNetsClasses) {
  const auto wordNet = WordNet::open("/usr/share/wordnet/data.noun");
  if (!wordNet) GTEST_SKIP() << "wordnet-base is not installed";
  EXPECT_EQ(wordNet->wordsOf("n01440764"), "tench, Tinca tinca");
  EXPECT_EQ(wordNet->wordsOf("n02123045"), "tabby, tabby cat");
  EXPECT_EQ(wordNet->wordsOf("n15075141"), "toilet tissue, toilet paper, bathroom tissue");
}

}  // namespace
}  // namespace slab
