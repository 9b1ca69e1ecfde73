// Large aligned blocks are kept when they are freed and handed out again for the same size. The
// plug-in, which takes its buffers from aligned_alloc and posix_memalign, finds these functions
// before libc's own because the program exports them (-rdynamic).

#include <errno.h>
#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>
#include <time.h>

extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *p);

enum { PAGE = 4096, LARGE = 1 << 20, BLOCKS = 1 << 14 };

static struct block { void *at; size_t size; int used; } blocks[BLOCKS];
static int count; // blocks[:count] are mapped
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t returned = PTHREAD_COND_INITIALIZER;

// kept takes the smallest kept block of size to 5/4·size.
static void *kept(size_t size) {
	struct block *best = NULL;
	for (int i = 0; i < count; i++) {
		struct block *b = &blocks[i];
		if (!b->used && b->size >= size && b->size - size <= size / 4 && (best == NULL || b->size < best->size)) best = b;
	}
	if (best == NULL) return NULL;
	best->used = 1;
	return best->at;
}

// forget unmaps what is kept: a request that nothing kept fits comes from another program than before.
static void forget(void) {
	int n = 0;
	for (int i = 0; i < count; i++) {
		if (blocks[i].used) blocks[n++] = blocks[i];
		else munmap(blocks[i].at, blocks[i].size);
	}
	count = n;
}

// await gives a huge block of that size, in use, a fifth of a second to come back: XLA reports a step
// as done a moment before it frees the step's memory, and a second copy would double the peak.
static void await(size_t size) {
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += 200000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	for (;;) {
		int same = 0, back = 0;
		for (int i = 0; i < count; i++) {
			if (blocks[i].size == size) blocks[i].used ? (same = 1) : (back = 1);
		}
		if (back || !same || pthread_cond_timedwait(&returned, &lock, &until) != 0) return;
	}
}

static void *large(size_t size) {
	size = (size + PAGE - 1) & ~(size_t)(PAGE - 1);
	pthread_mutex_lock(&lock);
	if (size >= 128 * LARGE) await(size);
	void *p = kept(size);
	if (p == NULL) {
		forget();
		if (size >= 64 * LARGE) malloc_trim(0); // what compiling this program left behind
		if (count < BLOCKS) {
			p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			if (p == MAP_FAILED) p = NULL;
			else {
				madvise(p, size, MADV_HUGEPAGE); // a wish
				blocks[count++] = (struct block){p, size, 1};
			}
		}
	}
	pthread_mutex_unlock(&lock);
	return p;
}

static void *aligned(size_t alignment, size_t size) {
	if (size >= LARGE && alignment <= PAGE) {
		void *p = large(size);
		if (p != NULL) return p;
	}
	return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) { return aligned(alignment, size); }

int posix_memalign(void **p, size_t alignment, size_t size) {
	*p = aligned(alignment, size);
	return *p == NULL ? ENOMEM : 0;
}

void free(void *p) {
	if (p != NULL && ((uintptr_t)p & (PAGE - 1)) == 0) {
		pthread_mutex_lock(&lock);
		for (int i = 0; i < count; i++) {
			if (blocks[i].at == p) {
				blocks[i].used = 0;
				pthread_cond_broadcast(&returned);
				pthread_mutex_unlock(&lock);
				return;
			}
		}
		pthread_mutex_unlock(&lock);
	}
	__libc_free(p);
}
#endif
