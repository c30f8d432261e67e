// Every configuration key, described once: name, meaning, unit and range. From this come the JSON
// file, the command line, the form, validation, help and the diff.
//
// A visitor is called as visit(key, value, doc) for plain keys; groups are entered with
// visit.group(name, title, fn). Works on const and mutable configurations alike.
#pragma once

#include <cmath>
#include <limits>
#include <string_view>
#include <type_traits>

#include "core/config/run_config.h"

namespace slab {

/// What a person should know of a key. Bounds are inclusive and hold for each entry of a list.
struct FieldDoc {
  std::string_view help;
  std::string_view unit = "";
  double minimum = -std::numeric_limits<double>::infinity();
  double maximum = std::numeric_limits<double>::infinity();
  /// Words of a plain-text choice; enumerations bring their own.
  std::string_view choices = "";
};

namespace detail {
constexpr double kNoLimit = std::numeric_limits<double>::infinity();
template <typename T, typename Plain>
concept Like = std::is_same_v<std::remove_const_t<T>, Plain>;

/// How the keys of a SamplingConfig are called, and what they mean.
struct SamplingWords {
  std::string_view positive, positiveHelp, negative, negativeHelp, best, samples, samplesHelp, share;
};
}  // namespace detail

template <typename Visitor, detail::Like<ModelConfig> Model>
void describe(Visitor&& visit, Model& m) {
  visit("name", m.name, FieldDoc{"Registry name; sets every other model key to that model's values"});
  visit("image_size", m.imageSize, FieldDoc{"Side of the square input image", "px", 1, 4096});
  visit("patch_size", m.patchSize, FieldDoc{"Side of a patch of the embedding", "px", 1, 256});
  visit("in_channels", m.inChannels, FieldDoc{"Channels of the input image; grey images are repeated", "", 1, 64});
  visit("classes", m.classes, FieldDoc{"Classes of the head", "", 1, 1000000});
  visit("embed_dim", m.embedDim, FieldDoc{"Width of the first stage", "channels", 1, 8192});
  visit("depths", m.depths, FieldDoc{"Blocks in each stage", "blocks", 1, 256});
  visit("heads", m.heads, FieldDoc{"Attention heads in each stage; must divide the stage's width", "", 1, 512});
  visit("window", m.window,
        FieldDoc{"Attention window of all-S models; with linear attention present, the window of L (S is then 7, or 12 "
                 "above 56). A stage no larger than its window takes the whole grid",
                 "tokens", 0, 1024});
  visit("mlp_ratio", m.mlpRatio,
        FieldDoc{"Hidden width of the MLP over the width; one number or one a stage", "", 0.1, 64});
  visit("qkv_bias", m.qkvBias, FieldDoc{"Bias in the query, key and value projection"});
  visit("drop_path", m.dropPath,
        FieldDoc{"Stochastic depth of the last block; blocks before it rise linearly from 0", "", 0, 0.99});
  visit(
      "attention", m.attention,
      FieldDoc{
          "One letter a stage: L simplified linear attention, S softmax, F focused linear; a single letter for DeiT"});
  visit("norm", m.norm,
        FieldDoc{
            "layer_norm; rep_bn: RepBN alone; prep_bn: LayerNorm handing over to RepBN as lambda falls from 1 to 0"});
}

template <typename Visitor, detail::Like<SamplingConfig> Sampling>
void describeSampling(Visitor&& visit, Sampling& s, const detail::SamplingWords& words) {
  visit(words.positive, s.positiveOverlap, FieldDoc{words.positiveHelp, "", 0, 1});
  visit(words.negative, s.negativeOverlap, FieldDoc{words.negativeHelp, "", 0, 1});
  visit(words.best, s.bestOverlap,
        FieldDoc{"An object's best boxes are positive as well where they overlap it by this", "", 0, 1});
  visit(words.samples, s.samples, FieldDoc{words.samplesHelp, "", 1, 1e6});
  visit(words.share, s.positiveShare, FieldDoc{"Largest share of positives among them", "", 0, 1});
}

template <typename Visitor, detail::Like<DetectorKeys> Detector>
void describe(Visitor&& visit, Detector& d) {
  visit(
      "name", d.name,
      FieldDoc{"Detector of data.type coco by name; sets every other detector key and every model key to its values"});
  visit("classes", d.classes, FieldDoc{"Categories of the annotations", "", 1, 1000000});
  visit("pretrained", d.pretrained,
        FieldDoc{"A classifier's checkpoint or weights to begin the backbone with; empty: new weights"});
  visit("freeze_statistics", d.freezeStatistics,
        FieldDoc{
            "Keep the backbone's batch statistics as they are, as published; false where it begins with new weights"});
  visit("channels", d.channels, FieldDoc{"Width of the feature pyramid", "channels", 1, 8192});
  visit("anchor_scale", d.anchorScale, FieldDoc{"Side of a square anchor in strides of its level", "", 0.01, 1000});
  visit("anchor_ratios", d.anchorRatios, FieldDoc{"Height over width of the anchors at a place", "", 0.01, 100});
  describeSampling(visit, d.anchors,
                   {"anchor_positive", "An anchor that overlaps an object by this is an object's", "anchor_negative",
                    "An anchor that overlaps every object by less is background; in between it is left out",
                    "anchor_best", "anchor_samples", "Anchors of an image that train the proposals", "anchor_share"});
  visit("proposals", d.proposals.count, FieldDoc{"Proposals of an image", "", 1, 1e6});
  visit("proposals_train", d.proposals.trainPerLevel,
        FieldDoc{"Best anchors of a level that are suppressed among each other, in training", "", 1, 1e6});
  visit("proposals_test", d.proposals.testPerLevel, FieldDoc{"The same in evaluation", "", 1, 1e6});
  visit("proposal_overlap", d.proposals.overlap,
        FieldDoc{"Above this overlap with a better one of its level a proposal is dropped", "", 0, 1});
  describeSampling(visit, d.regions,
                   {"region_positive", "A proposal that overlaps an object by this is an object's", "region_negative",
                    "A proposal that overlaps every object by less is background", "region_best", "region_samples",
                    "Regions of an image that train the heads", "region_share"});
  visit("finest_side", d.finestSide,
        FieldDoc{"Regions of less than twice this side are taken from the finest level", "px", 1, 4096});
  visit("box_bins", d.boxBins, FieldDoc{"Side of the features that class and box are told from", "cells", 1, 64});
  visit("mask_bins", d.maskBins, FieldDoc{"Side of the features of a mask, which is twice as large", "cells", 1, 64});
  visit("hidden", d.hidden, FieldDoc{"Width of the box head's two layers", "", 1, 65536});
  visit("mask_channels", d.maskChannels, FieldDoc{"Width of the mask head", "channels", 1, 8192});
  visit("mask_convolutions", d.maskConvolutions, FieldDoc{"Convolutions of the mask head", "", 0, 64});
  visit("box_deviations", d.boxDeviations,
        FieldDoc{"Units of the box head's offsets: of x, y, width and height", "", 1e-6, 1000});
  visit("score", d.scoreThreshold, FieldDoc{"Detections have a score above this", "", 0, 1});
  visit("detection_overlap", d.detectionOverlap,
        FieldDoc{"Above this overlap with a better one of its class a detection is dropped", "", 0, 1});
  visit("detections", d.detections, FieldDoc{"Detections of an image at most", "", 1, 1e6});
  visit("mask_threshold", d.maskThreshold, FieldDoc{"A pixel belongs to an object from this probability on", "", 0, 1});
}

template <typename Visitor, detail::Like<PrepbnConfig> Prepbn>
void describe(Visitor&& visit, Prepbn& p) {
  visit("warmup", p.warmup, FieldDoc{"Lambda stays 1 (LayerNorm alone) until here"});
  visit("lambda_end", p.lambdaEnd,
        FieldDoc{
            "Lambda reaches 0 (RepBN alone) here; too short a hand-over makes training diverge (about 80% is safe)"});
  visit("recalibrate", p.recalibrate,
        FieldDoc{"Batches of a statistics pass after training", "batches", 0, detail::kNoLimit});
  visit("recalibrate_with", p.recalibrateWith,
        FieldDoc{.help = "cumulative: exact mean and variance over the whole pass; momentum: the reference's running "
                         "average, which remembers the last few dozen batches",
                 .choices = "cumulative momentum"});
  visit("statistics", p.statistics,
        FieldDoc{.help = "Batch statistics of a distributed run: each process's own, as in the reference, or of all",
                 .choices = "local synchronized"});
  visit("watch_every", p.watchEvery,
        FieldDoc{"Record each norm's branches, alpha and statistics this often; 0 = never"});
}

template <typename Visitor, detail::Like<DataConfig> Data>
void describe(Visitor&& visit, Data& d) {
  visit("type", d.type,
        FieldDoc{"fashion_mnist, image_folder (train/<class>/*, val/<class>/*), coco or tensors (.npy)"});
  visit("root", d.root,
        FieldDoc{
            "Folder of the data set; empty: Debian's dataset-fashion-mnist. coco: annotations/instances_train2017.json "
            "and train2017 below it, or _train.json and train, and the same of val"});
  visit("images", d.images,
        FieldDoc{"Training images of type tensors: .npy, N x C x H x W, float32 normalised or uint8; of coco their "
                 "folder, where root says another"});
  visit("labels", d.labels, FieldDoc{"Training labels of type tensors: .npy, int64"});
  visit("val_images", d.valImages, FieldDoc{"Validation images of type tensors or coco"});
  visit("val_labels", d.valLabels, FieldDoc{"Validation labels of type tensors"});
  visit("annotations", d.annotations, FieldDoc{"Training annotations of coco, where root says others: a .json file"});
  visit("val_annotations", d.valAnnotations, FieldDoc{"Validation annotations of coco"});
  visit(
      "augment", d.augment,
      FieldDoc{"none; flip: mirror half of the images; light: flip and shift by up to 2 px; timm: the paper's recipe; "
               "multi_scale, of coco: flip, and cut half of the images as detectors on Swin are trained"});
  visit("sides", d.sides,
        FieldDoc{"Shorter side of a coco image: one of these in training, the largest in evaluation", "px", 16, 8192});
  visit("longest", d.longest, FieldDoc{"Longer side of a coco image at most", "px", 16, 16384});
  visit("crop_sides", d.cropSides,
        FieldDoc{"multi_scale: shorter side that an image is brought to before it is cut", "px", 16, 8192});
  visit("crop", d.crop, FieldDoc{"multi_scale: least and largest side of the part that is cut", "px", 16, 8192});
  visit("mean", d.mean, FieldDoc{"Mean a channel, of values in [0, 1]; one number serves all channels"});
  visit("std", d.std,
        FieldDoc{"Standard deviation a channel; one number serves all channels", "", 1e-6, detail::kNoLimit});
  visit("workers", d.workers, FieldDoc{"Threads that decode images", "threads", 0, 256});
  visit("limit", d.limit,
        FieldDoc{"Use the first images of the training set only; 0 = all", "images", 0, detail::kNoLimit});
  visit("drop_last", d.dropLast, FieldDoc{"Drop an epoch's last short batch"});
  visit(
      "cache", d.cache,
      FieldDoc{.help = "Keep decoded images in memory from the first epoch on (small sets)", .choices = "none memory"});
}

template <typename Visitor, detail::Like<TrainConfig> Train>
void describe(Visitor&& visit, Train& t) {
  visit("epochs", t.epochs, FieldDoc{"Passes over the training set", "epochs", 1, 1e6});
  visit("steps", t.steps, FieldDoc{"Optimizer steps; overrides epochs where above 0", "steps", 0, detail::kNoLimit});
  visit("batch", t.batch, FieldDoc{"Images a step and process", "images", 1, 65536});
  visit("accumulate", t.accumulate, FieldDoc{"Micro-batches averaged into one optimizer step", "", 1, 65536});
  visit("init", t.init, FieldDoc{"Safetensors file of initial weights and statistics"});
  visit("seed", t.seed,
        FieldDoc{"Seed of initial weights, shuffling, augmentation and drop path", "", 0, detail::kNoLimit});
  visit("precision", t.precision, FieldDoc{"Arithmetic of the forward pass"});
  visit("label_smoothing", t.labelSmoothing, FieldDoc{"Share of the target spread over all classes", "", 0, 0.999});
  visit("clip", t.clip, FieldDoc{"Largest global L2 norm of the gradient; 0 = no clipping", "", 0, detail::kNoLimit});
  visit("eval_every", t.evalEvery, FieldDoc{"Evaluate on the validation set this often; 0 = only at the end"});
  visit("checkpoint_every", t.checkpointEvery, FieldDoc{"Write a checkpoint this often; 0 = only at the end"});
  visit("log_every", t.logEvery, FieldDoc{"Record loss, rates and speed this often"});
  visit("log_norms", t.logNorms,
        FieldDoc{"Record the norm of all parameters and the sum of running variances as well"});
  visit("recompute", t.recompute,
        FieldDoc{"Compute each block's activations again in the backward pass instead of keeping them: less memory, "
                 "about a third more work"});
  visit("keep_last", t.keepLast,
        FieldDoc{"Newest checkpoints kept, beside the best by top-1 or mask AP", "checkpoints", 2, 10000});
  visit("tensorboard", t.tensorboard, FieldDoc{"Write TensorBoard event files beside run.db"});
}

template <typename Visitor, detail::Like<OptimConfig> Optim>
void describe(Visitor&& visit, Optim& o) {
  visit("name", o.name, FieldDoc{.help = "Optimizer", .choices = "adamw"});
  visit("lr", o.lr, FieldDoc{"Learning rate before scaling by the batch", "", 0, 1000});
  visit("lr_batch", o.lrBatch,
        FieldDoc{"Batch the rate is meant for: effective rate = lr x effective batch / lr_batch (the recipe: 512); 0 = "
                 "no scaling",
                 "images", 0, detail::kNoLimit});
  visit("warmup", o.warmup, FieldDoc{"The rate rises until here"});
  visit("warmup_lr", o.warmupLr, FieldDoc{"Rate at the start of the warm-up, before scaling", "", 0, 1000});
  visit("min_lr", o.minLr, FieldDoc{"Rate at the end of the cosine, before scaling", "", 0, 1000});
  visit("cooldown", o.cooldown,
        FieldDoc{"Training goes on this long after train.epochs or train.steps, at min_lr (constant and step: at their "
                 "rate)"});
  visit("schedule", o.schedule,
        FieldDoc{
            "constant; warmup_cosine; timm_cosine: the reference's, set after each step; step: falls at milestones"});
  visit("milestones", o.milestones,
        FieldDoc{"step: epochs after which the rate is multiplied by gamma", "epochs", 0, 1e6});
  visit("gamma", o.gamma, FieldDoc{"step: what a milestone multiplies the rate by", "", 0, 1});
  visit("betas", o.betas, FieldDoc{"AdamW's decay of the first and second moment", "", 0, 0.9999999});
  visit("eps", o.eps, FieldDoc{"AdamW's epsilon", "", 0, 1});
  visit("weight_decay", o.weightDecay, FieldDoc{"Decoupled weight decay", "", 0, 10});
  visit("decay", o.decay,
        FieldDoc{"reference: no decay for biases, norms and the model's exceptions (detectors: the published ones' "
                 "groups); all: every parameter"});
}

template <typename Visitor, detail::Like<EmaConfig> Ema>
void describe(Visitor&& visit, Ema& e) {
  visit("decay", e.decay, FieldDoc{"Decay of the running average of the weights; 0 = off", "", 0, 0.9999999});
}

template <typename Visitor, detail::Like<OpsConfig> Ops>
void describe(Visitor&& visit, Ops& o) {
  visit("backend", o.backend,
        FieldDoc{.help = "Our kernels, or LibTorch's composite operations (reference)",
                 .choices = "auto kernel reference"});
  visit(
      "linear", o.linear,
      FieldDoc{.help = "Matrix products on the CPU: oneDNN, LibTorch's default, or the faster of both by a short probe",
               .choices = "auto onednn torch"});
}

template <typename Visitor, detail::Like<RunConfig> Run>
void describe(Visitor&& visit, Run& run) {
  visit.group("model", "Backbone", [&](auto&& inner) { describe(inner, run.model); });
  visit.group("detector", "Detector", [&](auto&& inner) { describe(inner, run.detector); });
  visit.group("prepbn", "PRepBN", [&](auto&& inner) { describe(inner, run.prepbn); });
  visit.group("data", "Data", [&](auto&& inner) { describe(inner, run.data); });
  visit.group("train", "Training", [&](auto&& inner) { describe(inner, run.train); });
  visit.group("optim", "Optimizer", [&](auto&& inner) { describe(inner, run.optim); });
  visit.group("ema", "Weight averaging", [&](auto&& inner) { describe(inner, run.ema); });
  visit("device", run.device, FieldDoc{"auto, cpu or cuda:N"});
  visit("threads", run.threads, FieldDoc{"CPU threads of the computation; 0 = all", "threads", 0, 1024});
  visit.group("ops", "Operations", [&](auto&& inner) { describe(inner, run.ops); });
}

}  // namespace slab
