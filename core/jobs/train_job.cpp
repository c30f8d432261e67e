#include "core/jobs/train_job.h"

#include <torch/torch.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <thread>

#include "core/base/format.h"
#include "core/base/log.h"
#include "core/base/rank_environment.h"
#include "core/data/loader.h"
#include "core/device/device.h"
#include "core/device/lost_device.h"
#include "core/formats/sha256.h"
#include "core/inspect/pretrained_backbone.h"
#include "core/jobs/branch.h"
#include "core/jobs/skipped_samples.h"
#include "core/jobs/version.h"
#include "core/models/parameter_count.h"
#include "core/store/run_reader.h"
#include "core/train/engine.h"
#include "core/train/ranks.h"
#include "core/train/run_recorder.h"
#include "core/train/tensorboard_log.h"
#include "core/train/trainer.h"
#include "core/train/training_subject.h"
#include "core/wire/socket.h"

namespace slab {
namespace {

using train::Metadata;

constexpr const char* kLinearTable = "linear.json";

train::Action actionFromWord(std::string_view word) {
  if (word == "pause") return train::Action::Pause;
  if (word == "resume") return train::Action::Resume;
  if (word == "checkpoint") return train::Action::Checkpoint;
  if (word == "stop") return train::Action::Stop;
  throw Error(ErrorKind::Config,
              "'" + std::string(word) + "' is no command to a training; there are pause, resume, checkpoint, stop");
}

void throwOnErrors(const std::vector<ConfigIssue>& issues) {
  std::string text;
  for (const auto& issue : issues) {
    if (!issue.isError()) continue;
    text += (text.empty() ? "" : "; ") + (issue.key.empty() ? "" : issue.key + ": ") + issue.message;
    if (issue.mend) text += " (" + issue.mend->label + ")";
  }
  if (!text.empty()) throw Error(ErrorKind::Config, text);
}

template <class T>
T* orNull(std::optional<T>& part) {
  return part ? &*part : nullptr;
}

void refuseIfHeld(const RunDirectory& run) {
  const auto holder = readLock(run);
  if (holder && isAlive(*holder)) {
    throw Error(ErrorKind::Config, "the run '" + run.path().string() + "' is being trained by process " +
                                       std::to_string(holder->pid) +
                                       "; stop it with slab runs stop, or give another --run");
  }
}

/// Everything one training needs, made, used and taken apart on the training thread.
class Training {
 public:
  Training(TrainRequest& request, const TrainCallbacks& callbacks, train::CommandQueue& commands)
      : request_(request), callbacks_(callbacks), commands_(commands), run_(request.run) {}

  TrainOutcome execute() {
    ranks_ = train::Ranks::join(environment_);
    prepareConfig();
    if (!isFirst()) return follow();
    prepareDirectory();
    prepareModel();
    shareWithRanks();
    prepareStore();
    return train();
  }

  void closeSocket() { listener_.reset(); }

 private:
  void prepareConfig();
  void openData();
  void warnOf(const std::vector<ConfigIssue>& issues);
  void reportSkipped(const data::SkippedSample& sample);
  void tellAllSkipped(RunState state);
  void prepareDirectory();
  void prepareModel();
  void resumeFrom(const std::vector<CheckpointRecord>& records);
  void startFromBranchPoint();
  Metadata restore(const std::filesystem::path& checkpoint);
  [[nodiscard]] const char* segmentReason() const;
  /// In run.db; puts the records into the order that they have from then on.
  SegmentId beginSegment();
  [[nodiscard]] std::string offerPrevious(const std::vector<CheckpointRecord>& records,
                                          const CheckpointRecord& damaged) const;
  /// True in the process that holds the run: any but the others of a distributed training.
  [[nodiscard]] bool isFirst() const { return environment_.isFirst(); }
  /// Gives rank 0's choices, weights and place to the other processes.
  void shareWithRanks();
  TrainOutcome follow();
  /// Throws Error(Config) with the command that goes on with as many processes as `before`.
  void requireSameRanks(int before) const;
  void prepareStore();
  void serve();
  void onMessage(ClientId client, const Message& message);
  TrainOutcome train();
  TrainOutcome runTrainer(train::RunCheckpoints* checkpoints, train::TrainObserver& observer);
  Metadata metadata() const;
  void keepLinearTable();
  [[nodiscard]] train::RunFacts facts() const;
  /// "cpu, 1 thread, 2 processes"
  [[nodiscard]] std::string describeDevice() const;

  TrainRequest& request_;
  const TrainCallbacks& callbacks_;
  train::CommandQueue& commands_;
  RunDirectory run_;
  const RankEnvironment environment_ = RankEnvironment::read();
  std::unique_ptr<train::Ranks> ranks_;  // null: this process is alone
  RunConfig config_;
  Plan plan_;
  std::vector<std::string> warnings_;  // of the configuration, for the run's events
  train::Engine engine_;
  std::unique_ptr<train::TrainingSubject> subject_;
  std::unique_ptr<data::Loader> training_;
  jobs::SkippedSamples skipped_;
  std::string configText_;
  std::optional<RunLock> lock_;
  std::filesystem::path socket_;

  std::optional<train::AdamW> optimizer_;
  std::optional<train::Ema> average_;
  std::optional<train::LossScaler> scaler_;
  std::vector<CheckpointRecord> records_;
  std::optional<CheckpointRecord> resumed_;
  train::StartingPoint start_;
  std::optional<jobs::BranchPoint> branch_;
  std::size_t keptChoices_ = 0;
  bool linearTableFailed_ = false;

  // In this order: the writer's thread calls into the log, the listener and the recorder, the listener's into
  // the recorder, so each goes before what it calls.
  std::atomic<bool> serving_ = false;
  std::optional<train::TensorBoardLog> tensorboard_;
  std::optional<train::RunRecorder> recorder_;
  std::optional<Listener> listener_;
  std::optional<RunWriter> writer_;
};

void Training::prepareConfig() {
  if (isFirst()) refuseIfHeld(run_);
  if (request_.resume) {
    run_ = RunDirectory::open(request_.run);
    request_.config = loadConfigFile(run_.config().string());
  } else if (isFirst() && RunDirectory::isRun(run_.path())) {
    RunDirectory::create(run_.path());  // says that there is a run already
  }
  throwOnErrors(request_.config.issues);
  config_ = request_.config.config;
  if (request_.from) {
    branch_ = jobs::openBranchPoint(*request_.from);
    jobs::requireSameModel(*branch_, config_);
  }
  engine_ = train::prepareEngine(config_.device, config_.threads, config_.ops, environment_);
  if (config_.train.precision == Precision::Fp16 && !engine_.device.is_cuda()) {
    throw Error(ErrorKind::Config,
                "train.precision fp16 needs a GPU, and this training runs on the CPU: set it to bf16");
  }
  openData();
}

void Training::openData() {
  subject_ =
      train::makeSubject(config_, [this](PyramidBackbone& backbone) { inspect::beginBackbone(backbone, config_); });
  const std::int64_t images = subject_->openTrainingSet();
  const std::vector<ConfigIssue> issues = validate(config_, images, environment_.size);
  throwOnErrors(issues);
  if (isFirst() && !request_.resume) warnOf(issues);
  plan_ = makePlan(config_, images, environment_.size);
  const auto onSkipped = [this](const data::SkippedSample& sample) { reportSkipped(sample); };
  training_ = subject_->trainingLoader(environment_, onSkipped);
  subject_->openValidation(environment_, onSkipped);
  if (branch_ && branch_->checkpoint.step >= plan_.totalSteps) {
    throw Error(ErrorKind::Config, "the branch would start at step " + std::to_string(branch_->checkpoint.step) +
                                       ", where its own training of " + std::to_string(plan_.totalSteps) +
                                       " steps is over; raise train.epochs or train.steps, or branch from an earlier "
                                       "checkpoint");
  }
}

// What is known only now that the images are counted; the launch has shown the rest.
void Training::warnOf(const std::vector<ConfigIssue>& issues) {
  const auto& shown = request_.config.issues;
  for (const ConfigIssue& issue : issues) {
    const std::string words = issue.key + ": " + issue.message + (issue.mend ? " (" + issue.mend->label + ")" : "");
    warnings_.push_back(words);
    const bool isShown =
        std::any_of(shown.begin(), shown.end(), [&](const ConfigIssue& known) { return known.key == issue.key; });
    if (!isShown) logWarning(words);
  }
}

void Training::reportSkipped(const data::SkippedSample& sample) {
  logWarning("skipped a sample: " + sample.cause);
  const std::string& event = skipped_.add(sample);
  if (writer_) writer_->event("skipped", recorder_->status().step, event);
}

// Who leaves a training alone looks at its end. Processes that ended in order all come here.
void Training::tellAllSkipped(RunState state) {
  const auto tellOfOther = [this](const std::string& event) {
    writer_->event("skipped", recorder_->status().step, event);
  };
  if (ranks_ && state != RunState::Failed) {
    try {
      skipped_.gather(*ranks_, tellOfOther);
    } catch (const Error& error) {
      logWarning(std::string("what other processes skipped is in the log alone: ") + error.what());
    }
  }
  if (!isFirst() || skipped_.count() == 0) return;
  logWarning("samples skipped in all: " + formatInteger(skipped_.count()) + "; each is named above");
  writer_->event("skipped_total", recorder_->status().step, Json{{"count", skipped_.count()}}.dump());
}

void Training::prepareDirectory() {
  if (!request_.resume) run_ = RunDirectory::create(run_.path());
  socket_ = socketPath(newSocketId("train"));
  lock_.emplace(run_, socket_.string());
  if (request_.resume) {
    ensureDatabase(*lock_);
    configText_ = readTextFile(run_.config());
    std::error_code ignored;
    const auto table = run_.path() / kLinearTable;
    if (config_.ops.linear == "auto" && std::filesystem::exists(table, ignored)) {
      train::addLinearTable(Json::parse(readTextFile(table), nullptr, false));
    }
    for (const auto& name : removeStaleTemporaries(run_.checkpoints().string())) {
      logInfo("removed the unfinished checkpoint " + name);
    }
    return;
  }
  // Before the configuration, which makes the directory a run.
  if (branch_) {
    jobs::writeBeginning(run_, {*branch_, environment_.size});
  } else {
    jobs::removeBeginning(run_);
  }
  configText_ = toJsonText(config_);
  replaceFile(run_.givenConfig(), request_.config.given.empty() ? configText_ : request_.config.given);
  replaceFile(run_.config(), configText_);
}

void Training::prepareModel() {
  const bool hasNewWeights = !request_.resume && !branch_ && isFirst();
  device::seedAll(static_cast<std::uint64_t>(config_.train.seed));
  subject_->build();
  if (request_.resume && isFirst()) records_ = RunReader(run_).checkpoints();
  if (hasNewWeights) subject_->loadInitialWeights();
  subject_->module().to(engine_.device);
  optimizer_.emplace(subject_->optimizer());
  if (config_.train.precision == Precision::Fp16) scaler_.emplace();
  if (config_.ema.decay > 0) average_.emplace(*subject_->classifier(), config_.ema.decay);
  if (!isFirst()) return;
  if (request_.resume) resumeFrom(records_);
  if (branch_) startFromBranchPoint();
}

std::string Training::offerPrevious(const std::vector<CheckpointRecord>& records,
                                    const CheckpointRecord& damaged) const {
  for (auto it = records.rbegin(); it != records.rend(); ++it) {
    if (!it->good || it->path == damaged.path || it->seq > damaged.seq) continue;
    if (!verifyCheckpoint((run_.path() / it->path).string()).empty()) continue;
    return "; the one before, of step " + std::to_string(it->step) + ", is whole: slab train --run " +
           run_.path().string() + " --resume --from-step " + std::to_string(it->step) + " goes on from there";
  }
  return "; the run has no other whole checkpoint";
}

void Training::resumeFrom(const std::vector<CheckpointRecord>& records) {
  bool hasGood = false;
  for (const auto& record : records) hasGood = hasGood || record.good;
  if (!hasGood && !request_.fromStep) {
    if (const auto beginning = jobs::readBeginning(run_)) {
      requireSameRanks(beginning->processes);
      logWarning("the branch has no checkpoint of its own yet; it begins again where it left its parent");
      branch_ = beginning->point;
      return;
    }
    logWarning("the run has no checkpoint yet; training starts again from step 0");
    subject_->loadInitialWeights();
    return;
  }
  resumed_ = chooseCheckpoint(records, request_.fromStep, run_.path());
  try {
    const Metadata saved = restore(run_.path() / resumed_->path);
    start_.isRecalibrated = saved.value(train::kRecalibrated, false);
    start_.isEvaluationDue = saved.value(train::kEvaluationDue, false);
  } catch (const Error& error) {
    throw Error(error.kind(), error.what() + offerPrevious(records, *resumed_));
  }
}

void Training::startFromBranchPoint() {
  const int processes = restore(branch_->checkpointPath()).value("ranks", 1);
  if (processes == environment_.size && jobs::continuesBatches(branch_->config, config_)) return;
  const auto epoch = static_cast<std::int64_t>(std::ceil(plan_.epochOf(start_.step)));
  start_.position = epoch * training_->batchesPerEpoch();
  logWarning("data, batch, seed or number of processes differ from those of " + branch_->parent.string() +
             ": the branch takes its batches from the start of epoch " + std::to_string(epoch));
}

Metadata Training::restore(const std::filesystem::path& checkpoint) {
  train::TrainingState state{subject_->module(), *optimizer_};
  state.average = orNull(average_);
  state.scaler = orNull(scaler_);
  Metadata saved = train::readCheckpoint(checkpoint.string(), state);
  if (!branch_) requireSameRanks(saved.value("ranks", 1));
  const int threads = saved.value("threads", engine_.threads);
  if (threads != engine_.threads) {
    logWarning("the checkpoint was computed with " + std::to_string(threads) + " threads, this process uses " +
               std::to_string(engine_.threads) + ": the training goes on, with other rounding");
  }
  start_.step = state.step;
  start_.position = state.position;
  start_.microBatch = state.microBatch;
  return saved;
}

std::string Training::describeDevice() const {
  return engine_.describe() + (ranks_ ? ", " + std::to_string(ranks_->size()) + " processes" : "");
}

void Training::requireSameRanks(int before) const {
  if (before == environment_.size) return;
  const std::string again = before == 1 ? "slab train" : "slab launch --nproc " + std::to_string(before) + " -- train";
  throw Error(ErrorKind::Config, "the run was trained by " + std::to_string(before) +
                                     (before == 1 ? " process" : " processes") +
                                     ", and another number has another "
                                     "effective batch: go on with " +
                                     again + " --run " + run_.path().string() + " --resume");
}

void Training::shareWithRanks() {
  if (!ranks_) return;
  if (ranks_->useGpu(engine_.device) && isFirst()) logInfo("GPUs exchange by NCCL");
  if (config_.ops.linear == "auto") {
    if (isFirst()) subject_->timeLinearLayers(engine_.device);
    const std::string table = ranks_->broadcast(train::linearTable().dump());
    train::addLinearTable(Json::parse(table, nullptr, false));
  }
  std::vector<at::Tensor> tensors;
  for (const auto& [name, tensor] : train::modelTensors(subject_->module())) tensors.push_back(tensor);
  for (const auto& [name, tensor] : optimizer_->state()) tensors.push_back(tensor);
  if (average_) {
    for (const auto& [name, tensor] : train::modelTensors(average_->model())) tensors.push_back(tensor);
  }
  const at::Tensor place = at::tensor({start_.step, start_.position, std::int64_t{start_.isRecalibrated ? 1 : 0},
                                       std::int64_t{start_.isEvaluationDue ? 1 : 0}},
                                      at::kLong);
  tensors.push_back(place);
  ranks_->broadcast(tensors);
  start_.step = place[0].item<std::int64_t>();
  start_.position = place[1].item<std::int64_t>();
  start_.isRecalibrated = place[2].item<std::int64_t>() != 0;
  start_.isEvaluationDue = place[3].item<std::int64_t>() != 0;
}

TrainOutcome Training::follow() {
  prepareModel();
  shareWithRanks();
  train::SilentObserver observer;
  TrainOutcome outcome = runTrainer(nullptr, observer);
  tellAllSkipped(outcome.state);
  return outcome;
}

train::RunFacts Training::facts() const {
  train::RunFacts facts;
  facts.config = config_;
  facts.plan = plan_;
  facts.device = describeDevice();
  facts.processes = environment_.size;
  facts.parameters = parameterCount(subject_->module());
  facts.firstStep = start_.step;
  facts.isNew = !request_.resume;
  if (resumed_) facts.checkpoint = resumed_->path;
  if (!request_.resume) return facts;
  const auto state = RunReader(run_).state();
  const auto number = [&](std::string_view key, double fallback) {
    const auto found = state.find(std::string(key));
    return found == state.end() ? fallback : std::strtod(found->second.c_str(), nullptr);
  };
  facts.activeSeconds = number(state_key::kActiveSeconds, 0);
  facts.top1 = number(state_key::kTop1, -1);
  facts.bestTop1 = number(state_key::kBestTop1, -1);
  return facts;
}

void Training::prepareStore() {
  const train::RunFacts known = facts();
  RunWriterOptions options;
  options.onCommitted = [this](std::int64_t seq) {
    if (!serving_.load(std::memory_order_acquire)) return;
    recorder_->setCommitted(seq);
    listener_->broadcast(makeEvent(NewData{seq}));
  };
  if (config_.train.tensorboard) {
    tensorboard_.emplace(run_, start_.step);
    options.onPoints = [this](std::span<const CommittedPoint> points) { tensorboard_->add(points); };
  }
  writer_.emplace(std::move(*lock_), std::move(options));
  lock_.reset();
  recorder_.emplace(*writer_, known, callbacks_.onEvent, [this](const RunStatus& status) {
    keepLinearTable();
    if (listener_) listener_->broadcast(makeEvent(status));
    if (callbacks_.onStatus) callbacks_.onStatus(status);
  });
  serve();
  serving_.store(true, std::memory_order_release);
}

void Training::serve() {
  ListenerOptions options;
  options.greeting = [this] {
    Hello hello;
    hello.role = "train";
    hello.pid = ::getpid();
    hello.run = run_.path().string();
    hello.version = programVersion();
    hello.torch = TORCH_VERSION;
    hello.devices = {engine_.device.str()};
    return makeEvent(hello);
  };
  options.onMessage = [this](ClientId client, const Message& message) { onMessage(client, message); };
  listener_.emplace(socket_, std::move(options));
}

void Training::onMessage(ClientId client, const Message& message) {
  if (message.kind == MessageKind::Cancel) return;  // commands take one step at most
  const auto request = unpack<RunCommand>(message);
  const auto id = message.id;
  if (request.action == "status") {
    listener_->send(client, makeReply(id, recorder_->status()));
    return;
  }
  commands_.push({actionFromWord(request.action), [this, client, id](const std::string& problem) {
                    listener_->send(client, problem.empty() ? makeReply(id, recorder_->status())
                                                            : makeError(id, ErrorKind::Data, problem));
                  }});
}

Metadata Training::metadata() const {
  const auto card = device::machineCard();
  return Metadata{{"format", 1},
                  {"program", programVersion()},
                  {"seed", config_.train.seed},
                  {"ranks", environment_.size},
                  {"threads", engine_.threads},
                  {"device", engine_.device.str()},
                  {"processor", card.processor},
                  {"instructions", card.instructions},
                  {"torch", card.torch},
                  {"backend", config_.ops.backend},
                  {"linear", config_.ops.linear},
                  {"linear_table", train::linearTable()}};
}

// A resumed training has to take the choices that this one was the first to time.
void Training::keepLinearTable() {
  if (config_.ops.linear != "auto") return;
  const Metadata table = train::linearTable();
  if (table.size() == keptChoices_) return;
  try {
    replaceFile(run_.path() / kLinearTable, table.dump() + "\n");
  } catch (const Error& error) {
    // The disk may be full for a while; the next change of status tries again.
    if (!linearTableFailed_) logWarning(std::string("the choices of linear layers are not kept yet: ") + error.what());
    linearTableFailed_ = true;
    return;
  }
  keptChoices_ = table.size();
  train::saveMachineTable(engine_);
}

const char* Training::segmentReason() const {
  if (branch_) return "branch";
  if (!request_.resume) return "start";
  // Later checkpoints that are passed over make it a rewind.
  const bool isOlder = resumed_ && resumed_->seq != chooseCheckpoint(records_, std::nullopt, run_.path()).seq;
  return isOlder ? "rewind" : "resume";
}

SegmentId Training::beginSegment() {
  SegmentInfo segment{0, resumed_ ? resumed_->segment : 0, start_.step, 0, segmentReason()};
  segment.id = writer_->beginSegment(segment.fromStep, segment.reason, segment.parent);
  if (!resumed_) return segment.id;
  // What a rewind supersedes is the first to go where checkpoints are thinned out.
  std::vector<SegmentInfo> segments = RunReader(run_).segments();
  segments.push_back(segment);
  orderByTraining(records_, segments);
  return segment.id;
}

TrainOutcome Training::train() {
  logInfo("training " + (config_.isDetector() ? config_.detector.name : config_.model.name) + " on " +
          describeDevice() + ", steps " + std::to_string(start_.step) + " to " + std::to_string(plan_.totalSteps));
  const SegmentId segment = beginSegment();
  train::RunCheckpoints checkpoints(*writer_, sha256Hex(std::as_bytes(std::span(configText_))), records_,
                                    config_.train.keepLast);
  checkpoints.setSegment(segment);
  if (resumed_) checkpoints.setCurrent(start_.step, resumed_->path);
  if (branch_) jobs::recordParent(*writer_, *branch_);
  for (const std::string& words : warnings_) {
    const Json event{{"event", "warning"}, {"step", start_.step}, {"message", words}};
    writer_->event("warning", start_.step, event.dump(-1, ' ', false, Json::error_handler_t::replace));
  }
  checkpoints.checkDisk({subject_->module(), *optimizer_, start_.step, start_.position});
  const TrainOutcome outcome = runTrainer(&checkpoints, *recorder_);
  tellAllSkipped(outcome.state);
  recorder_->end(outcome.state, outcome.reason);
  while (auto command = commands_.tryPop()) command->finish();
  if (writer_->close() > 0) logError("the last records of the run could not be stored: the disk refused them");
  return outcome;
}

TrainOutcome Training::runTrainer(train::RunCheckpoints* checkpoints, train::TrainObserver& observer) {
  const auto task = subject_->makeTask(engine_.device, orNull(average_), ranks_.get());
  train::Trainer trainer({.config = config_,
                          .plan = plan_,
                          .task = *task,
                          .optimizer = *optimizer_,
                          .data = *training_,
                          .checkpoints = checkpoints,
                          .commands = commands_,
                          .observer = observer,
                          .device = engine_.device,
                          .average = orNull(average_),
                          .scaler = orNull(scaler_),
                          .recalibrationData = [this] { return subject_->recalibrationLoader(); },
                          .ranks = ranks_.get(),
                          .metadata = [this] { return metadata(); }});
  trainer.startAt(start_);
  if (branch_) trainer.keepStart();
  TrainOutcome outcome;
  const auto fail = [&](ErrorKind kind, const std::string& reason, const std::exception& error) {
    outcome = {RunState::Failed, reason, kind, device::isLost(engine_.device, error)};
    trainer.markFailed(reason);
  };
  try {
    const train::TrainResult result = trainer.run();
    outcome = {result.state, result.reason, ErrorKind::Internal};
  } catch (const Error& error) {
    fail(error.kind(), error.what(), error);
  } catch (const c10::Error& error) {
    fail(ErrorKind::Internal, error.what_without_backtrace(), error);
  } catch (const std::exception& error) {
    fail(ErrorKind::Internal, error.what(), error);
  }
  return outcome;
}

}  // namespace

class TrainSession::Impl {
 public:
  Impl(TrainRequest request, TrainCallbacks callbacks)
      : request_(std::move(request)), callbacks_(std::move(callbacks)) {}

  void start() {
    thread_ = std::jthread([this] { outcome_ = body(); });
  }

  TrainOutcome wait() {
    if (thread_.joinable()) thread_.join();
    return outcome_;
  }

  void push(train::Action action) { commands_.push({action, {}}); }

 private:
  TrainOutcome body() {
    try {
      auto training = std::make_unique<Training>(request_, callbacks_, commands_);
      TrainOutcome outcome = training->execute();
      // Tensors on a lost device must not be freed: the calls that do so fail or never return.
      if (outcome.isWorkerLost) training.release()->closeSocket();
      return outcome;
    } catch (const Error& error) {
      return {RunState::Failed, error.what(), error.kind()};
    } catch (const c10::Error& error) {
      return {RunState::Failed, error.what_without_backtrace(), ErrorKind::Internal};
    } catch (const std::exception& error) {
      return {RunState::Failed, error.what(), ErrorKind::Internal};
    }
  }

  TrainRequest request_;
  TrainCallbacks callbacks_;
  train::CommandQueue commands_;
  TrainOutcome outcome_;
  std::jthread thread_;
};

TrainSession::TrainSession(TrainRequest request, TrainCallbacks callbacks)
    : impl_(std::make_unique<Impl>(std::move(request), std::move(callbacks))) {}

TrainSession::~TrainSession() {
  impl_->push(train::Action::Stop);
  impl_->wait();
}

void TrainSession::start() {
  impl_->start();
}

void TrainSession::command(std::string_view action) {
  impl_->push(actionFromWord(action));
}

TrainOutcome TrainSession::wait() {
  return impl_->wait();
}

}  // namespace slab
