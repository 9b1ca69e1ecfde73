//go:build linux && cgo

package vision

/*
#include <stdlib.h> // defines __GLIBC__

#ifdef __GLIBC__
#include <malloc.h>

static void keep_heap(void) {
	mallopt(M_ARENA_MAX, 1);       // one heap for XLA's threads
	mallopt(M_MMAP_MAX, 0);        // no block gets a mapping of its own
	mallopt(M_TRIM_THRESHOLD, -1); // what is free stays mapped
	mallopt(M_TOP_PAD, 64 << 20);
}
#else
static void keep_heap(void) {}
#endif
*/
import "C"

// keepHeap makes the C library keep freed memory for the next step. XLA asks for all its buffers
// anew in every step, and glibc answers blocks of that size with fresh pages: the kernel then clears
// and faults in gigabytes a step, which cost EfficientNet more time than its arithmetic.
func keepHeap() { C.keep_heap() }
