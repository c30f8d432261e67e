// slab serve: the window's inspection worker.
#include <memory>
#include <stop_token>

#include "app/cli/command.h"
#include "app/cli/signals.h"
#include "core/jobs/inspection.h"

namespace slab::cli {

Action setUpServe(CLI::App& app) {
  auto socket = std::make_shared<std::string>();
  app.add_option("--socket", *socket, "Path of the socket to listen at")->required();
  app.footer("Ends by itself when its last client is gone.");
  return [socket] {
    std::stop_source stop;
    const StopSignals signals([&] { stop.request_stop(); });
    jobs::serve(*socket, stop.get_token());
    return kDone;
  };
}

}  // namespace slab::cli
