// Memory for XLA's plug-in for the CPU: its large blocks are kept when it frees them and handed out
// again for the same size. keep_buffers redirects the plug-in's imports of aligned_alloc,
// posix_memalign, realloc and free to the functions below; the allocator of the rest of the process,
// other libraries included, stays as it is. What the plug-in allocates so it frees itself: no such
// block crosses PJRT's interface.

#define _GNU_SOURCE // dl_iterate_phdr

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { PAGE = 4096, LARGE = 1 << 20, BLOCKS = 1 << 14 };

static struct block {
	char *at;
	size_t size;
	int used;
	size_t since; // mapped when it was freed
} blocks[BLOCKS];
static int count;     // blocks[:count] are mapped
static size_t mapped; // bytes, in all
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

// forget unmaps what came from another program than a request of size that nothing kept fits: the
// blocks in whose absence more than an eighth of their size would be mapped. The eighth keeps the
// gigabytes of a step's gradients over the megabytes of its update.
static void forget(size_t size) {
	int n = 0;
	for (int i = 0; i < count; i++) {
		struct block *b = &blocks[i];
		if (b->used || mapped + size - b->since <= b->size / 8) blocks[n++] = *b;
		else munmap(b->at, b->size);
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

// large is a kept or a new block, NULL where the kernel gives none.
static void *large(size_t size) {
	if (size > PTRDIFF_MAX) return NULL;
	size = (size + PAGE - 1) & ~(size_t)(PAGE - 1);
	pthread_mutex_lock(&lock);
	if (size >= 128 * LARGE) await(size);
	void *p = kept(size);
	if (p == NULL) {
		forget(size);
#ifdef __GLIBC__
		if (size >= 64 * LARGE) malloc_trim(0); // what compiling this program left behind
#endif
		if (count < BLOCKS) {
			p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			if (p == MAP_FAILED) p = NULL;
			else {
				madvise(p, size, MADV_HUGEPAGE); // a wish
				blocks[count++] = (struct block){p, size, 1, 0};
				mapped += size;
			}
		}
	}
	pthread_mutex_unlock(&lock);
	return p;
}

// find is the block in use at p, or NULL. The caller holds the lock.
static struct block *find(void *p) {
	if (p == NULL || ((uintptr_t)p & (PAGE - 1)) != 0) return NULL;
	for (int i = 0; i < count; i++) {
		if (blocks[i].at == p && blocks[i].used) return &blocks[i];
	}
	return NULL;
}

static void plugin_free(void *p) {
	pthread_mutex_lock(&lock);
	struct block *b = find(p);
	if (b != NULL) {
		b->used = 0;
		b->since = mapped;
		pthread_cond_broadcast(&returned);
	}
	pthread_mutex_unlock(&lock);
	if (b == NULL) free(p);
}

static void *plugin_aligned_alloc(size_t alignment, size_t size) {
	if (size >= LARGE && alignment > 0 && alignment <= PAGE && (alignment & (alignment - 1)) == 0) {
		void *p = large(size);
		if (p != NULL) return p;
	}
	return aligned_alloc(alignment, size);
}

static int plugin_posix_memalign(void **p, size_t alignment, size_t size) {
	if (size >= LARGE && alignment >= sizeof(void *) && alignment <= PAGE && (alignment & (alignment - 1)) == 0) {
		void *q = large(size);
		if (q != NULL) {
			*p = q;
			return 0;
		}
	}
	return posix_memalign(p, alignment, size);
}

static void *plugin_realloc(void *p, size_t size) {
	pthread_mutex_lock(&lock);
	struct block *b = find(p);
	size_t old = b == NULL ? 0 : b->size;
	pthread_mutex_unlock(&lock);
	if (b == NULL) return realloc(p, size);
	void *q = NULL;
	if (size > 0) { // as in glibc, 0 frees
		if ((q = malloc(size)) == NULL) return NULL;
		memcpy(q, p, size < old ? size : old);
	}
	plugin_free(p);
	return q;
}

static const struct { const char *name; void *function; } hooks[] = {
	{"aligned_alloc", plugin_aligned_alloc},
	{"posix_memalign", plugin_posix_memalign},
	{"realloc", plugin_realloc},
	{"free", plugin_free},
};

// relocate redirects every slot among the relocations that is bound to one of hooks; it returns how many.
static int relocate(uintptr_t base, const Elf64_Rela *r, size_t bytes, const Elf64_Sym *symbols, const char *names) {
	int n = 0;
	for (const Elf64_Rela *end = r + bytes / sizeof *r; r < end; r++) {
		unsigned type = ELF64_R_TYPE(r->r_info);
		if (type != R_X86_64_JUMP_SLOT && type != R_X86_64_GLOB_DAT && type != R_X86_64_64) continue;
		const Elf64_Sym *s = &symbols[ELF64_R_SYM(r->r_info)];
		for (size_t i = 0; i < sizeof hooks / sizeof *hooks; i++) {
			if (s->st_shndx != SHN_UNDEF || strcmp(names + s->st_name, hooks[i].name) != 0) continue;
			__atomic_store_n((void **)(base + r->r_offset), hooks[i].function, __ATOMIC_RELEASE);
			n++;
		}
	}
	return n;
}

// plugin redirects the imports of one loaded object if its file is a PJRT plug-in for the CPU.
static int plugin(struct dl_phdr_info *object, size_t size, void *redirected) {
	const char *file = strrchr(object->dlpi_name, '/');
	if (file == NULL || strstr(file, "pjrt") == NULL || strstr(file, "cpu") == NULL) return 0;
	uintptr_t base = object->dlpi_addr, readOnly = 0, end = 0; // what the loader has made read-only: RELRO
	const Elf64_Dyn *d = NULL;
	for (int i = 0; i < object->dlpi_phnum; i++) {
		const Elf64_Phdr *h = &object->dlpi_phdr[i];
		if (h->p_type == PT_DYNAMIC) d = (const void *)(base + h->p_vaddr);
		if (h->p_type == PT_GNU_RELRO) {
			readOnly = (base + h->p_vaddr) & ~(uintptr_t)(PAGE - 1);
			end = (base + h->p_vaddr + h->p_memsz) & ~(uintptr_t)(PAGE - 1);
		}
	}
	const Elf64_Rela *rela = NULL, *plt = NULL;
	const Elf64_Sym *symbols = NULL;
	const char *names = NULL;
	size_t relaBytes = 0, pltBytes = 0;
	for (; d != NULL && d->d_tag != DT_NULL; d++) {
		switch (d->d_tag) { // glibc has made the addresses absolute
		case DT_RELA: rela = (const void *)d->d_un.d_ptr; break;
		case DT_RELASZ: relaBytes = d->d_un.d_val; break;
		case DT_JMPREL: plt = (const void *)d->d_un.d_ptr; break;
		case DT_PLTRELSZ: pltBytes = d->d_un.d_val; break;
		case DT_SYMTAB: symbols = (const void *)d->d_un.d_ptr; break;
		case DT_STRTAB: names = (const void *)d->d_un.d_ptr; break;
		}
	}
	if (symbols == NULL || names == NULL) return 0;
	if (end > readOnly && mprotect((void *)readOnly, end - readOnly, PROT_READ | PROT_WRITE) != 0) return -errno;
	*(int *)redirected += relocate(base, rela, relaBytes, symbols, names) + relocate(base, plt, pltBytes, symbols, names);
	if (end > readOnly && mprotect((void *)readOnly, end - readOnly, PROT_READ) != 0) return -errno;
	return 0;
}

// keep_buffers is how many imports it redirected, 0 without a plug-in that imports an allocator, or a
// negative errno. Blocks allocated before stay libc's and are freed as such.
int keep_buffers(void) {
	int redirected = 0;
	int e = dl_iterate_phdr(plugin, &redirected);
	return e < 0 ? e : redirected;
}
