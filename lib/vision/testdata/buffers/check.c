// Checks of buffers_linux_amd64.c on the plug-in of plugin.c: check PLUGIN. It prints what is wrong
// and ends with 1.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MIB ((size_t)1 << 20)
#define CHECK(x) do { if (!(x)) { printf("line %d: not %s\n", __LINE__, #x); exit(1); } } while (0)

int keep_buffers(void);

static void *(*take)(size_t, size_t), *(*small)(size_t), *(*resize)(void *, size_t);
static int (*take_posix)(void **, size_t, size_t);
static void (*give)(void *), (**release)(void *);

static int mapped(void *p) {
	unsigned char in[1];
	return mincore(p, 4096, in) == 0;
}

static void fill(unsigned char *p, size_t size, unsigned seed) {
	for (size_t i = 0; i < size; i += 509) p[i] = (unsigned char)(i / 509 + seed);
	p[size - 1] = (unsigned char)seed;
}

static int filled(unsigned char *p, size_t size, size_t whole, unsigned seed) {
	for (size_t i = 0; i < size; i += 509) {
		if (i != whole - 1 && p[i] != (unsigned char)(i / 509 + seed)) return 0;
	}
	return size < whole || p[whole - 1] == (unsigned char)seed;
}

// churn allocates, resizes and frees at random; nobody else may write to what it holds.
static void *churn(void *seed) {
	enum { HELD = 4 };
	struct { unsigned char *at; size_t size; unsigned seed; } held[HELD] = {0};
	unsigned random = (unsigned)(uintptr_t)seed;
	for (int i = 0; i < 400; i++) {
		random = random * 1664525 + 1013904223;
		int h = random >> 30;
		size_t size = MIB / 2 + (random >> 12 & 7) * MIB / 4;
		if (held[h].at == NULL) {
			held[h].at = random & 1 << 20 ? take(64, size) : small(size);
		} else {
			CHECK(filled(held[h].at, held[h].size, held[h].size, held[h].seed));
			if (random & 1 << 21) {
				give(held[h].at);
				held[h].at = NULL;
				continue;
			}
			unsigned char *p = resize(held[h].at, size);
			CHECK(p != NULL && filled(p, size < held[h].size ? size : held[h].size, held[h].size, held[h].seed));
			held[h].at = p;
		}
		CHECK(held[h].at != NULL);
		held[h].size = size;
		held[h].seed = random >> 8;
		fill(held[h].at, size, held[h].seed);
	}
	for (int h = 0; h < HELD; h++) give(held[h].at);
	return NULL;
}

static void *later(void *p) {
	usleep(20000);
	give(p);
	return NULL;
}

int main(int argc, char **argv) {
	void *plugin = argc == 2 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
	CHECK(plugin != NULL);
	take = dlsym(plugin, "take"), take_posix = dlsym(plugin, "take_posix"), small = dlsym(plugin, "small");
	resize = dlsym(plugin, "resize"), give = dlsym(plugin, "give"), release = dlsym(plugin, "release");
	CHECK(take && take_posix && small && resize && give && release);
	CHECK(*release == free);

	void *before = take(64, 8 * MIB);
	CHECK(keep_buffers() == 5); // the four functions, free twice
	CHECK(*release != free);
	give(before); // libc's block, to libc

	// A block is kept for its size and for a little less, and aligned.
	unsigned char *p = take(64, 8 * MIB);
	CHECK(p != NULL && (uintptr_t)p % 4096 == 0);
	fill(p, 8 * MIB, 1);
	give(p);
	CHECK(mapped(p));
	CHECK(take(64, 8 * MIB) == (void *)p);
	unsigned char *other = take(64, 8 * MIB);
	CHECK(other != NULL && other != p);
	(*release)(other);
	void *q = NULL;
	CHECK(take_posix(&q, 64, 7 * MIB) == 0 && q == other);
	give(q);

	// What fits nothing kept lets go of it; what is in use stays.
	fill(p, 8 * MIB, 2);
	unsigned char *large = take(64, 20 * MIB);
	CHECK(large != NULL && filled(p, 8 * MIB, 8 * MIB, 2));
	CHECK(!mapped(other) || (large <= other && other < large + 20 * MIB)); // the kernel may reuse the address

	// A block outlives requests that come to an eighth of it, not one more.
	give(large);
	unsigned char *little = take(64, 2 * MIB);
	CHECK(little != NULL && mapped(large));
	unsigned char *more = take(64, MIB);
	CHECK(more != NULL);
	CHECK(!mapped(large) || (more <= large && large < more + 2 * MIB));
	give(little);
	give(more);

	// A block that is resized keeps its content, whoever it came from, and goes back.
	unsigned char *r = resize(p, 12 * MIB);
	CHECK(r != NULL && r != p && filled(r, 8 * MIB, 8 * MIB, 2));
	CHECK(malloc_usable_size(r) >= 12 * MIB); // the content moved to a block of libc's
	CHECK(take(64, 8 * MIB) == (void *)p);
	fill(p, 8 * MIB, 3);
	unsigned char *s = resize(p, 3 * MIB);
	CHECK(s != NULL && filled(s, 3 * MIB, 8 * MIB, 3));
	give(s);
	r = resize(r, 64);
	CHECK(r != NULL && filled(r, 64, 8 * MIB, 2));
	give(r);
	p = take(64, 8 * MIB);
	CHECK(resize(p, 0) == NULL && take(64, 8 * MIB) == (void *)p);
	p = resize(p, 8 * MIB);
	give(p);
	r = resize(NULL, 5 * MIB);
	CHECK(r != NULL);
	give(r);
	give(NULL);

	// Small blocks, other alignments and bad requests are libc's, and go back there.
	struct mallinfo2 was = mallinfo2();
	give(small(40 * MIB));
	CHECK(mallinfo2().hblkhd == was.hblkhd);
	p = take(64, MIB - 64);
	CHECK(malloc_usable_size(p) >= MIB - 64);
	give(p);
	p = take(2 * MIB, 2 * MIB);
	CHECK((uintptr_t)p % (2 * MIB) == 0);
	give(p);
	q = &q;
	CHECK(take_posix(&q, 3, 8 * MIB) == EINVAL && take_posix(&q, 0, 8 * MIB) == EINVAL && q == &q);
	CHECK(take_posix(&q, 64, PTRDIFF_MAX) == ENOMEM && take(64, SIZE_MAX - 64) == NULL);

	// The program's own calls are untouched: its blocks are not from what is kept.
	p = take(64, 8 * MIB);
	give(p);
	q = aligned_alloc(64, 8 * MIB);
	CHECK(q != p && malloc_usable_size(q) >= 8 * MIB);
	free(q);

	// A huge block that comes back in a moment is waited for, one that does not is not.
	p = take(64, 128 * MIB);
	pthread_t thread;
	CHECK(pthread_create(&thread, NULL, later, p) == 0);
	CHECK(take(64, 128 * MIB) == (void *)p);
	CHECK(pthread_join(thread, NULL) == 0);
	q = take(64, 128 * MIB);
	CHECK(q != NULL && q != p);
	give(p);
	give(q);

	pthread_t threads[8];
	for (int i = 0; i < 8; i++) CHECK(pthread_create(&threads[i], NULL, churn, (void *)(uintptr_t)(i + 1)) == 0);
	for (int i = 0; i < 8; i++) CHECK(pthread_join(threads[i], NULL) == 0);
	return 0;
}
