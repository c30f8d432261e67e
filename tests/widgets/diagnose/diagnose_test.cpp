// The widgets of the workspace Diagnose: the forensic view and the drift of a recalibration.
#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QAction>
#include <QPushButton>

#include "widgets/drift_table/drift_table.h"
#include "widgets/forensic_view/forensic_view.h"

namespace slab {
namespace {

constexpr char kReport[] =
    R"({"event":"non_finite","step":330,"layer":"layers.1.blocks.0.mlp.fc1","tensor":"weight","channel":5,
        "channels":[5,9],"channel_count":40,"cause":"weight","finite_until":329,"epoch":0.88,"loss":null,
        "grad_norm":2.5,"lr":0.001,"lambda":0.03,"batch_number":330,
        "batch":[{"index":7,"name":"a/b.jpg"},{"index":3,"name":"<c>.jpg"}]})";

std::string factOf(const ForensicReport& report, const QString& name) {
  for (const auto& [key, value] : forensicFacts(report)) {
    if (key == name) return value.toStdString();
  }
  return "";
}

TEST(ForensicReport, ReadsTheEventOfAFailedRun) {
  const auto report = forensicReport(kReport);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->step, 330);
  EXPECT_EQ(report->channels, (std::vector<qint64>{5, 9}));
  EXPECT_EQ(report->finiteUntil, 329);
  EXPECT_FALSE(report->loss) << "null is not finite";
  ASSERT_EQ(report->samples.size(), 2U);
  EXPECT_EQ(report->samples[1].name.toStdString(), "<c>.jpg");
  EXPECT_FALSE(forensicReport(R"({"event":"eval"})"));
  EXPECT_FALSE(forensicReport("no json"));
}

TEST(ForensicReport, NamesTheProcessWhereThereAreSeveral) {
  std::string json = kReport;
  EXPECT_EQ(factOf(*forensicReport(json), "process"), "");
  json.insert(1, R"("process":1,)");
  EXPECT_EQ(factOf(*forensicReport(json), "process"), "1");
}

TEST(ForensicReport, NamesLayerAndChannelFirst) {
  const auto report = *forensicReport(kReport);
  EXPECT_EQ(forensicHeadline(report).toStdString(),
            "First not finite: weight in layers.1.blocks.0.mlp.fc1, channel 5 and 39 more");
  EXPECT_EQ(factOf(report, "channels"), "5, 9 and 38 more");
  EXPECT_EQ(factOf(report, "was finite"), "until step 329");
  EXPECT_EQ(factOf(report, "loss"), "not finite");
}

TEST(ForensicReport, TheAdviceFollowsTheCause) {
  ForensicReport report = *forensicReport(kReport);
  EXPECT_TRUE(forensicAdvice(report).contains("learning rate"));
  report.finiteUntil.reset();
  EXPECT_TRUE(forensicAdvice(report).contains("another file or checkpoint"));
  report.cause = "image";
  EXPECT_TRUE(forensicAdvice(report).contains("marked images"));
  report.cause = "statistic";
  EXPECT_TRUE(forensicAdvice(report).contains("running statistic"));
}

TEST(ForensicView, ListsTheBatchAndItsButtons) {
  ForensicView view;
  QAction first("half"), second("longer");
  view.addButton(&first);
  view.addButton(&second);
  view.setReport(*forensicReport(kReport));
  EXPECT_EQ(view.samples()->count(), 2);
  EXPECT_TRUE(view.samples()->item(0)->text().contains("a/b.jpg"));
  int clicks = 0;
  QObject::connect(&first, &QAction::triggered, [&] { ++clicks; });
  view.findChild<QPushButton*>()->click();
  EXPECT_EQ(clicks, 1);
}

TEST(DriftModel, SortsByWhatMovedFurthest) {
  DriftModel model;
  const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
  RecalibrationReport report;
  report.rows = {{"norm", 0.5, 0.01}, {"layers.0.norm1", 0.01, 0.2}};
  model.setReport(report);
  model.sort(DriftModel::Variance, Qt::DescendingOrder);
  EXPECT_EQ(model.index(0, 0).data().toString().toStdString(), "layers.0.norm1");
  EXPECT_EQ(model.index(0, 2).data().toString().toStdString(), "20 %");
  model.sort(DriftModel::Mean, Qt::DescendingOrder);
  EXPECT_EQ(model.index(0, 0).data().toString().toStdString(), "norm");
}

TEST(DriftModel, SaysWhatTheRecalibrationCameTo) {
  RecalibrationReport report;
  report.top1Before = 80;
  report.top1After = 82.5;
  report.batches = 40;
  report.asked = 100;
  report.settled = true;
  report.with = "cumulative";
  const QString words = recalibrationWords(report).join(' ');
  EXPECT_TRUE(words.contains("80 % before, 82.5 % after (+2.5)")) << words.toStdString();
  EXPECT_TRUE(words.contains("40 of 100 batches")) << words.toStdString();
  report.top1After = report.top1Before = -1;
  EXPECT_TRUE(recalibrationWords(report).join(' ').contains("no validation set"));
}

}  // namespace
}  // namespace slab
