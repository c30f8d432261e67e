// sample_project DIR [STEPS]: writes the sample project, to look at the window without training.
// sample_project DIR --hold NAME: a run that says it is running, until this process is killed.
#include <cstdlib>
#include <string>

#include "gui/sample_project.h"

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  if (argc == 4 && std::string(argv[2]) == "--hold") slab::test::holdRunningRun(argv[1], argv[3]);
  slab::test::writeSampleProject(argv[1], argc > 2 ? std::atol(argv[2]) : 375);
  slab::test::writeSampleQueue(argv[1]);
  return 0;
}
