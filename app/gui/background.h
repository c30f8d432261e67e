// Long work of the window in a thread of its own.
#pragma once

#include <QObject>
#include <QThreadPool>
#include <functional>
#include <memory>
#include <stop_token>

namespace slab {

/// One piece of work at a time: newer work stops what is running and begins when that has ended. Lives on the window's
/// thread.
class Background : public QObject {
  Q_OBJECT

 public:
  /// For the work: when to end, and the way back.
  class Channel {
   public:
    std::stop_token stop;
    /// Runs `done` on the window's thread, unless newer work was started or this was abandoned by then.
    void post(std::function<void()> done) const;

   private:
    friend class Background;
    Background* owner_ = nullptr;
    quint64 generation_ = 0;
  };

  explicit Background(QObject* parent = nullptr);
  /// Stops the work and waits for it.
  ~Background() override;

  /// `work` must not throw and touches nothing of the window's.
  void start(std::function<void(const Channel&)> work);
  /// Asks the work to end; what it posts still arrives.
  void stop() { source_.request_stop(); }
  /// Stops it, and nothing of it arrives any more.
  void abandon();
  [[nodiscard]] bool isBusy() const { return isBusy_; }

 signals:
  /// The newest work has ended, all it posted has arrived.
  void ended();

 private:
  QThreadPool pool_;
  std::stop_source source_;
  quint64 generation_ = 0;
  bool isBusy_ = false;
};

}  // namespace slab
