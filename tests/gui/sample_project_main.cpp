// sample_project DIR [STEPS]: writes the sample project, to look at the window without training.
#include <cstdlib>

#include "gui/sample_project.h"

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  slab::test::writeSampleProject(argv[1], argc > 2 ? std::atol(argv[2]) : 375);
  return 0;
}
