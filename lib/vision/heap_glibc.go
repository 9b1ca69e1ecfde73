//go:build linux && cgo

package vision

// XLA asks for all its buffers anew in every step, and glibc answers blocks of that size with fresh
// pages, which the kernel has to clear and fault in: gigabytes a step, which cost EfficientNet more
// time than its arithmetic. So the C library is told to keep what is freed. This has to come before
// any thread gets a heap of its own, hence a constructor.

/*
#include <stdlib.h> // defines __GLIBC__

#ifdef __GLIBC__
#include <malloc.h>

__attribute__((constructor)) static void keep_heap(void) {
	mallopt(M_ARENA_MAX, 1);       // one heap for all threads
	mallopt(M_MMAP_MAX, 0);        // no block gets a mapping of its own
	mallopt(M_TRIM_THRESHOLD, -1); // what is free stays mapped
	mallopt(M_TOP_PAD, 64 << 20);  // grow in large steps
}
#endif
*/
import "C"
