// What window, command line and workers say to each other. A new message is a struct here, one
// visit function and one line in the list at the end of messages.cpp. Fields absent from the JSON
// keep their defaults and unknown ones are ignored, so that neighbouring versions understand each
// other.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/wire/message.h"

namespace slab {

inline constexpr int kProtocolVersion = 1;

// ---- both workers

/// First event to each client.
struct Hello {
  static constexpr std::string_view kType = "hello";
  int protocol = kProtocolVersion;
  std::string role;  // "train" or "serve"
  std::int64_t pid = 0;
  std::string run;  // directory, of a training
  std::string version, torch;
  std::vector<std::string> devices;  // "cpu", "cuda:0"
};

/// Answered by the socket's thread itself, whatever the worker is busy with. Body of the reply too.
struct Ping {
  static constexpr std::string_view kType = "ping";
  double sent = 0;
};

/// The body of an Error message.
struct ErrorBody {
  static constexpr std::string_view kType = "error";
  std::string kind;  // ErrorKind's name, or "cancelled"
  std::string message;
};

/// Progress of any request.
struct ProgressBody {
  static constexpr std::string_view kType = "progress";
  std::int64_t done = 0, total = 0;  // total 0: unknown
  std::string text;
};

// ---- training worker

/// Request: one of "pause", "resume", "checkpoint", "stop", "status"; answered by a RunStatus once
/// done (a checkpoint is durable then).
struct RunCommand {
  static constexpr std::string_view kType = "run";
  std::string action = "status";
};

/// Reply to a RunCommand, and event at every change of state and at most 10 times a second.
struct RunStatus {
  static constexpr std::string_view kType = "run_status";
  std::string state;    // a RunState name
  std::string message;  // why, e.g. "the disk is full, trying again"
  std::int64_t step = 0, steps = 0;
  double epoch = 0, epochs = 0;
  double loss = 0, lr = 0, lambda = 0, imagesPerSecond = 0;
  double top1 = -1, bestTop1 = -1;             // percent; -1: not yet
  std::string score;                           // what those two are: "" (top-1) or "mask_ap"
  double activeSeconds = 0, etaSeconds = -1;   // -1: unknown
  std::string checkpoint;                      // the newest, relative to the run
  std::int64_t seq = 0;                        // newest committed row of run.db
  std::string phase;                           // "" for steps, "recalibration", "evaluation"
  std::int64_t phaseDone = 0, phaseTotal = 0;  // batches or images of the phase; the time left is its own then
};

/// Event: run.db holds rows up to `seq`. Coalesced: only the newest is kept for a slow client.
struct NewData {
  static constexpr std::string_view kType = "new_data";
  std::int64_t seq = 0;
};

// ---- what requests name

/// A model: a checkpoint (directory, or weights file) with its run's configuration, or a registry
/// name with random weights.
struct ModelSource {
  std::string checkpoint;                       // path; "" for random weights
  std::string model;                            // registry name; "" = the run's
  std::map<std::string, std::string> settings;  // key=value as after --set
  bool folded = false;
  bool ema = false;     // the averaged weights of a checkpoint
  std::string backend;  // ops.backend; "" = the run's
  std::string linear;   // ops.linear; "" = the run's
};

/// An image: a file, or an entry of a data set (that of the model's run unless `root` is given).
struct ImageSource {
  std::string path;
  std::string split = "val";  // "train", "val"
  std::int64_t index = -1;
  std::string dataType, dataRoot;
};

// ---- attention

struct AttentionRequest {
  static constexpr std::string_view kType = "attention";
  ModelSource source;
  ImageSource image;
  int layer = -1;  // of AttentionMap::layers; -1: the last
  int head = -1;   // -1: every head
  /// Query patch on the layer's grid, row-major; -1: the mean over all queries.
  std::int64_t query = -1;
  bool wantImage = true;
};

struct AttentionLayer {
  std::string name;  // "layers.0.blocks.1.attn"
  std::string kind;  // "softmax", "window", "linear"
  int stage = 0;
  int heads = 0;
  int gridHeight = 0, gridWidth = 0;
  int window = 0, shift = 0;  // rows of a window; 0: global
  int windowWidth = 0;        // its columns, where they differ (CSWin's stripes); else 0
  int reduction = 1;          // a key stands for reduction x reduction tokens (PVT)

  [[nodiscard]] int windowColumns() const { return windowWidth > 0 ? windowWidth : window; }
};

struct ClassScore {
  std::int64_t index = 0;
  std::string name;
  double probability = 0;
};

/// Reply. Arrays: "attention" f32 [heads, grid h, grid w]: the exact row of the query (0 outside its
/// window; a linear row is phi(q) phi(k)^T / z and sums to `rowSums`); "depthwise" f32 of the same
/// shape, signed, zero-padded at the true borders, for linear layers; "image" u8 [H, W, C].
struct AttentionMap {
  static constexpr std::string_view kType = "attention_map";
  int layer = 0;
  int head = -1;
  std::int64_t query = -1;
  int gridHeight = 0, gridWidth = 0;
  int leadingTokens = 0;  // class tokens, left out of the grid
  std::string kind;
  std::vector<double> rowSums;    // a head each
  std::vector<double> entropies;  // nats, of the row divided by its sum
  std::vector<double> leading;    // weight of class tokens, a head each
  std::vector<AttentionLayer> layers;
  std::vector<ClassScore> top;
  std::int64_t label = -1;  // -1: unknown
  std::string labelName;
  double milliseconds = 0;
};

// ---- fold

struct FoldRequest {
  static constexpr std::string_view kType = "fold";
  ModelSource source;
  std::string output;  // safetensors file; "" = certificate only
  std::int64_t images = 64;
  bool force = false;
};

struct FoldRow {
  std::string layer;
  std::string norm;  // "prep_bn", "rep_bn", "layer_norm"
  std::string rule;  // "into qkv", "into q and sr", "backwards into proj", "into the head",
                     // "into proj with a bias map", "stays"
  std::string into;  // the layers it went into, in full: "layers.0.blocks.0.attn.qkv"
  bool folded = false;
  std::string reason;                                  // why not
  double maxError = 0, relativeError = 0;              // single precision
  double maxErrorDouble = 0, relativeErrorDouble = 0;  // double precision
  /// Of the norm and the layers it went into.
  std::int64_t parametersBefore = 0, parametersAfter = 0;
  std::int64_t biasMapValues = 0;  // values of the bias map, which is no parameter
  std::int64_t normalised = 0;     // values of one image that pass the norm: the work a fold saves
};

struct FoldReport {
  static constexpr std::string_view kType = "fold_report";
  std::string model;
  /// Of a detector what is said of logits is said of its backbone's maps, and of the first class, of all detections.
  bool isDetector = false;
  std::vector<FoldRow> rows;
  double logitsMaxError = 0, logitsRelativeError = 0;
  double logitsMaxErrorDouble = 0, logitsRelativeErrorDouble = 0;
  std::int64_t images = 0, sameTop1 = 0;
  std::vector<std::int64_t> changedTop1;  // which images changed their first class
  std::int64_t parametersBefore = 0, parametersAfter = 0;
  std::int64_t macsBefore = 0, macsAfter = 0;  // one image, counted in a forward of each; norms have none
  std::int64_t normalisedBefore = 0, normalisedAfter = 0;
  std::string output, sha256, certificate;  // written files; "" = none
  std::vector<std::string> warnings;
};

// ---- bench

struct BenchEntry {
  std::string label;
  ModelSource source;
};

/// Interleaved A,B,A,B over the entries. Progress messages carry BenchProgress.
struct BenchRequest {
  static constexpr std::string_view kType = "bench";
  std::vector<BenchEntry> entries;
  std::string precision = "fp32";
  std::string device = "cpu";
  std::int64_t batch = 1;
  int resolution = 0;  // 0: the model's
  int threads = 0;     // 0: all
  int rounds = 20;
  double maxSeconds = 60;
  bool layers = true;
  bool training = false;  // forward + backward + optimizer step
};

struct BenchProgress {
  static constexpr std::string_view kType = "bench_progress";
  std::string phase;  // "build", "warm-up", "measure", "layers"
  std::string label;
  int round = 0, rounds = 0;
  std::vector<double> medians;  // ms so far, an entry each; 0: none yet
};

struct BenchLayer {
  std::string name;
  int depth = 0;
  double milliseconds = 0;
  double share = 0;  // of the total
};

struct BenchRow {
  std::string label;
  double mean = 0, p50 = 0, p90 = 0, p99 = 0;  // ms a batch
  double low = 0, high = 0;                    // 95 % interval of the mean
  double imagesPerSecond = 0;
  double cpuMilliseconds = 0;
  std::int64_t peakBytes = 0, parameters = 0, macs = 0;
  std::int64_t samples = 0;
  std::vector<BenchLayer> layers;
};

struct BenchPair {
  std::string first, second;
  double difference = 0, low = 0, high = 0;  // first - second, ms, paired, 95 %
  double ratio = 1, ratioLow = 1, ratioHigh = 1;
  bool isDifferent = false;  // the interval excludes 0
};

/// Reply. Arrays: "samples/<k>" f64 [n], ms, of entry k.
struct BenchReport {
  static constexpr std::string_view kType = "bench_report";
  std::vector<BenchRow> rows;
  std::vector<BenchPair> pairs;
  std::map<std::string, std::string> context;  // cpu, threads, torch, governor, load, ...
  std::vector<std::string> warnings;
};

// ---- model tree

struct ModelTreeRequest {
  static constexpr std::string_view kType = "model_tree";
  ModelSource source;  // its `folded`: after folding
  std::string config;  // JSON text of a configuration, instead of the source
  /// Breakdown of a bench of the same model (BenchRow::layers); empty: no times.
  std::vector<BenchLayer> times;
};

/// A module as it is built. Shapes are of one image, as the first and last layer inside it were given and
/// gave them: tokens (1, N, C), windows (windows, N, C), maps (1, C, H, W); empty where no layer ran.
struct ModelNode {
  std::string name;  // state-dict prefix: "layers.0.blocks.1.attn.qkv"
  std::string kind;  // "SwinBlock", "linear", "conv 3x3, stride 2", "PRepBN", ...
  int depth = 0;
  std::vector<std::int64_t> inputShape, outputShape;
  std::int64_t parameters = 0, macs = 0;  // of the whole subtree; MACs of one image
  std::int64_t normalised = 0;            // values that pass norms in the subtree
  double milliseconds = -1;               // of one forward of the bench; -1: not measured
};

/// A row of depth 0 for each child of the model; their sums are the totals, but for parameters that the model
/// holds itself ("cls_token").
struct ModelTree {
  static constexpr std::string_view kType = "model_tree_reply";
  std::string model;
  bool isFolded = false;
  std::vector<ModelNode> nodes;  // depth first
  std::int64_t parameters = 0, macs = 0, trainable = 0, normalised = 0;
};

// ---- data

/// A page of thumbnails. `label` -1: every class. With `path` the page is that one file, of the data set or not.
struct DatasetRequest {
  static constexpr std::string_view kType = "dataset";
  std::string config;  // JSON text: its data.* keys
  std::string split = "train";
  std::int64_t first = 0, count = 100, label = -1;
  int thumbnail = 56;  // longest side, pixels
  std::string path;
};

struct DatasetItem {
  std::int64_t index = 0, label = -1;
  std::string path;
  int width = 0, height = 0;
  std::string defect;  // "" when it decodes
};

/// Reply. Array "thumbnails" u8 [items, thumbnail, thumbnail, channels]; a defect's is grey.
struct DatasetPage {
  static constexpr std::string_view kType = "dataset_page";
  std::int64_t total = 0;     // of the split
  std::int64_t matching = 0;  // of the asked label
  std::vector<std::string> classNames;
  std::vector<std::string> classTitles;  // WordNet's words by class, where the names are WordNet ids
  std::vector<std::int64_t> classCounts;
  std::vector<double> mean, deviation;
  std::vector<DatasetItem> items;
};

struct ScanRequest {
  static constexpr std::string_view kType = "scan";
  std::string config;
  std::int64_t limit = 0;
  int workers = 0;  // decoding processes; 0 = one a core
};

/// A file that can't be used. `kind`: "cut", "damaged", "not_an_image" ... (core/formats/image_fault.h); "" for a
/// sample that is not a file of its own.
struct ScanDefect {
  std::string path, kind, reason;
  std::int64_t offset = -1;  // byte of the fault, where the decoder tells
};

/// Something odd that loses no image: a hidden folder, a PNG named .jpg.
struct ScanNotice {
  std::string path, message;
};

struct ScanSize {
  int width = 0, height = 0;
  std::int64_t images = 0;
};

struct ScanReport {
  static constexpr std::string_view kType = "scan_report";
  std::int64_t images = 0, bad = 0;
  std::int64_t reused = 0;  // known from an earlier scan and unchanged
  bool complete = true;     // false: stopped before the end
  std::vector<ScanDefect> defects;
  std::vector<ScanNotice> notices;
  std::vector<std::string> emptyClasses;
  std::vector<std::string> classNames;
  std::vector<std::string> classTitles;  // WordNet's words by class; empty when the names are no WordNet ids
  std::string titlesHint;                // how to get them where they are ids and WordNet is missing
  std::vector<std::int64_t> classCounts, classFaults;  // of train
  std::vector<std::int64_t> valCounts, valFaults;      // of val, by the same classes; empty without val
  std::vector<ScanSize> sizes;                         // the commonest first
  std::string sandbox;                                 // how the decoding processes were confined
  std::int64_t lostProcesses = 0;                      // decoding processes that an image took down
  double seconds = 0;
  std::string manifest;  // where the verdicts are kept; "" for data that is not in files of its own
};

// ---- import

/// Reads weights of another program (a .pth of Python's torch.save, or safetensors) and fits them to a model.
struct ImportRequest {
  static constexpr std::string_view kType = "import";
  std::string path;
  std::string model;                            // registry name; "" = recognise it
  std::map<std::string, std::string> settings;  // model.* as after --set, e.g. another model.image_size
  /// Directory that gets model.safetensors and config.json; "" looks only and writes nothing.
  std::string output;
  std::string part;             // which weights of a file with several, e.g. "state_dict_ema"; "" = the first
  bool dropUnexpected = false;  // import although the file has keys that the model lacks
};

/// What became of one key. `status`: "matched"; "renamed" (the other norm layout); "resized" (another
/// resolution); "made" (absent, made from the configuration); "ignored" (derived, or of a norm branch that is
/// over); and, where the import is not complete, "missing", "unexpected", "misshapen".
struct ImportKey {
  std::string key;     // the model's; the file's where the model has none
  std::string source;  // the file's key where it differs
  std::string status;
  std::vector<std::int64_t> shape, sourceShape;  // of the model, of the file
  std::string note;                              // "bicubic, 14 x 14 to 24 x 24"
};

struct ImportReport {
  static constexpr std::string_view kType = "import_report";
  std::string format;                        // "PyTorch zip", "PyTorch legacy", "safetensors"
  std::string part;                          // where the weights lie in the file: "model", "state_dict_ema", ""
  std::vector<std::string> parts;            // every part that holds weights
  std::map<std::string, std::string> notes;  // what else the file says: epoch, max_accuracy, ...
  std::string model;                         // registry name it was fitted to; "" where none fits
  std::string recognizedBy;                  // "config", "keys", "given"
  std::vector<std::string> candidates;       // registry names that fit, best first
  std::string norm;                          // of the file: "layer_norm", "rep_bn", "prep_bn"
  std::int64_t imageSize = 0, classes = 0;   // imageSize 0: a detector's, which takes any
  std::int64_t tensors = 0, parameters = 0;  // of the file's part; of the model
  bool complete = false;                     // nothing missing, unexpected (or dropped) or misshapen
  std::vector<ImportKey> keys;               // in the model's order, then the file's left-overs
  std::vector<std::string> missing, unexpected, reshaped;
  std::vector<std::string> warnings;
  std::string output, sha256;  // the file written; "" where only looked at or not complete
};

// ---- recalibration

/// Estimates the running statistics of a checkpoint anew and writes the result as a newer checkpoint of the same step
/// into the run; or takes the newest such checkpoint out again. Refused while a training holds the run.
struct RecalibrateRequest {
  static constexpr std::string_view kType = "recalibrate";
  std::string run;         // directory
  std::int64_t step = -1;  // of the checkpoint; -1: the newest
  std::int64_t batches = 100;
  std::string with = "cumulative";  // or "momentum"
  bool undo = false;
};

struct RecalibrationRow {
  std::string layer;
  double mean = 0, variance = 0;  // relative change
};

/// Reply. Scores are of RepBN alone; -1 without a validation set.
struct RecalibrationReport {
  static constexpr std::string_view kType = "recalibration_report";
  std::string checkpoint;  // the newest one now, relative to the run
  std::string previous;    // the one it was made from; of an undo: the one taken out
  std::int64_t step = 0, batches = 0, asked = 0;
  std::string with;
  bool settled = false;  // ended before all batches: the statistics stood still
  double top1Before = -1, top1After = -1;
  double lossBefore = 0, lossAfter = 0;
  double seconds = 0;
  std::vector<RecalibrationRow> rows;
};

// ---- bodies and messages

/// A message around a body; T is any struct above with a kType.
template <typename T>
Message pack(MessageKind kind, std::uint64_t id, const T& body);

/// The body of a message. Throws Error(Data) naming the field when the type is another or a value
/// has the wrong kind.
template <typename T>
T unpack(const Message& message);

template <typename T>
Message makeRequest(std::uint64_t id, const T& body) {
  return pack(MessageKind::Request, id, body);
}
template <typename T>
Message makeReply(std::uint64_t id, const T& body) {
  return pack(MessageKind::Reply, id, body);
}
template <typename T>
Message makeProgress(std::uint64_t id, const T& body) {
  return pack(MessageKind::Progress, id, body);
}
template <typename T>
Message makeEvent(const T& body) {
  return pack(MessageKind::Event, 0, body);
}

template <typename T>
bool holds(const Message& message) {
  return message.type == T::kType;
}

}  // namespace slab
