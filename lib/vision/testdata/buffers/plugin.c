// A plug-in of nothing but calls of the allocator. The first pointer is bound in its data, the
// others in its procedure linkage table.
#include <stdlib.h>

void (*release)(void *) = free;

void *take(size_t alignment, size_t size) { return aligned_alloc(alignment, size); }
int take_posix(void **p, size_t alignment, size_t size) { return posix_memalign(p, alignment, size); }
void *small(size_t size) { return malloc(size); }
void *resize(void *p, size_t size) { return realloc(p, size); }
void give(void *p) { free(p); }
