#include <malloc.h>

#include <cstdio>

#include "cli/commands.h"

int main(int argc, char** argv) {
  // Large buffers go back to the system when they are freed. Left to itself glibc comes to keep them, in an
  // arena per thread. What one thread allocates another frees here, and nothing is allocated per record: one
  // arena for all takes less with many partitions.
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  mallopt(M_ARENA_MAX, 1);
  return frazil::Main(argc, argv, stdout, stderr);
}
