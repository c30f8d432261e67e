// The widgets of the workspace Models: tree of one model or two, fold certificate, keys of an import.
#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <functional>

#include "core/config/arch/registry.h"
#include "widgets/certificate_table/certificate_table.h"
#include "widgets/import_table/import_table.h"
#include "widgets/model_tree/model_tree_view.h"

namespace slab {
namespace {

using M = ModelTreeModel;

TreeModel treeOf(const char* name, bool folded = false) {
  return {modelTree(modelByName(name)), folded, {}};
}

QString text(const QModelIndex& row, int column) {
  return row.siblingAtColumn(column).data().toString();
}

QModelIndex rowNamed(const QAbstractItemModel& model, const QString& name, const QModelIndex& parent = {}) {
  for (int i = 0; i < model.rowCount(parent); ++i) {
    const QModelIndex row = model.index(i, 0, parent);
    if (row.data().toString() == name) return row;
  }
  return {};
}

BenchLayer layer(const char* name, int depth, double milliseconds) {
  return {name, depth, milliseconds, 0};
}

TEST(ModelTree, HoldsEveryModuleOfEveryModelOnce) {
  for (const RegistryEntry& entry : registry()) {
    M model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
    const TreeModel tree{modelTree(entry.config), false, {}};
    model.setModels(tree, std::nullopt);
    std::size_t rows = 0;
    const std::function<void(const QModelIndex&)> count = [&](const QModelIndex& parent) {
      for (int i = 0; i < model.rowCount(parent); ++i, ++rows) count(model.index(i, 0, parent));
    };
    count({});
    EXPECT_EQ(rows, tree.rows.size()) << entry.name;
  }
}

TEST(ModelTree, PutsAModelBesideItsFoldedForm) {
  M model;
  model.setModels(treeOf("slab_swin_t"), treeOf("slab_swin_t", true));
  const QModelIndex norm = rowNamed(model, "norm");
  ASSERT_TRUE(norm.isValid());
  EXPECT_FALSE(text(norm, M::Parameters).isEmpty());
  EXPECT_TRUE(text(norm, M::SecondParameters).isEmpty()) << "the norm is gone";
  const QModelIndex stage = rowNamed(model, "layers.0");
  EXPECT_NE(text(stage, M::Parameters), text(stage, M::SecondParameters));
  EXPECT_EQ(text(stage, M::Macs), text(stage, M::SecondMacs));
}

TEST(ModelTree, NamesWhatDiffersBetweenTwoModels) {
  M model;
  model.setModels(treeOf("swin_t"), treeOf("slab_swin_t"));
  EXPECT_TRUE(text(rowNamed(model, "layers.0"), M::What).contains(" | "));
  EXPECT_FALSE(text(rowNamed(model, "head"), M::What).contains(" | "));
}

TEST(ModelTree, KeepsModulesThatOnlyOneModelHas) {
  M model;
  model.setModels(treeOf("swin_t"), treeOf("deit_t"));
  const QModelIndex blocks = rowNamed(model, "blocks"), layers = rowNamed(model, "layers.0");
  ASSERT_TRUE(blocks.isValid() && layers.isValid());
  EXPECT_TRUE(text(blocks, M::Parameters).isEmpty());
  EXPECT_FALSE(text(blocks, M::SecondParameters).isEmpty());
  EXPECT_TRUE(text(layers, M::SecondMacs).isEmpty());
}

TEST(TimesByPath, FollowsTheModulesAndSumsTheAttention) {
  const auto times =
      timesByPath({layer("total", 0, 10), layer("layers.0", 1, 9), layer("blocks.0", 2, 6), layer("norm", 3, 1),
                   layer("qkv", 3, 2), layer("attention", 3, 0.5), layer("proj", 3, 0.5), layer("mlp", 3, 2),
                   layer("merge", 2, 3), layer("head", 1, 1)});
  EXPECT_DOUBLE_EQ(times.at("layers.0"), 9);
  EXPECT_DOUBLE_EQ(times.at("layers.0.blocks.0"), 6);
  EXPECT_DOUBLE_EQ(times.at("layers.0.blocks.0.attn"), 3);
  EXPECT_DOUBLE_EQ(times.at("layers.0.blocks.0.mlp"), 2);
  EXPECT_DOUBLE_EQ(times.at("layers.0.downsample"), 3);
  EXPECT_DOUBLE_EQ(times.at("head"), 1);
  EXPECT_EQ(times.count("total"), 0U);
}

FoldReport report() {
  FoldReport report;
  FoldRow folded, stays;
  folded.layer = "layers.0.blocks.0.norm1";
  folded.rule = "into qkv";
  folded.into = "layers.0.blocks.0.attn.qkv";
  folded.folded = true;
  folded.relativeError = 2e-7;
  stays.layer = "norm";
  stays.reason = "LayerNorm has no affine form";
  report.rows = {folded, stays};
  report.images = 64;
  report.sameTop1 = 62;
  return report;
}

TEST(Certificate, SaysTheRuleOrWhyANormStays) {
  CertificateModel model;
  model.setReport(report());
  ASSERT_EQ(model.rowCount(), 2);
  EXPECT_TRUE(model.index(0, CertificateModel::Rule).data().toString().contains("qkv"));
  EXPECT_TRUE(model.index(1, CertificateModel::Rule).data().toString().contains("no affine form"));
  EXPECT_TRUE(model.index(1, CertificateModel::Single).data().toString().isEmpty()) << "nothing was measured there";
}

TEST(Certificate, CountsChangedAnswers) {
  const QString words = certificateWords(report()).join('\n');
  EXPECT_TRUE(words.contains("1 of 2 norms folded")) << words.toStdString();
  EXPECT_TRUE(words.contains("top-1 changed on 2 of 64")) << words.toStdString();
  EXPECT_TRUE(certificateMarkdown(report(), "a model").contains("| layers.0.blocks.0.norm1 |"));
}

ImportReport importReport() {
  ImportReport report;
  report.format = "PyTorch zip";
  const auto key = [&](const char* name, const char* status) {
    ImportKey one;
    one.key = name;
    one.status = status;
    report.keys.push_back(one);
  };
  key("blocks.0.attn.qkv.weight", "matched");
  key("pos_embed", "resized");
  key("head.weight", "missing");
  key("aux.weight", "unexpected");
  return report;
}

TEST(ImportTable, BeginsWithTheProblems) {
  ImportTable table;
  table.setReport(importReport());
  EXPECT_EQ(table.shownRows(), 2);
}

TEST(ImportTable, FiltersByStatusAndWords) {
  ImportModel model;
  model.setKeys(importReport().keys);
  ImportFilter filter;
  filter.setSourceModel(&model);
  EXPECT_EQ(filter.rowCount(), 4);
  filter.setShow(ImportShow::Changed);
  EXPECT_EQ(filter.rowCount(), 1);
  filter.setShow(ImportShow::All);
  filter.setWords("ATTN qkv");
  EXPECT_EQ(filter.rowCount(), 1);
  filter.setWords("missing");
  EXPECT_EQ(filter.rowCount(), 1) << "the status is searched too";
}

TEST(ImportTable, CountsEachStatus) {
  EXPECT_EQ(importWords(importReport()), "PyTorch zip, 4 keys: 1 matched, 1 resized, 1 missing, 1 unexpected");
}

}  // namespace
}  // namespace slab
