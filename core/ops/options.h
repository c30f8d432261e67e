// How the operators of this room are computed: the configuration fields `ops.backend` and `ops.linear`.
#pragma once

#include <string_view>

namespace slab::ops {

/// Norms and attention: our kernels, or the composite of ATen operations that eager PyTorch runs.
/// Auto takes the kernel wherever it supports device, type and shape; Kernel differs only in that it
/// throws where Auto would fall back.
enum class Backend { Auto, Kernel, Reference };

/// Linear layers on the CPU: the oneDNN operators of LibTorch, or at::linear. Auto times both once a shape.
enum class LinearBackend { Auto, OneDnn, Torch };

struct Options {
  Backend backend = Backend::Auto;
  LinearBackend linear = LinearBackend::Auto;
  bool operator==(const Options&) const = default;
};

/// Sets the options of the whole process; call it before a model runs, not during a step.
void setOptions(Options options);
[[nodiscard]] Options options();

/// "auto", "kernel", "reference"; throws slab::Error(Config) for anything else.
[[nodiscard]] Backend backendFromName(std::string_view name);
/// "auto", "onednn", "torch"; throws slab::Error(Config) for anything else.
[[nodiscard]] LinearBackend linearBackendFromName(std::string_view name);
[[nodiscard]] std::string_view toString(Backend backend);
[[nodiscard]] std::string_view toString(LinearBackend backend);

/// Sets options for a scope and restores what was there: tests and benches that compare backends.
class OptionsGuard {
 public:
  explicit OptionsGuard(Options scoped) : previous_(options()) { setOptions(scoped); }
  ~OptionsGuard() { setOptions(previous_); }
  OptionsGuard(const OptionsGuard&) = delete;
  OptionsGuard& operator=(const OptionsGuard&) = delete;

 private:
  Options previous_;
};

}  // namespace slab::ops
