#include <malloc.h>

#include <cstdio>

#include "cli/commands.h"

int main(int argc, char** argv) {
  // Large buffers go back to the system when they are freed. Left to itself glibc comes to keep them, in an
  // arena per thread.
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  return frazil::Main(argc, argv, stdout, stderr);
}
