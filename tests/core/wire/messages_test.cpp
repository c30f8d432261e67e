#include "core/wire/messages.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace slab {
namespace {

Message travel(const Message& message) {
  FrameDecoder decoder;
  const auto bytes = encodeFrame(toFrame(message));
  decoder.feed(bytes);
  return toMessage(*decoder.next());
}

Frame frameOf(std::string header, std::vector<std::uint8_t> payload = {}) {
  return {std::move(header), std::move(payload)};
}

TEST(Messages, CarryEveryFieldOfARequest) {
  AttentionRequest request;
  request.source.checkpoint = "/runs/a b/checkpoints/step-00000100";
  request.source.settings = {{"model.window", "14"}, {"ops.backend", "\"kernel\""}};
  request.source.folded = true;
  request.image.path = "/im\"age\n\xC3\xA4.jpg";
  request.image.index = 7;
  request.layer = 3;
  request.head = -1;
  request.query = 99;
  request.wantImage = false;
  const Message message = travel(makeRequest(42, request));
  EXPECT_EQ(message.kind, MessageKind::Request);
  EXPECT_EQ(message.id, 42U);
  EXPECT_TRUE(holds<AttentionRequest>(message));
  const auto received = unpack<AttentionRequest>(message);
  EXPECT_EQ(received.source.checkpoint, request.source.checkpoint);
  EXPECT_EQ(received.source.settings, request.source.settings);
  EXPECT_TRUE(received.source.folded);
  EXPECT_EQ(received.image.path, request.image.path);
  EXPECT_EQ(received.image.index, 7);
  EXPECT_EQ(received.layer, 3);
  EXPECT_EQ(received.query, 99);
  EXPECT_FALSE(received.wantImage);
}

TEST(Messages, CarryNestedListsAndArrays) {
  AttentionMap map;
  map.layers = {{"layers.0.blocks.0.attn", "linear", 0, 2, 14, 14, 14, 0},
                {"b", "window", 1, 4, 7, 7, 7, 3},
                {"c", "window", 2, 4, 14, 14, 14, 0, 7}};
  map.top = {{9, "ankle boot", 0.75}};
  map.rowSums = {1.0, 0.5};
  Message message = makeReply(1, map);
  const std::vector<float> row = {0.5F, -0.25F, std::numeric_limits<float>::quiet_NaN(), 1e-30F};
  const std::vector<std::uint8_t> pixels = {0, 128, 255};
  message.arrays.push_back(makeArray("attention", {1, 2, 2}, row));
  message.arrays.push_back(makeArray("image", {1, 1, 3}, pixels));
  message = travel(message);
  const auto received = unpack<AttentionMap>(message);
  ASSERT_EQ(received.layers.size(), 3U);
  EXPECT_EQ(received.layers[1].shift, 3);
  EXPECT_EQ(received.layers[1].windowColumns(), 7);
  EXPECT_EQ(received.layers[2].windowColumns(), 7) << "a stripe of 14 rows";
  EXPECT_EQ(received.top.at(0).name, "ankle boot");
  EXPECT_EQ(received.rowSums, map.rowSums);
  const auto values = floatValues(*message.find("attention"));
  EXPECT_EQ(values[1], -0.25F);
  EXPECT_TRUE(std::isnan(values[2]));
  EXPECT_EQ(message.find("image")->bytes, pixels);
  EXPECT_EQ(message.find("attention")->shape, (std::vector<std::int64_t>{1, 2, 2}));
  EXPECT_EQ(message.find("depthwise"), nullptr);
  EXPECT_THROW(doubleValues(*message.find("attention")), Error);
}

TEST(Messages, CarryNaNAndInfinities) {
  RunStatus status;
  status.loss = std::nan("");
  status.lr = std::numeric_limits<double>::infinity();
  status.lambda = -std::numeric_limits<double>::infinity();
  const auto received = unpack<RunStatus>(travel(makeEvent(status)));
  EXPECT_TRUE(std::isnan(received.loss));
  EXPECT_EQ(received.lr, status.lr);
  EXPECT_EQ(received.lambda, status.lambda);
}

TEST(Messages, KeepDoublesExactly) {
  BenchReport report;
  BenchRow row;
  row.mean = 1.0 / 3;
  row.low = 0x1.fffffffffffffp-1022;
  report.rows = {row};
  const auto received = unpack<BenchReport>(travel(makeReply(1, report)));
  EXPECT_EQ(received.rows.at(0).mean, row.mean);
  EXPECT_EQ(received.rows.at(0).low, row.low);
}

TEST(Messages, UnderstandNeighbouringVersions) {
  Message message = makeEvent(NewData{5});
  message.body = R"({"seq":6,"a field of tomorrow":[1,{}]})";
  EXPECT_EQ(unpack<NewData>(travel(message)).seq, 6);
  message.body = "{}";
  EXPECT_EQ(unpack<NewData>(travel(message)).seq, 0);
}

TEST(Messages, NameTheFieldOfTheWrongKind) {
  for (const char* body :
       {R"({"step":"7"})", R"({"step":1.5})", R"({"step":1e300})", R"({"step":null})", R"({"step":[]})"}) {
    Message message = makeEvent(RunStatus{});
    message.body = body;
    try {
      unpack<RunStatus>(message);
      ADD_FAILURE() << body;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("step"), std::string::npos) << error.what();
    }
  }
}

TEST(Messages, RefuseAnotherType) {
  EXPECT_THROW(unpack<RunStatus>(makeEvent(NewData{1})), Error);
}

TEST(Messages, RefuseMalformedFrames) {
  const std::string deep(100'000, '[');
  for (const std::string& header :
       {std::string(), std::string("{"), std::string("[]"), std::string("7"), std::string(R"({"kind":"event"})"),
        std::string(R"({"kind":"shout","type":"x"})"), std::string(R"({"kind":"event","type":7})"),
        std::string(R"({"kind":"event","type":"x","id":-1})"), std::string(R"({"kind":"event","type":"x","id":1.5})"),
        std::string(R"({"kind":"event","type":"x","body":[]})"),
        std::string(R"({"kind":"event","type":"x","arrays":{}})"),
        std::string(R"({"kind":"event","type":"x","arrays":[{"name":"a","dtype":"f32","shape":[-1]}]})"),
        std::string(R"({"kind":"event","type":"x","arrays":[{"name":"a","dtype":"f32","shape":[1.5]}]})"),
        std::string(R"({"kind":"event","type":"x","arrays":[{"name":"a","dtype":"q8","shape":[0]}]})"),
        std::string(
            R"({"kind":"event","type":"x","arrays":[{"name":"a","dtype":"f64","shape":[4294967296,4294967296,16]}]})"),
        std::string(R"({"kind":"event","type":"x","arrays":[{"name":"a","dtype":"u8","shape":[5]}]})"),
        R"({"kind":"event","type":"x","body":{"a":)" + deep, deep}) {
    EXPECT_THROW(toMessage(frameOf(header, {1, 2, 3, 4})), Error) << header.substr(0, 80);
  }
  EXPECT_THROW(toMessage(frameOf(R"({"kind":"event","type":"x"})", {1})), Error) << "bytes of no array";
  EXPECT_NO_THROW(toMessage(frameOf(R"({"kind":"event","type":"x"})")));
}

TEST(Messages, RefuseAnArrayThatIsNotItsShape) {
  const std::vector<float> values(6);
  EXPECT_THROW(makeArray("a", {2, 2}, values), Error);
  EXPECT_NO_THROW(makeArray("a", {2, 3}, values));
}

}  // namespace
}  // namespace slab
