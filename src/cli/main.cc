#include <cstdio>

#include "cli/commands.h"

int main(int argc, char** argv) {
  return frazil::Main(argc, argv, stdout, stderr);
}
