// A machine to measure on: trainings of the project are paused for it and go on afterwards.
#pragma once

#include <QObject>
#include <QString>
#include <vector>

namespace slab {

class Session;

/// One user at a time. Only what this paused is resumed.
class QuietMachine : public QObject {
  Q_OBJECT

 public:
  QuietMachine(Session& session, QObject* parent);

  /// Runs whose worker computes now.
  [[nodiscard]] std::vector<QString> running() const;
  [[nodiscard]] bool isWaiting() const { return isWaiting_; }

  /// Asks every running training to pause; `ready` follows once all did, at once where there is none.
  void acquire();
  /// Lets the paused trainings go on; gives up waiting.
  void release();

 signals:
  void ready();

 private:
  void check();

  Session& session_;
  bool isWaiting_ = false;
  std::vector<QString> paused_;
};

}  // namespace slab
