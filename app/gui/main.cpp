// slab-workbench: the window. Trainings and measurements run in worker processes (the program slab).
#include <QApplication>
#include <QCommandLineParser>
#include <QDir>
#include <QStandardPaths>
#include <QTimer>
#include <cstdio>

#include "app/gui/main_window.h"
#include "app/gui/screenshots.h"
#include "app/gui/settings.h"
#include "core/base/log.h"
#include "widgets/curve_plot/curve_plot.h"

namespace {

using namespace slab;

QString defaultProject() {
  return QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation) + "/slab-workbench/demo";
}

/// Without a display the program still makes pictures and says what it can: Qt's offscreen platform needs nothing.
/// False: it was to open a window, and there is nowhere to.
bool choosePlatform(int argc, char** argv) {
  bool needsWindow = true;
  for (int i = 1; i < argc; ++i) {
    const QByteArray argument(argv[i]);
    if (argument.startsWith("--screenshot") || argument.startsWith("--help") || argument == "-h" ||
        argument == "--version" || argument == "-v") {
      needsWindow = false;
    }
  }
  if (qEnvironmentVariableIsSet("DISPLAY") || qEnvironmentVariableIsSet("WAYLAND_DISPLAY") ||
      qEnvironmentVariableIsSet("QT_QPA_PLATFORM")) {
    return true;
  }
  if (!needsWindow) qputenv("QT_QPA_PLATFORM", "offscreen");
  return !needsWindow;
}

void addOptions(QCommandLineParser& parser) {
  parser.setApplicationDescription("Experimentation workbench for efficient vision transformers.");
  parser.addHelpOption();
  parser.addVersionOption();
  parser.addOptions(
      {{"project", "Open the project in <dir> (made where absent).", "dir"},
       {"demo", "Open the demo project and start a new one-minute training."},
       {"no-autostart", "Do not start the demo training in an empty demo project."},
       {"screenshot", "Write pictures of every workspace (or of those of --workspace) to <dir>, then leave.", "dir"},
       {"scale", "With --screenshot: at <percent> alone, instead of 100 and 200.", "percent"},
       {"wait", "With --screenshot: seconds to wait for a running training.", "seconds", "240"},
       {"workspace",
        "Begin with runs, configure, train, cockpit, attention, latency, data, models, diagnose or "
        "detection; with --screenshot several, separated by commas.",
        "name"},
       {"run", "Begin with the project's run <name> in front.", "name"},
       {"import", "Show what the checkpoint <file> holds, to be imported.", "file"},
       {"images", "Show and scan a folder of images, train/<class> and val.", "folder"},
       {"annotations", "Show the COCO annotation file <file>; its images are looked for around it, or in --images.",
        "file"},
       {"results", "With --annotations: compare the COCO results in <file>.", "file"}});
}

/// The demo project trains by itself the first time, so that the first minute already shows something.
void autostart(Session& session, bool always) {
  if (always) {
    session.startPreset("demo_minute");
    return;
  }
  auto* once = new QObject(&session);
  QObject::connect(&session, &Session::runsChanged, once, [&session, once] {
    if (!session.isProjectRead()) return;
    if (session.runs().empty()) session.startPreset("demo_minute");
    once->deleteLater();
    once->disconnect(&session);
    session.disconnect(once);
  });
}

bool beginWithRun(Session& session, const QString& name) {
  const QString run = session.projectPath() + "/runs/" + name;
  if (!QDir(run).exists()) {
    logError("The project has no run named " + name.toStdString() + ": " + run.toStdString() + " is not there.");
    return false;
  }
  session.setCurrentRun(run);
  return true;
}

QString absolutePath(const QString& path) {
  return path.isEmpty() ? path : QFileInfo(path).absoluteFilePath();
}

void openCoco(Session& session, const QCommandLineParser& parser) {
  session.openAnnotations(absolutePath(parser.value("annotations")), absolutePath(parser.value("images")));
  if (parser.isSet("results")) session.openResults(absolutePath(parser.value("results")));
}

}  // namespace

int main(int argc, char** argv) {
  if (!choosePlatform(argc, argv)) {
    std::fputs(
        "error: There is no display: neither DISPLAY nor WAYLAND_DISPLAY is set. Start slab-workbench in a desktop "
        "session or through ssh -X; --screenshot DIR makes pictures without one, and slab does all the work.\n",
        stderr);
    return 1;
  }
  QApplication app(argc, argv);
  QApplication::setOrganizationName("slab-workbench");
  QApplication::setApplicationName("slab-workbench");
  QApplication::setApplicationDisplayName("SLAB Workbench");
  QApplication::setApplicationVersion("0.1.0");
  QCommandLineParser parser;
  addOptions(parser);
  parser.process(app);
  setLogSink([](LogLevel level, std::string_view line) {
    std::fprintf(stderr, "%s: %.*s\n", std::string(toString(level)).c_str(), static_cast<int>(line.size()),
                 line.data());
  });

  settings::loadTheme();
  installCurvePlotAccessibility();
  Session session;
  MainWindow window(session);
  const bool isDemo = parser.isSet("demo") || !parser.isSet("project");
  const QString project = parser.isSet("project") ? parser.value("project") : defaultProject();
  session.openProject(project);
  settings::rememberProject(session.projectPath());
  if (isDemo && !parser.isSet("no-autostart")) autostart(session, parser.isSet("demo"));
  if (parser.isSet("run") && !beginWithRun(session, parser.value("run"))) return 1;
  const QStringList workspaces = parser.value("workspace").split(',', Qt::SkipEmptyParts);
  if (!workspaces.isEmpty()) window.showWorkspace(workspaces.front());
  if (parser.isSet("import")) session.openCheckpoint(absolutePath(parser.value("import")));
  if (parser.isSet("annotations")) {
    openCoco(session, parser);
  } else if (parser.isSet("images")) {
    session.openImages(absolutePath(parser.value("images")));
  }
  if (parser.isSet("screenshot")) {
    Screenshots::Choice choice{.workspaces = workspaces};
    if (const double percent = parser.value("scale").toDouble(); percent > 0) choice.scales = {percent / 100};
    Screenshots screenshots(window, session, parser.value("screenshot"), parser.value("wait").toDouble(), choice);
    QTimer::singleShot(0, &app, [&] { screenshots.start([](int code) { QApplication::exit(code); }); });
    return QApplication::exec();
  }
  window.show();
  return QApplication::exec();
}
