#include "core/wire/messages.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <type_traits>

namespace slab {
namespace {

using Json = nlohmann::json;

// A message's fields, named once: `visit(v, body)` calls v(name, field) for each. The writer and the
// reader below are the two visitors.
template <typename T, typename Struct>
concept Body = std::is_same_v<std::remove_const_t<T>, Struct>;

template <typename Visitor, Body<Hello> T>
void visit(Visitor& v, T& b) {
  v("protocol", b.protocol);
  v("role", b.role);
  v("pid", b.pid);
  v("run", b.run);
  v("version", b.version);
  v("torch", b.torch);
  v("devices", b.devices);
}
template <typename Visitor, Body<Ping> T>
void visit(Visitor& v, T& b) {
  v("sent", b.sent);
}
template <typename Visitor, Body<ErrorBody> T>
void visit(Visitor& v, T& b) {
  v("kind", b.kind);
  v("message", b.message);
}
template <typename Visitor, Body<ProgressBody> T>
void visit(Visitor& v, T& b) {
  v("done", b.done);
  v("total", b.total);
  v("text", b.text);
}
template <typename Visitor, Body<RunCommand> T>
void visit(Visitor& v, T& b) {
  v("action", b.action);
}
template <typename Visitor, Body<RunStatus> T>
void visit(Visitor& v, T& b) {
  v("state", b.state);
  v("message", b.message);
  v("step", b.step);
  v("steps", b.steps);
  v("epoch", b.epoch);
  v("epochs", b.epochs);
  v("loss", b.loss);
  v("lr", b.lr);
  v("lambda", b.lambda);
  v("images_per_second", b.imagesPerSecond);
  v("top1", b.top1);
  v("best_top1", b.bestTop1);
  v("score", b.score);
  v("active_seconds", b.activeSeconds);
  v("eta_seconds", b.etaSeconds);
  v("checkpoint", b.checkpoint);
  v("seq", b.seq);
  v("phase", b.phase);
  v("phase_done", b.phaseDone);
  v("phase_total", b.phaseTotal);
}
template <typename Visitor, Body<NewData> T>
void visit(Visitor& v, T& b) {
  v("seq", b.seq);
}
template <typename Visitor, Body<ModelSource> T>
void visit(Visitor& v, T& b) {
  v("checkpoint", b.checkpoint);
  v("model", b.model);
  v("settings", b.settings);
  v("folded", b.folded);
  v("ema", b.ema);
  v("backend", b.backend);
  v("linear", b.linear);
}
template <typename Visitor, Body<ImageSource> T>
void visit(Visitor& v, T& b) {
  v("path", b.path);
  v("split", b.split);
  v("index", b.index);
  v("data_type", b.dataType);
  v("data_root", b.dataRoot);
}
template <typename Visitor, Body<AttentionRequest> T>
void visit(Visitor& v, T& b) {
  v("source", b.source);
  v("image", b.image);
  v("layer", b.layer);
  v("head", b.head);
  v("query", b.query);
  v("want_image", b.wantImage);
}
template <typename Visitor, Body<AttentionLayer> T>
void visit(Visitor& v, T& b) {
  v("name", b.name);
  v("kind", b.kind);
  v("stage", b.stage);
  v("heads", b.heads);
  v("grid_height", b.gridHeight);
  v("grid_width", b.gridWidth);
  v("window", b.window);
  v("window_width", b.windowWidth);
  v("shift", b.shift);
  v("reduction", b.reduction);
}
template <typename Visitor, Body<ClassScore> T>
void visit(Visitor& v, T& b) {
  v("index", b.index);
  v("name", b.name);
  v("probability", b.probability);
}
template <typename Visitor, Body<AttentionMap> T>
void visit(Visitor& v, T& b) {
  v("layer", b.layer);
  v("head", b.head);
  v("query", b.query);
  v("grid_height", b.gridHeight);
  v("grid_width", b.gridWidth);
  v("leading_tokens", b.leadingTokens);
  v("kind", b.kind);
  v("row_sums", b.rowSums);
  v("entropies", b.entropies);
  v("leading", b.leading);
  v("layers", b.layers);
  v("top", b.top);
  v("label", b.label);
  v("label_name", b.labelName);
  v("milliseconds", b.milliseconds);
}
template <typename Visitor, Body<FoldRequest> T>
void visit(Visitor& v, T& b) {
  v("source", b.source);
  v("output", b.output);
  v("images", b.images);
  v("force", b.force);
}
template <typename Visitor, Body<FoldRow> T>
void visit(Visitor& v, T& b) {
  v("layer", b.layer);
  v("norm", b.norm);
  v("rule", b.rule);
  v("into", b.into);
  v("folded", b.folded);
  v("reason", b.reason);
  v("max_error", b.maxError);
  v("relative_error", b.relativeError);
  v("max_error_double", b.maxErrorDouble);
  v("relative_error_double", b.relativeErrorDouble);
  v("parameters_before", b.parametersBefore);
  v("parameters_after", b.parametersAfter);
  v("bias_map_values", b.biasMapValues);
  v("normalised", b.normalised);
}
template <typename Visitor, Body<FoldReport> T>
void visit(Visitor& v, T& b) {
  v("model", b.model);
  v("is_detector", b.isDetector);
  v("rows", b.rows);
  v("logits_max_error", b.logitsMaxError);
  v("logits_relative_error", b.logitsRelativeError);
  v("logits_max_error_double", b.logitsMaxErrorDouble);
  v("logits_relative_error_double", b.logitsRelativeErrorDouble);
  v("images", b.images);
  v("same_top1", b.sameTop1);
  v("changed_top1", b.changedTop1);
  v("parameters_before", b.parametersBefore);
  v("parameters_after", b.parametersAfter);
  v("macs_before", b.macsBefore);
  v("macs_after", b.macsAfter);
  v("normalised_before", b.normalisedBefore);
  v("normalised_after", b.normalisedAfter);
  v("output", b.output);
  v("sha256", b.sha256);
  v("certificate", b.certificate);
  v("warnings", b.warnings);
}
template <typename Visitor, Body<BenchEntry> T>
void visit(Visitor& v, T& b) {
  v("label", b.label);
  v("source", b.source);
}
template <typename Visitor, Body<BenchRequest> T>
void visit(Visitor& v, T& b) {
  v("entries", b.entries);
  v("precision", b.precision);
  v("device", b.device);
  v("batch", b.batch);
  v("resolution", b.resolution);
  v("threads", b.threads);
  v("rounds", b.rounds);
  v("max_seconds", b.maxSeconds);
  v("layers", b.layers);
  v("training", b.training);
}
template <typename Visitor, Body<BenchProgress> T>
void visit(Visitor& v, T& b) {
  v("phase", b.phase);
  v("label", b.label);
  v("round", b.round);
  v("rounds", b.rounds);
  v("medians", b.medians);
}
template <typename Visitor, Body<BenchLayer> T>
void visit(Visitor& v, T& b) {
  v("name", b.name);
  v("depth", b.depth);
  v("milliseconds", b.milliseconds);
  v("share", b.share);
}
template <typename Visitor, Body<BenchRow> T>
void visit(Visitor& v, T& b) {
  v("label", b.label);
  v("mean", b.mean);
  v("p50", b.p50);
  v("p90", b.p90);
  v("p99", b.p99);
  v("low", b.low);
  v("high", b.high);
  v("images_per_second", b.imagesPerSecond);
  v("cpu_milliseconds", b.cpuMilliseconds);
  v("peak_bytes", b.peakBytes);
  v("parameters", b.parameters);
  v("macs", b.macs);
  v("samples", b.samples);
  v("layers", b.layers);
}
template <typename Visitor, Body<BenchPair> T>
void visit(Visitor& v, T& b) {
  v("first", b.first);
  v("second", b.second);
  v("difference", b.difference);
  v("low", b.low);
  v("high", b.high);
  v("ratio", b.ratio);
  v("ratio_low", b.ratioLow);
  v("ratio_high", b.ratioHigh);
  v("is_different", b.isDifferent);
}
template <typename Visitor, Body<BenchReport> T>
void visit(Visitor& v, T& b) {
  v("rows", b.rows);
  v("pairs", b.pairs);
  v("context", b.context);
  v("warnings", b.warnings);
}
template <typename Visitor, Body<ModelTreeRequest> T>
void visit(Visitor& v, T& b) {
  v("source", b.source);
  v("config", b.config);
  v("times", b.times);
}
template <typename Visitor, Body<ModelNode> T>
void visit(Visitor& v, T& b) {
  v("name", b.name);
  v("kind", b.kind);
  v("depth", b.depth);
  v("input_shape", b.inputShape);
  v("output_shape", b.outputShape);
  v("parameters", b.parameters);
  v("macs", b.macs);
  v("normalised", b.normalised);
  v("milliseconds", b.milliseconds);
}
template <typename Visitor, Body<ModelTree> T>
void visit(Visitor& v, T& b) {
  v("model", b.model);
  v("is_folded", b.isFolded);
  v("nodes", b.nodes);
  v("parameters", b.parameters);
  v("macs", b.macs);
  v("trainable", b.trainable);
  v("normalised", b.normalised);
}
template <typename Visitor, Body<DatasetRequest> T>
void visit(Visitor& v, T& b) {
  v("config", b.config);
  v("split", b.split);
  v("first", b.first);
  v("count", b.count);
  v("label", b.label);
  v("thumbnail", b.thumbnail);
  v("path", b.path);
}
template <typename Visitor, Body<DatasetItem> T>
void visit(Visitor& v, T& b) {
  v("index", b.index);
  v("label", b.label);
  v("path", b.path);
  v("width", b.width);
  v("height", b.height);
  v("defect", b.defect);
}
template <typename Visitor, Body<DatasetPage> T>
void visit(Visitor& v, T& b) {
  v("total", b.total);
  v("matching", b.matching);
  v("class_names", b.classNames);
  v("class_titles", b.classTitles);
  v("class_counts", b.classCounts);
  v("mean", b.mean);
  v("deviation", b.deviation);
  v("items", b.items);
}
template <typename Visitor, Body<ScanRequest> T>
void visit(Visitor& v, T& b) {
  v("config", b.config);
  v("limit", b.limit);
  v("workers", b.workers);
}
template <typename Visitor, Body<ScanDefect> T>
void visit(Visitor& v, T& b) {
  v("path", b.path);
  v("kind", b.kind);
  v("reason", b.reason);
  v("offset", b.offset);
}
template <typename Visitor, Body<ScanNotice> T>
void visit(Visitor& v, T& b) {
  v("path", b.path);
  v("message", b.message);
}
template <typename Visitor, Body<ScanSize> T>
void visit(Visitor& v, T& b) {
  v("width", b.width);
  v("height", b.height);
  v("images", b.images);
}
template <typename Visitor, Body<ScanReport> T>
void visit(Visitor& v, T& b) {
  v("images", b.images);
  v("bad", b.bad);
  v("reused", b.reused);
  v("complete", b.complete);
  v("defects", b.defects);
  v("notices", b.notices);
  v("empty_classes", b.emptyClasses);
  v("class_names", b.classNames);
  v("class_titles", b.classTitles);
  v("titles_hint", b.titlesHint);
  v("class_counts", b.classCounts);
  v("class_faults", b.classFaults);
  v("val_counts", b.valCounts);
  v("val_faults", b.valFaults);
  v("sizes", b.sizes);
  v("sandbox", b.sandbox);
  v("lost_processes", b.lostProcesses);
  v("seconds", b.seconds);
  v("manifest", b.manifest);
}
template <typename Visitor, Body<RecalibrateRequest> T>
void visit(Visitor& v, T& b) {
  v("run", b.run);
  v("step", b.step);
  v("batches", b.batches);
  v("with", b.with);
  v("undo", b.undo);
}
template <typename Visitor, Body<RecalibrationRow> T>
void visit(Visitor& v, T& b) {
  v("layer", b.layer);
  v("mean", b.mean);
  v("variance", b.variance);
}
template <typename Visitor, Body<RecalibrationReport> T>
void visit(Visitor& v, T& b) {
  v("checkpoint", b.checkpoint);
  v("previous", b.previous);
  v("step", b.step);
  v("batches", b.batches);
  v("asked", b.asked);
  v("with", b.with);
  v("settled", b.settled);
  v("top1_before", b.top1Before);
  v("top1_after", b.top1After);
  v("loss_before", b.lossBefore);
  v("loss_after", b.lossAfter);
  v("seconds", b.seconds);
  v("rows", b.rows);
}
template <typename Visitor, Body<ImportRequest> T>
void visit(Visitor& v, T& b) {
  v("path", b.path);
  v("model", b.model);
  v("settings", b.settings);
  v("output", b.output);
  v("part", b.part);
  v("drop_unexpected", b.dropUnexpected);
}
template <typename Visitor, Body<ImportKey> T>
void visit(Visitor& v, T& b) {
  v("key", b.key);
  v("source", b.source);
  v("status", b.status);
  v("shape", b.shape);
  v("source_shape", b.sourceShape);
  v("note", b.note);
}
template <typename Visitor, Body<ImportReport> T>
void visit(Visitor& v, T& b) {
  v("format", b.format);
  v("part", b.part);
  v("parts", b.parts);
  v("notes", b.notes);
  v("model", b.model);
  v("recognized_by", b.recognizedBy);
  v("candidates", b.candidates);
  v("norm", b.norm);
  v("image_size", b.imageSize);
  v("classes", b.classes);
  v("tensors", b.tensors);
  v("parameters", b.parameters);
  v("complete", b.complete);
  v("keys", b.keys);
  v("missing", b.missing);
  v("unexpected", b.unexpected);
  v("reshaped", b.reshaped);
  v("warnings", b.warnings);
  v("output", b.output);
  v("sha256", b.sha256);
}

// NaN and infinities, which JSON lacks, travel as "nan", "inf" and "-inf".
Json fromDouble(double value) {
  if (std::isfinite(value)) return value;
  if (std::isnan(value)) return "nan";
  return value > 0 ? "inf" : "-inf";
}

double toDouble(const Json& json) {
  if (!json.is_string()) return json.get<double>();
  const auto& text = json.get_ref<const std::string&>();
  if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (text == "inf") return std::numeric_limits<double>::infinity();
  if (text == "-inf") return -std::numeric_limits<double>::infinity();
  throw Error(ErrorKind::Data, "'" + text + "' is not a number");
}

template <typename T>
Json encode(const T& value);

struct Writer {
  Json json = Json::object();
  template <typename T>
  void operator()(const char* name, const T& value) {
    json[name] = encode(value);
  }
};

template <typename T>
struct IsVector : std::false_type {};
template <typename T>
struct IsVector<std::vector<T>> : std::true_type {};

template <typename T>
Json encode(const T& value) {
  if constexpr (std::is_same_v<T, double>) {
    return fromDouble(value);
  } else if constexpr (IsVector<T>::value) {
    Json list = Json::array();
    for (const auto& element : value) list.push_back(encode(element));
    return list;
  } else if constexpr (std::is_constructible_v<Json, const T&>) {
    return value;
  } else {
    Writer writer;
    visit(writer, value);
    return std::move(writer.json);
  }
}

template <typename T>
void decode(const Json& json, T& value);

struct Reader {
  const Json& json;
  template <typename T>
  void operator()(const char* name, T& value) {
    const auto found = json.find(name);
    if (found == json.end()) return;
    try {
      decode(*found, value);
    } catch (const Json::exception&) {
      throw Error(ErrorKind::Data, std::string("a message of the other program is malformed: the field '") + name +
                                       "' has the wrong kind of value");
    }
  }
};

template <typename T>
void decode(const Json& json, T& value) {
  if constexpr (std::is_same_v<T, double>) {
    value = toDouble(json);
  } else if constexpr (std::is_same_v<T, int> || std::is_same_v<T, std::int64_t>) {
    const auto wide = json.get_ref<const Json::number_integer_t&>();
    if (wide < std::numeric_limits<T>::min() || wide > std::numeric_limits<T>::max()) {
      throw Error(ErrorKind::Data, "the number " + std::to_string(wide) + " is out of range");
    }
    value = static_cast<T>(wide);
  } else if constexpr (IsVector<T>::value) {
    value.clear();
    for (const Json& element : json.get_ref<const Json::array_t&>()) decode(element, value.emplace_back());
  } else if constexpr (std::is_constructible_v<Json, const T&>) {
    value = json.get<T>();
  } else {
    (void)json.get_ref<const Json::object_t&>();  // throws when it is something else
    Reader reader{json};
    visit(reader, value);
  }
}

}  // namespace

template <typename T>
Message pack(MessageKind kind, std::uint64_t id, const T& body) {
  return {kind, std::string(T::kType), id, encode(body).dump(-1, ' ', false, Json::error_handler_t::replace), {}};
}

template <typename T>
T unpack(const Message& message) {
  if (message.type != T::kType) {
    throw Error(ErrorKind::Data,
                "a message of type '" + message.type + "' came where '" + std::string(T::kType) + "' was expected");
  }
  const Json json = Json::parse(message.body, nullptr, false);
  if (!json.is_object()) {
    throw Error(ErrorKind::Data, "a message of the other program is malformed: its body is not an object");
  }
  T body;
  decode(json, body);
  return body;
}

template Message pack(MessageKind, std::uint64_t, const Hello&);
template Hello unpack(const Message&);
template Message pack(MessageKind, std::uint64_t, const Ping&);
template Ping unpack(const Message&);
template Message pack(MessageKind, std::uint64_t, const ErrorBody&);
template ErrorBody unpack(const Message&);
template Message pack(MessageKind, std::uint64_t, const ProgressBody&);
template ProgressBody unpack(const Message&);
template Message pack(MessageKind, std::uint64_t, const RunCommand&);
template RunCommand unpack(const Message&);
template Message pack(MessageKind, std::uint64_t, const RunStatus&);
template RunStatus unpack(const Message&);
template Message pack(MessageKind, std::uint64_t, const NewData&);
template NewData unpack(const Message&);
template Message pack(MessageKind, std::uint64_t, const AttentionRequest&);
template AttentionRequest unpack(const Message&);
template Message pack(MessageKind, std::uint64_t, const AttentionMap&);
template AttentionMap unpack(const Message&);
template Message pack(MessageKind, std::uint64_t, const FoldRequest&);
template FoldRequest unpack(const Message&);
template Message pack(MessageKind, std::uint64_t, const FoldReport&);
template FoldReport unpack(const Message&);
template Message pack(MessageKind, std::uint64_t, const BenchRequest&);
template BenchRequest unpack(const Message&);
template Message pack(MessageKind, std::uint64_t, const BenchProgress&);
template BenchProgress unpack(const Message&);
template Message pack(MessageKind, std::uint64_t, const BenchReport&);
template BenchReport unpack(const Message&);
template Message pack(MessageKind, std::uint64_t, const ModelTreeRequest&);
template ModelTreeRequest unpack(const Message&);
template Message pack(MessageKind, std::uint64_t, const ModelTree&);
template ModelTree unpack(const Message&);
template Message pack(MessageKind, std::uint64_t, const DatasetRequest&);
template DatasetRequest unpack(const Message&);
template Message pack(MessageKind, std::uint64_t, const DatasetPage&);
template DatasetPage unpack(const Message&);
template Message pack(MessageKind, std::uint64_t, const ScanRequest&);
template ScanRequest unpack(const Message&);
template Message pack(MessageKind, std::uint64_t, const ScanReport&);
template ScanReport unpack(const Message&);
template Message pack(MessageKind, std::uint64_t, const ImportRequest&);
template ImportRequest unpack(const Message&);
template Message pack(MessageKind, std::uint64_t, const ImportReport&);
template ImportReport unpack(const Message&);
template Message pack(MessageKind, std::uint64_t, const RecalibrateRequest&);
template RecalibrateRequest unpack(const Message&);
template Message pack(MessageKind, std::uint64_t, const RecalibrationReport&);
template RecalibrationReport unpack(const Message&);

}  // namespace slab
