// What the trainers of a distributed training do together, at the same point of the same step.
#include <torch/torch.h>

#include <string>

#include "core/base/format.h"
#include "core/train/trainer.h"

namespace slab::train {
namespace {

bool takeStop(CommandQueue& commands) {
  bool stops = false;
  while (const auto command = commands.tryPop()) {
    stops = stops || command->action == Action::Stop;
    command->finish();
  }
  return stops;
}

}  // namespace

bool Trainer::agree(bool goesOn) {
  if (parts_.ranks == nullptr) return goesOn;
  const bool asksForStop = !isFirst() && takeStop(parts_.commands);
  const at::Tensor word = at::zeros({2}, at::kLong);
  word[0] = goesOn ? 0 : 1;
  word[1] = asksForStop ? 1 : 0;
  parts_.ranks->sum(word);
  if (isFirst() && word[1].item<std::int64_t>() > 0) parts_.commands.push({Action::Stop, {}});
  return word[0].item<std::int64_t>() == 0;
}

void Trainer::averageOverRanks(StepRecord& record) {
  if (parts_.ranks == nullptr) return;
  std::vector<at::Tensor> gradients;
  for (const auto& [name, gradient] : gradientsOf(parts_.optimizer.parameters())) gradients.push_back(gradient);
  average(*parts_.ranks, gradients);
  const at::Tensor losses = parts_.ranks->gather(at::scalar_tensor(record.loss, at::kDouble));
  record.loss = losses.mean().item<double>();
  if (record.terms.empty()) return;
  const at::Tensor terms = at::empty({static_cast<std::int64_t>(record.terms.size())}, at::kDouble);
  for (std::size_t i = 0; i < record.terms.size(); ++i) terms.data_ptr<double>()[i] = record.terms[i].second;
  const at::Tensor means = parts_.ranks->gather(terms).mean(0);
  for (std::size_t i = 0; i < record.terms.size(); ++i) record.terms[i].second = means.const_data_ptr<double>()[i];
}

std::optional<NonFiniteReport> Trainer::shared(std::optional<NonFiniteReport> own) {
  if (parts_.ranks == nullptr) return own;
  if (own) own->process = parts_.ranks->rank();
  std::string first;
  for (const std::string& text : parts_.ranks->collect(own ? toText(*own) : "")) {
    if (first.empty()) first = text;
  }
  first = parts_.ranks->broadcast(first);
  return first.empty() ? std::nullopt : std::optional(nonFiniteReportOf(first));
}

void Trainer::requireSameWeights() {
  if (parts_.ranks == nullptr) return;
  requireSameBits(*parts_.ranks, parts_.optimizer.parameters(), "step " + formatInteger(completed_));
}

void Trainer::shareStatistics() {
  if (parts_.ranks == nullptr) return;
  parts_.ranks->broadcast(movingBuffers(parts_.task.module()));
  if (parts_.average != nullptr) parts_.ranks->broadcast(movingBuffers(parts_.average->model()));
}

}  // namespace slab::train
