#include "app/gui/background.h"

namespace slab {

void Background::Channel::post(std::function<void()> done) const {
  QMetaObject::invokeMethod(
      owner_,
      [owner = owner_, generation = generation_, done = std::move(done)] {
        if (owner->generation_ == generation) done();
      },
      Qt::QueuedConnection);
}

Background::Background(QObject* parent) : QObject(parent) {
  pool_.setMaxThreadCount(1);
}

Background::~Background() {
  source_.request_stop();
  pool_.clear();
  pool_.waitForDone();
}

void Background::start(std::function<void(const Channel&)> work) {
  abandon();
  source_ = std::stop_source();
  isBusy_ = true;
  Channel channel;
  channel.stop = source_.get_token();
  channel.owner_ = this;
  channel.generation_ = generation_;
  pool_.start([this, channel, work = std::move(work)] {
    work(channel);
    channel.post([this] {
      isBusy_ = false;
      emit ended();
    });
  });
}

void Background::abandon() {
  source_.request_stop();
  pool_.clear();
  ++generation_;
  isBusy_ = false;
}

}  // namespace slab
