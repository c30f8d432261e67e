# Qt 6 and QCustomPlot for widgets and app/gui.

find_package(Qt6 6.4 REQUIRED COMPONENTS Core Gui Widgets Network Svg PrintSupport)
find_package(QCustomPlotQt6 REQUIRED)
if(SLAB_TESTS)
  find_package(Qt6 6.4 REQUIRED COMPONENTS Test)
endif()
