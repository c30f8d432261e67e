#include "widgets/config_form/config_form.h"

#include <gtest/gtest.h>

#include <QTest>

#include "core/config/arch/registry.h"
#include "widgets/config_form/config_summary.h"
#include "widgets/config_form/config_text_edit.h"
#include "widgets/config_form/json_text.h"

namespace slab {
namespace {

const QString kText = QStringLiteral(R"(// mine
{
  "model": {"name": "slab_swin_t", "depths": [2, 2, 6, 2]}, // tiny
  "train": {
    "batch": 64, /* not 128 */
    "epochs": 3
  },
  "threads": 2
}
)");

TEST(JsonText, ReplacesAValueAndNothingElse) {
  const auto text = withValue(kText, "train.batch", 32);
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, QString(kText).replace("\"batch\": 64", "\"batch\": 32"));
  EXPECT_EQ(*withValue(kText, "model.depths", Json({1, 2})), QString(kText).replace("[2, 2, 6, 2]", "[1, 2]"));
  EXPECT_EQ(*withValue(kText, "threads", 4), QString(kText).replace("\"threads\": 2", "\"threads\": 4"));
}

TEST(JsonText, AddsKeysAndGroupsThatParse) {
  for (const QString& start :
       {kText, QStringLiteral("{}"), QStringLiteral("{\n}\n"), QStringLiteral("{\"train\": {}}")}) {
    for (const char* key : {"train.seed", "optim.lr", "device", "model.norm"}) {
      const auto text = withValue(start, key, "x");
      ASSERT_TRUE(text) << start.toStdString();
      const Json json = Json::parse(text->toStdString(), nullptr, false, true);
      ASSERT_TRUE(json.is_object()) << text->toStdString();
      const QStringList path = QString(key).split('.');
      const Json& value = path.size() == 1 ? json[key] : json[path[0].toStdString()][path[1].toStdString()];
      EXPECT_EQ(value, "x") << text->toStdString();
    }
  }
}

TEST(JsonText, RemovesKeysAtEveryPlace) {
  for (const char* key : {"model.name", "model.depths", "train.batch", "train.epochs", "threads"}) {
    const QString text = withoutKey(kText, key);
    const Json json = Json::parse(text.toStdString(), nullptr, false, true);
    ASSERT_TRUE(json.is_object()) << text.toStdString();
    EXPECT_FALSE(text.contains('"' + QString(key).section('.', -1) + '"')) << text.toStdString();
    EXPECT_TRUE(text.startsWith("// mine"));
  }
}

TEST(JsonText, RefusesWhatIsNoObject) {
  EXPECT_FALSE(withValue("[1]", "train.batch", 1));
  EXPECT_FALSE(withValue("", "train.batch", 1));
}

class ConfigFormTest : public ::testing::Test {
 protected:
  ConfigFormTest() : document_(undo_) { document_.openText(kText, "test", "/runs/test/config.json"); }
  QUndoStack undo_;
  ConfigDocument document_;
};

TEST_F(ConfigFormTest, AFormEditReachesTheTextAndUndoBringsItBack) {
  ConfigForm form(document_);
  auto* line = qobject_cast<QLineEdit*>(form.row("train.batch")->control());
  ASSERT_TRUE(line);
  line->selectAll();
  QTest::keyClicks(line, "96");
  EXPECT_EQ(document_.config().train.batch, 96);
  EXPECT_EQ(document_.text(), QString(kText).replace("64", "96"));
  EXPECT_TRUE(document_.isChanged("train.batch"));
  undo_.undo();
  EXPECT_EQ(document_.text(), kText) << "typing is one step of undo";
  EXPECT_EQ(line->text(), "64");
}

TEST_F(ConfigFormTest, ATextEditReachesTheForm) {
  ConfigForm form(document_);
  ConfigTextEdit editor(document_);
  editor.setPlainText(QString(kText).replace("\"epochs\": 3", "\"epochs\": 7"));
  EXPECT_EQ(qobject_cast<QLineEdit*>(form.row("train.epochs")->control())->text(), "7");
  document_.set("train.epochs", Json(9));
  EXPECT_EQ(editor.toPlainText(), document_.text());
}

TEST_F(ConfigFormTest, EveryKeyHasARowAndEveryValueSurvivesItsDisplay) {
  ConfigForm form(document_);
  for (const FieldInfo& field : fields()) {
    ASSERT_TRUE(form.row(QString::fromStdString(field.key))) << field.key;
    const Json value = getField(document_.config(), field.key);
    if (field.type == FieldType::Boolean || field.type == FieldType::Choice) continue;
    RunConfig config = document_.config();
    EXPECT_FALSE(setField(config, field.key, parseInput(field, displayValue(value)))) << field.key;
    EXPECT_EQ(getField(config, field.key), value) << field.key;
  }
}

TEST_F(ConfigFormTest, AnUnknownKeyIsNamedAndItsMendRenamesIt) {
  document_.setText(QString(kText).replace("\"batch\"", "\"bacth\""));
  ConfigForm form(document_);
  FieldRow* row = form.row("train.bacth");
  ASSERT_TRUE(row);
  EXPECT_TRUE(row->problemText().contains("Is not a known key; did you mean train.batch?"))
      << row->problemText().toStdString();
  EXPECT_TRUE(document_.hasErrors());
  ASSERT_TRUE(document_.issues().front().mend);
  document_.apply(Mend(*document_.issues().front().mend));
  EXPECT_EQ(document_.text(), kText);
  EXPECT_FALSE(form.row("train.bacth"));
}

TEST_F(ConfigFormTest, WrongInputStaysVisibleWithItsProblem) {
  ConfigForm form(document_);
  FieldRow* row = form.row("train.batch");
  auto* line = qobject_cast<QLineEdit*>(row->control());
  line->selectAll();
  QTest::keyClicks(line, "many");
  EXPECT_EQ(line->text(), "many");
  EXPECT_FALSE(row->problemText().isEmpty());
  EXPECT_TRUE(document_.hasErrors());
}

TEST_F(ConfigFormTest, AUnreadableTextLocksTheFormAndKeepsItsValues) {
  ConfigForm form(document_);
  document_.setText("{ \"train\": ");
  EXPECT_FALSE(document_.isReadable());
  EXPECT_EQ(document_.config().train.batch, 64);
  EXPECT_FALSE(form.row("train.batch")->isEnabled());
  undo_.undo();
  EXPECT_TRUE(form.row("train.batch")->isEnabled());
}

TEST_F(ConfigFormTest, ResetTakesAKeyBackToItsOrigin) {
  document_.set("train.seed", Json(5));
  document_.set("train.batch", Json(8));
  document_.reset("train.batch");
  document_.reset("train.seed");
  EXPECT_TRUE(document_.changes().empty());
}

TEST_F(ConfigFormTest, TheCommandLineNamesEachChange) {
  document_.openPreset("demo");
  document_.set("prepbn.lambda_end", Json("70%"));
  document_.set("model.depths", Json({2, 4}));
  const QString line = document_.commandLine({});
  EXPECT_TRUE(line.startsWith("slab train --preset demo ")) << line.toStdString();
  EXPECT_TRUE(line.contains("--set prepbn.lambda_end=70%")) << line.toStdString();
  EXPECT_TRUE(line.contains("--set 'model.depths=[2,4]'")) << line.toStdString();
}

TEST_F(ConfigFormTest, TheCommandLineNamesTheFileOrTheCheckpointThatItBeganWith) {
  document_.openText(kText, "a run", "/my runs/one/config.json");
  document_.set("train.seed", Json(5));
  EXPECT_EQ(document_.commandLine("/my runs/two").toStdString(),
            "slab train --config '/my runs/one/config.json' --set train.seed=5 --run '/my runs/two'");
  EXPECT_EQ(document_.commandLine("/two", "/my runs/one@25").toStdString(),
            "slab train --from '/my runs/one@25' --set train.seed=5 --run /two")
      << "the parent's configuration comes with it";
  document_.openPreset("demo");
  EXPECT_EQ(document_.commandLine("/two", "/one@25").toStdString(),
            "slab train --preset demo --from /one@25 --run /two");
}

TEST_F(ConfigFormTest, SeveralProcessesShareAnEpochAndAreLaunchedTogether) {
  document_.openPreset("demo");
  ASSERT_TRUE(document_.plan());
  const std::int64_t alone = document_.plan()->stepsPerEpoch;
  document_.setProcesses(2);
  EXPECT_EQ(document_.processes(), 2);
  EXPECT_EQ(document_.plan()->stepsPerEpoch, alone / 2);
  EXPECT_EQ(document_.commandLine("/two").toStdString(), "slab launch --nproc 2 -- train --preset demo --run /two");
  EXPECT_FALSE(document_.hasErrors());
  document_.set("data.drop_last", Json(false));
  EXPECT_TRUE(document_.hasErrors()) << "they take whole batches alone";
  document_.setProcesses(1);
  EXPECT_FALSE(document_.hasErrors());
}

TEST_F(ConfigFormTest, DurationsAreShownInTheOtherUnits) {
  document_.openPreset("demo");
  const QString hint = fieldHint(*findField("prepbn.lambda_end"), document_.config(), document_.plan());
  EXPECT_TRUE(hint.contains("step 749") && hint.contains("epoch 1.6")) << hint.toStdString();
}

TEST_F(ConfigFormTest, ChoosingASizeTakesTheOldDimensionsOut) {
  document_.openPreset("demo");
  BackbonePicker picker(document_);
  const auto segments = picker.findChildren<Segmented*>();
  ASSERT_EQ(segments.size(), 2);
  emit segments[1]->activated(1);
  EXPECT_EQ(document_.config().model.name, "slab_swin_s");
  EXPECT_EQ(document_.config().model.depths, modelByName("slab_swin_s").depths);
  EXPECT_EQ(document_.config().model.imageSize, 28) << "the image size is the data's";
}

TEST_F(ConfigFormTest, EveryFocusableWidgetHasAnAccessibleName) {
  ConfigForm form(document_);
  ConfigSummary summary(document_);
  form.setShowAll(true);
  for (QWidget* root : std::initializer_list<QWidget*>{&form, &summary}) {
    for (const QWidget* widget : root->findChildren<QWidget*>()) {
      if (widget->focusPolicy() == Qt::NoFocus) continue;
      const auto* button = qobject_cast<const QAbstractButton*>(widget);
      const bool isNamed = !widget->accessibleName().isEmpty() || (button && !button->text().isEmpty());
      EXPECT_TRUE(isNamed) << widget->metaObject()->className();
    }
  }
}

}  // namespace
}  // namespace slab
