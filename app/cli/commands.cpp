#include "app/cli/command.h"

namespace slab::cli {

Action setUpAttn(CLI::App& app);
Action setUpBench(CLI::App& app);
Action setUpConfig(CLI::App& app);
Action setUpData(CLI::App& app);
Action setUpEval(CLI::App& app);
Action setUpExport(CLI::App& app);
Action setUpFold(CLI::App& app);
Action setUpImport(CLI::App& app);
Action setUpImportEvents(CLI::App& app);
Action setUpInfer(CLI::App& app);
Action setUpLaunch(CLI::App& app);
Action setUpModel(CLI::App& app);
Action setUpRecalibrate(CLI::App& app);
Action setUpQueue(CLI::App& app);
Action setUpRuns(CLI::App& app);
Action setUpServe(CLI::App& app);
Action setUpSweep(CLI::App& app);
Action setUpTrain(CLI::App& app);

const std::vector<Command>& commands() {
  static const std::vector<Command> all{
      {"train", "Train a model, or continue a run", setUpTrain},
      {"eval", "Top-1, top-5 and loss on the validation set", setUpEval},
      {"recalibrate", "Estimate RepBN's statistics anew with the weights at rest, or undo it", setUpRecalibrate},
      {"infer", "Classify images, or run a .npy batch through a model", setUpInfer},
      {"fold", "Fold norms into linear layers, with a certificate", setUpFold},
      {"attn", "Attention maps as PNG and .npy", setUpAttn},
      {"bench", "Latency and throughput, interleaved, with intervals", setUpBench},
      {"config", "Print, check, compare and explain configurations", setUpConfig},
      {"data", "Look through, pack or make a data set; COCO's numbers of results", setUpData},
      {"model", "Models by name; shapes, parameters and MACs", setUpModel},
      {"runs", "List runs; show, pause, resume, checkpoint or stop one", setUpRuns},
      {"queue", "Trainings one after another: add, order, hold, run until a time of day", setUpQueue},
      {"sweep", "Queue a grid or a random search over keys; compare its trials", setUpSweep},
      {"serve", "Inspection worker of the window", setUpServe},
      {"import", "Read weights of torch.save (.pth) and safetensors files", setUpImport},
      {"import-events", "Make a run of TensorBoard event files", setUpImportEvents},
      {"export", "Write a model for other programs: ONNX, safetensors", setUpExport},
      {"launch", "Train on several processes", setUpLaunch},
  };
  return all;
}

}  // namespace slab::cli
