#include "app/gui/panel.h"
namespace slab {
namespace {
class MissingPanel : public Panel {
 public:
  MissingPanel(QString id, Session& session, QObject* parent) : Panel(session, parent), id_(std::move(id)) {}
  QString id() const override { return id_; }
  std::vector<PanelCard> makeCards() override { return {{"x", id_, new EmptyState(id_, "soon"), nullptr}}; }
  CardLayout defaultLayout() const override { return CardLayout::leaf("x"); }
  QString id_;
};
}  // namespace
__attribute__((weak)) Panel* makeConfigurePanel(Session& s, QObject* p) { return new MissingPanel("configure", s, p); }
__attribute__((weak)) Panel* makeAttentionPanel(Session& s, QObject* p) { return new MissingPanel("attention", s, p); }
__attribute__((weak)) Panel* makeLatencyPanel(Session& s, QObject* p) { return new MissingPanel("latency", s, p); }
__attribute__((weak)) Panel* makeDataPanel(Session& s, QObject* p) { return new MissingPanel("data", s, p); }
}  // namespace slab
