#include "app/gui/quiet_machine.h"

#include "app/gui/session.h"

namespace slab {

QuietMachine::QuietMachine(Session& session, QObject* parent) : QObject(parent), session_(session) {
  connect(&session, &Session::runsChanged, this, &QuietMachine::check);
}

std::vector<QString> QuietMachine::running() const {
  std::vector<QString> running;
  for (const RunRow& row : session_.runs()) {
    if (row.pid > 0 && row.isActive() && row.state != RunState::Paused) running.push_back(row.path);
  }
  return running;
}

void QuietMachine::acquire() {
  paused_ = running();
  isWaiting_ = true;
  for (const QString& run : paused_) session_.sendCommand(run, "pause");
  check();
}

void QuietMachine::release() {
  isWaiting_ = false;
  for (const QString& run : paused_) session_.sendCommand(run, "resume");
  paused_.clear();
}

/// The workers pause between two steps; then the machine is ours.
void QuietMachine::check() {
  if (!isWaiting_ || !running().empty()) return;
  isWaiting_ = false;
  emit ready();
}

}  // namespace slab
