// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "notes.h"

/*
 * The headers are read by hand, not through a library: a library reads a section table that passes
 * the end of the file as "no sections", which would make a truncated file one without probes, and
 * it can't say at which offset a file is damaged. A file without the section costs three reads.
 */

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "headers are used as they are read");

#define NOTES_NAME "stapsdt notes"
#define NOTE_TYPE  3

/* Far above any real file's; a hostile one costs no more than this, however large it claims to be.
 */
#define MAX_TABLE_BYTES	 (64u << 20) /* section headers, section names */
#define MAX_NOTES_BYTES	 (16u << 20) /* all .note.stapsdt sections */
#define MAX_PHDR_BYTES	 65536u	     /* what Linux loads */
#define MAX_USER_ADDRESS (UINT64_MAX >> 1)

struct reader {
	int fd;
	const char *label;
	uint64_t size;
	char *why;
	size_t why_size;
};

/* A part of the file that gets mapped: [addr, addr + size) stands at `offset`. */
struct load {
	uint64_t addr, size, offset;
	uint32_t flags;
};

struct image {
	Elf64_Ehdr eh;
	Elf64_Shdr *sections;
	uint64_t nsections;
	uint64_t code_start, code_end; /* span of the executable sections */
	uint64_t base;		       /* address of .stapsdt.base; 0: there is none */
	uint64_t notes_size;	       /* of all note sections together */
	bool *is_note;		       /* by section */
	struct load *loads;
	int nloads;
};

/* A good note, its strings still in the section's bytes. */
struct ref {
	const char *provider, *name, *args;
	uint64_t addr, offset, sema_offset;
	size_t seq;
};

struct builder {
	struct reader *r;
	const struct image *image;
	struct ref *refs;
	size_t nrefs, capacity;
	int phantoms, malformed;
};

/* What notes__read() hands out: the strings of all probes and sites stand in `bytes`. */
struct table {
	struct notes notes; /* first */
	char *bytes;
	struct note_site *sites;
};

static int fail(struct reader *r, int err, const char *kind, uint64_t offset, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

static int fail(struct reader *r, int err, const char *kind, uint64_t offset, const char *fmt, ...)
{
	char what[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	/* the label is the part that may be cut: it can be as long as a path */
	snprintf(r->why, r->why_size, "%.256s: %s at offset 0x%llx: %s", r->label, kind,
		 (unsigned long long)offset, what);
	return err;
}

static int fail_memory(struct reader *r, uint64_t offset, const char *what)
{
	return fail(r, -ENOMEM, "not read", offset, "no memory for the %s (ENOMEM)", what);
}

static int check_range(struct reader *r, uint64_t offset, uint64_t len, const char *what)
{
	if (offset <= r->size && len <= r->size - offset)
		return 0;
	return fail(r, -ENOEXEC, "truncated", r->size, "%s at 0x%llx, 0x%llx bytes, passes the end",
		    what, (unsigned long long)offset, (unsigned long long)len);
}

static int read_at(struct reader *r, uint64_t offset, void *buf, size_t len, const char *what)
{
	size_t done = 0;
	int err;

	err = check_range(r, offset, len, what);
	if (err)
		return err;
	while (done < len) {
		ssize_t n = pread(r->fd, (char *)buf + done, len - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(r, -EIO, "not read", offset + done, "%s: %s", what,
				    err_name(errno));
		if (n == 0) /* it shrank since its size was taken */
			return fail(r, -ENOEXEC, "truncated", offset + done, "%s", what);
		done += (size_t)n;
	}
	return 0;
}

/* As read_at(), into new memory with a NUL behind the last byte. */
static int read_new(struct reader *r, uint64_t offset, uint64_t len, void **out, const char *what)
{
	char *buf;
	int err;

	err = check_range(r, offset, len, what);
	if (err)
		return err;
	if (len > MAX_TABLE_BYTES)
		return fail(r, -ENOEXEC, "damaged", offset, "%s of 0x%llx bytes is no real file's",
			    what, (unsigned long long)len);
	buf = malloc(len + 1);
	if (!buf)
		return fail_memory(r, offset, what);
	err = read_at(r, offset, buf, len, what);
	if (err) {
		free(buf);
		return err;
	}
	buf[len] = '\0';
	*out = buf;
	return 0;
}

static int read_header(struct reader *r, Elf64_Ehdr *eh)
{
	struct stat st;
	int err;

	if (fstat(r->fd, &st) < 0)
		return fail(r, -EIO, "not read", 0, "its size: %s", err_name(errno));
	if (!S_ISREG(st.st_mode))
		return fail(r, -ENOEXEC, "refused", 0, "not a regular file, so not an ELF file");
	r->size = (uint64_t)st.st_size;

	memset(eh, 0, sizeof(*eh));
	err = read_at(r, 0, eh, r->size < sizeof(*eh) ? r->size : sizeof(*eh), "ELF header");
	if (err)
		return err;
	if (memcmp(eh->e_ident, ELFMAG, SELFMAG))
		return fail(r, -ENOEXEC, "refused", 0, "not an ELF file");
	err = check_range(r, 0, EI_NIDENT, "ELF header");
	if (err)
		return err;
	/* the class goes first: a 32-bit header is shorter */
	if (eh->e_ident[EI_CLASS] == ELFCLASS32)
		return fail(r, -ENOEXEC, "refused", EI_CLASS,
			    "a 32-bit ELF file; only 64-bit little-endian ones are supported");
	if (eh->e_ident[EI_CLASS] != ELFCLASS64)
		return fail(r, -ENOEXEC, "damaged", EI_CLASS, "unknown ELF class %u",
			    eh->e_ident[EI_CLASS]);
	if (eh->e_ident[EI_DATA] == ELFDATA2MSB)
		return fail(r, -ENOEXEC, "refused", EI_DATA,
			    "a big-endian ELF file; only 64-bit little-endian ones are supported");
	if (eh->e_ident[EI_DATA] != ELFDATA2LSB)
		return fail(r, -ENOEXEC, "damaged", EI_DATA, "unknown byte order %u",
			    eh->e_ident[EI_DATA]);
	return check_range(r, 0, sizeof(*eh), "ELF header");
}

/* Reads the section headers; leaves nsections 0 when the file has none. */
static int read_sections(struct reader *r, struct image *im)
{
	const Elf64_Ehdr *eh = &im->eh;
	uint64_t count = eh->e_shnum;
	Elf64_Shdr first;
	void *table;
	int err;

	if (!eh->e_shoff)
		return 0;
	if (eh->e_shentsize != sizeof(Elf64_Shdr))
		return fail(r, -ENOEXEC, "damaged", offsetof(Elf64_Ehdr, e_shentsize),
			    "section headers of %u bytes, not %zu", eh->e_shentsize,
			    sizeof(Elf64_Shdr));
	if (!count) {
		/* 65280 and more do not fit the field: section 0 has the number */
		err = read_at(r, eh->e_shoff, &first, sizeof(first), "section header 0");
		if (err)
			return err;
		count = first.sh_size;
	}
	if (count > MAX_TABLE_BYTES / sizeof(Elf64_Shdr))
		return fail(r, -ENOEXEC, "damaged", eh->e_shoff,
			    "0x%llx sections are no real file's", (unsigned long long)count);
	err = read_new(r, eh->e_shoff, count * sizeof(Elf64_Shdr), &table, "section header table");
	if (err)
		return err;
	im->sections = table;
	im->nsections = count;
	return 0;
}

static uint64_t section_header_offset(const struct image *im, uint64_t index)
{
	return im->eh.e_shoff + index * sizeof(Elf64_Shdr);
}

/* Reads the section names; leaves *names NULL when the sections have none. */
static int read_section_names(struct reader *r, const struct image *im, char **names,
			      uint64_t *names_size)
{
	uint64_t index = im->eh.e_shstrndx;
	const Elf64_Shdr *sh;
	void *bytes;
	int err;

	if (index == SHN_XINDEX)
		index = im->sections[0].sh_link;
	if (index == SHN_UNDEF)
		return 0;
	if (index >= im->nsections)
		return fail(r, -ENOEXEC, "damaged", offsetof(Elf64_Ehdr, e_shstrndx),
			    "section names in section %llu of %llu", (unsigned long long)index,
			    (unsigned long long)im->nsections);
	sh = &im->sections[index];
	if (sh->sh_type != SHT_STRTAB || (sh->sh_flags & SHF_COMPRESSED))
		return fail(r, -ENOEXEC, "damaged", section_header_offset(im, index),
			    "section %llu, of the section names, is no string table",
			    (unsigned long long)index);
	err = read_new(r, sh->sh_offset, sh->sh_size, &bytes, "section name table");
	if (err)
		return err;
	*names = bytes;
	*names_size = sh->sh_size;
	return 0;
}

static int check_note_section(struct reader *r, struct image *im, uint64_t index)
{
	const Elf64_Shdr *sh = &im->sections[index];
	int err;

	/* also SHT_NOBITS: a debug file, its notes are in the file it was split from */
	if (sh->sh_type != SHT_NOTE || (sh->sh_flags & SHF_COMPRESSED))
		return fail(r, -ENOEXEC, "damaged", section_header_offset(im, index),
			    ".note.stapsdt holds no plain notes (type %u, flags 0x%llx)",
			    sh->sh_type, (unsigned long long)sh->sh_flags);
	err = check_range(r, sh->sh_offset, sh->sh_size, ".note.stapsdt");
	if (err)
		return err;
	/* a sum past the file's size: the same bytes given out for several sections */
	if (sh->sh_size > MAX_NOTES_BYTES - im->notes_size ||
	    sh->sh_size > r->size - im->notes_size)
		return fail(r, -ENOEXEC, "damaged", section_header_offset(im, index),
			    ".note.stapsdt of 0x%llx bytes is no real file's",
			    (unsigned long long)sh->sh_size);
	im->notes_size += sh->sh_size;
	im->is_note[index] = true;
	return 0;
}

static void widen_code(struct image *im, const Elf64_Shdr *sh)
{
	uint64_t end = sh->sh_addr + sh->sh_size;

	if (end < sh->sh_addr)
		end = UINT64_MAX;
	if (im->code_start == im->code_end || sh->sh_addr < im->code_start)
		im->code_start = sh->sh_addr;
	if (end > im->code_end)
		im->code_end = end;
}

/* Finds the note sections, .stapsdt.base and the executable sections' span. */
static int find_sections(struct reader *r, struct image *im)
{
	uint64_t names_size = 0;
	char *names = NULL;
	int err;

	err = read_section_names(r, im, &names, &names_size);
	if (err || !names)
		return err;
	im->is_note = calloc(im->nsections, sizeof(*im->is_note));
	if (!im->is_note)
		err = fail_memory(r, im->eh.e_shoff, "section table");
	for (uint64_t i = 1; i < im->nsections && !err; i++) {
		const Elf64_Shdr *sh = &im->sections[i];
		const uint64_t code = SHF_ALLOC | SHF_EXECINSTR;
		const char *name = sh->sh_name < names_size ? names + sh->sh_name : "";

		if ((sh->sh_flags & code) == code && sh->sh_size)
			widen_code(im, sh);
		if (!strcmp(name, ".note.stapsdt"))
			err = check_note_section(r, im, i);
		else if (!im->base && !strcmp(name, ".stapsdt.base"))
			im->base = sh->sh_addr;
	}
	free(names);
	return err;
}

static int add_load(struct reader *r, struct image *im, const Elf64_Phdr *ph, uint64_t offset)
{
	int err;

	err = check_range(r, ph->p_offset, ph->p_filesz, "PT_LOAD segment");
	if (err)
		return err;
	if (ph->p_vaddr > MAX_USER_ADDRESS || ph->p_filesz > MAX_USER_ADDRESS - ph->p_vaddr)
		return fail(r, -ENOEXEC, "damaged", offset, "segment at address 0x%llx",
			    (unsigned long long)ph->p_vaddr);
	im->loads[im->nloads++] = (struct load){
		.addr = ph->p_vaddr,
		.size = ph->p_filesz,
		.offset = ph->p_offset,
		.flags = ph->p_flags,
	};
	return 0;
}

static int read_loads(struct reader *r, struct image *im)
{
	const Elf64_Ehdr *eh = &im->eh;
	uint64_t count = eh->e_phnum;
	Elf64_Phdr *ph;
	void *table;
	int err;

	if (count == PN_XNUM)
		count = im->sections[0].sh_info;
	if (!count)
		return 0; /* an object file: all its notes are phantoms until it is linked */
	if (eh->e_phentsize != sizeof(*ph) || count > MAX_PHDR_BYTES / sizeof(*ph))
		return fail(r, -ENOEXEC, "damaged", offsetof(Elf64_Ehdr, e_phentsize),
			    "%llu program headers of %u bytes", (unsigned long long)count,
			    eh->e_phentsize);
	err = read_new(r, eh->e_phoff, count * sizeof(*ph), &table, "program header table");
	if (err)
		return err;
	ph = table;
	im->loads = calloc(count, sizeof(*im->loads));
	if (!im->loads)
		err = fail_memory(r, eh->e_phoff, "program headers");
	for (uint64_t i = 0; i < count && !err; i++) {
		if (ph[i].p_type == PT_LOAD && ph[i].p_filesz)
			err = add_load(r, im, &ph[i], eh->e_phoff + i * sizeof(*ph));
	}
	free(table);
	return err;
}

/* Where [addr, addr + len) stands in the file, if a segment with all of `flags` maps it from there.
 */
static bool image_offset(const struct image *im, uint64_t addr, uint64_t len, uint32_t flags,
			 uint64_t *offset)
{
	for (int i = 0; i < im->nloads; i++) {
		const struct load *l = &im->loads[i];
		uint64_t at = addr - l->addr;

		if (addr < l->addr || at >= l->size || len > l->size - at)
			continue;
		if ((l->flags & flags) != flags)
			continue;
		*offset = l->offset + at;
		return true;
	}
	return false;
}

/*
 * Whether code stands at `addr`, and where in the file. A note of code that the linker dropped
 * keeps the address's distance from its section's start, a small number. In a file whose first
 * segment holds headers and code alike such an address has an executable segment, but lies before
 * the first executable section.
 */
static bool code_offset(const struct image *im, uint64_t addr, uint64_t *offset)
{
	if (im->code_end && (addr < im->code_start || addr >= im->code_end))
		return false;
	return image_offset(im, addr, 1, PF_X, offset);
}

static int add_ref(struct builder *b, const struct ref *ref, uint64_t at)
{
	if (b->nrefs == b->capacity) {
		size_t capacity = b->capacity ? b->capacity * 2 : 64;
		struct ref *refs = reallocarray(b->refs, capacity, sizeof(*refs));

		if (!refs)
			return fail_memory(b->r, at, NOTES_NAME);
		b->refs = refs;
		b->capacity = capacity;
	}
	b->refs[b->nrefs] = *ref;
	b->refs[b->nrefs].seq = b->nrefs;
	b->nrefs++;
	return 0;
}

/* The string at *pos, and *pos behind it; NULL if it is not ended before `end`. */
static const char *next_string(const char **pos, const char *end)
{
	const char *s = *pos;
	const char *nul = memchr(s, '\0', (size_t)(end - s));

	if (!nul)
		return NULL;
	*pos = nul + 1;
	return s;
}

/* A descriptor: address, base and semaphore, 8 bytes each, then provider, name and arguments. */
static int parse_desc(struct builder *b, const char *desc, size_t size, uint64_t at)
{
	const char *pos, *end = desc + size;
	struct ref ref = { 0 };
	uint64_t words[3];

	if (size < sizeof(words))
		goto malformed;
	memcpy(words, desc, sizeof(words));
	pos = desc + sizeof(words);
	ref.provider = next_string(&pos, end);
	ref.name = ref.provider ? next_string(&pos, end) : NULL;
	ref.args = ref.name ? next_string(&pos, end) : NULL;
	if (!ref.args || !ref.provider[0] || !ref.name[0])
		goto malformed;

	/*
	 * prelink moves a file's segments but not its notes, which are not loaded; the base moved
	 * along. A base of 0 on either side is one that the linker dropped, and says nothing.
	 */
	if (b->image->base && words[1]) {
		words[0] += b->image->base - words[1];
		if (words[2])
			words[2] += b->image->base - words[1];
	}
	ref.addr = words[0];
	if (!code_offset(b->image, ref.addr, &ref.offset)) {
		b->phantoms++;
		return 0;
	}
	/*
	 * The kernel finds a semaphore by its offset in the file and wants it writable. One without
	 * (in .bss, in no segment) can't be raised, so the process would never come to the probe:
	 * better no probe than one that attaches and stays silent.
	 */
	if (words[2] && !image_offset(b->image, words[2], sizeof(uint16_t), PF_W, &ref.sema_offset))
		goto malformed;
	return add_ref(b, &ref, at);

malformed:
	b->malformed++;
	return 0;
}

static uint64_t align4(uint64_t n)
{
	return (n + 3) & ~(uint64_t)3;
}

/* Goes over the notes in `bytes`, which stand at `at` in the file. */
static int parse_notes(struct builder *b, const char *bytes, size_t size, uint64_t at)
{
	static const char owner[] = "stapsdt";
	size_t pos = 0;

	while (size - pos >= sizeof(Elf64_Nhdr)) {
		uint64_t name, desc, end;
		Elf64_Nhdr nh;
		int err;

		memcpy(&nh, bytes + pos, sizeof(nh));
		name = pos + sizeof(nh);
		desc = name + align4(nh.n_namesz);
		end = desc + nh.n_descsz;
		if (end > size) /* where the next would start is not known, so the rest is lost */
			return fail(
				b->r, -ENOEXEC, "damaged", at + pos,
				"note with a name of 0x%x and a descriptor of 0x%x bytes passes the end of .note.stapsdt",
				nh.n_namesz, nh.n_descsz);
		if (nh.n_type == NOTE_TYPE && nh.n_namesz == sizeof(owner) &&
		    !memcmp(bytes + name, owner, sizeof(owner))) {
			err = parse_desc(b, bytes + desc, nh.n_descsz, at + pos);
			if (err)
				return err;
		} else {
			b->malformed++;
		}
		pos = align4(end) < size ? align4(end) : size;
	}
	/* too short for a note: padding, if it is all zero */
	for (; pos < size; pos++) {
		if (bytes[pos]) {
			b->malformed++;
			break;
		}
	}
	return 0;
}

static int compare_names(const char *provider1, const char *name1, const char *provider2,
			 const char *name2)
{
	int c = strcmp(provider1, provider2);

	return c ? c : strcmp(name1, name2);
}

static int compare_refs(const void *a, const void *b)
{
	const struct ref *x = a, *y = b;
	int c = compare_names(x->provider, x->name, y->provider, y->name);

	if (c)
		return c;
	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq; /* of two the file's first stays */
}

static bool same_probe(const struct ref *x, const struct ref *y)
{
	return !compare_names(x->provider, x->name, y->provider, y->name);
}

/* Sorts the notes and drops what is there twice; the number of probes left. */
static size_t sort_refs(struct builder *b)
{
	size_t nprobes = 0, n = 0;

	if (b->nrefs)
		qsort(b->refs, b->nrefs, sizeof(*b->refs), compare_refs);
	for (size_t i = 0; i < b->nrefs; i++) {
		bool same = n && same_probe(&b->refs[n - 1], &b->refs[i]);

		if (same && b->refs[n - 1].offset == b->refs[i].offset)
			continue;
		nprobes += !same;
		b->refs[n++] = b->refs[i];
	}
	b->nrefs = n;
	return nprobes;
}

/* Turns the sorted notes into probes with their sites. */
static int fill_table(struct builder *b, struct table *t, int machine)
{
	size_t nprobes = sort_refs(b);
	struct note_probe *p = NULL;

	t->notes.machine = machine;
	t->notes.phantoms = b->phantoms;
	t->notes.malformed = b->malformed;
	t->notes.probes = calloc(nprobes ? nprobes : 1, sizeof(*p));
	t->sites = calloc(b->nrefs ? b->nrefs : 1, sizeof(*t->sites));
	if (!t->notes.probes || !t->sites)
		return fail_memory(b->r, 0, NOTES_NAME);

	for (size_t i = 0; i < b->nrefs; i++) {
		const struct ref *ref = &b->refs[i];
		struct note_site *site = &t->sites[i];

		if (!i || !same_probe(&b->refs[i - 1], ref)) {
			p = &t->notes.probes[t->notes.nprobes++];
			p->provider = (char *)ref->provider;
			p->name = (char *)ref->name;
			p->sites = site;
		}
		p->nsites++;
		if (!p->sema_offset)
			p->sema_offset = ref->sema_offset;
		site->addr = ref->addr;
		site->offset = ref->offset;
		site->sema_offset = ref->sema_offset;
		site->args_text = (char *)ref->args;
		notes_parse_args(machine, ref->args, site);
	}
	return 0;
}

static int read_notes(struct reader *r, const struct image *im, struct table *t)
{
	struct builder b = { .r = r, .image = im };
	size_t pos = 0;
	int err = 0;

	t->bytes = malloc(im->notes_size + 1);
	if (!t->bytes)
		return fail_memory(r, 0, NOTES_NAME);
	for (uint64_t i = 0; i < im->nsections && !err; i++) {
		const Elf64_Shdr *sh = &im->sections[i];

		if (!im->is_note[i])
			continue;
		err = read_at(r, sh->sh_offset, t->bytes + pos, sh->sh_size, ".note.stapsdt");
		if (!err)
			err = parse_notes(&b, t->bytes + pos, sh->sh_size, sh->sh_offset);
		pos += sh->sh_size;
	}
	if (!err)
		err = fill_table(&b, t, im->eh.e_machine);
	free(b.refs);
	return err;
}

int notes__read(int fd, const char *label, struct notes **out, char *why, size_t why_size)
{
	struct reader r = { .fd = fd, .label = label, .why = why, .why_size = why_size };
	struct image im = { 0 };
	struct table *t;
	int err;

	*out = NULL;
	t = calloc(1, sizeof(*t));
	if (!t)
		return fail_memory(&r, 0, "table");
	err = read_header(&r, &im.eh);
	if (!err) {
		t->notes.machine = im.eh.e_machine;
		err = read_sections(&r, &im);
	}
	if (!err && im.nsections)
		err = find_sections(&r, &im);
	if (!err && im.notes_size) {
		err = read_loads(&r, &im);
		if (!err)
			err = read_notes(&r, &im, t);
	}
	free(im.sections);
	free(im.is_note);
	free(im.loads);
	if (err) {
		notes__free(&t->notes);
		return err;
	}
	*out = &t->notes;
	return 0;
}

void notes__free(struct notes *notes)
{
	struct table *t = (struct table *)notes;

	if (!t)
		return;
	free(t->notes.probes);
	free(t->sites);
	free(t->bytes);
	free(t);
}

const struct note_probe *notes_find(const struct notes *notes, const char *provider,
				    const char *name)
{
	int low = 0, high = notes->nprobes;

	while (low < high) {
		int middle = low + (high - low) / 2;
		const struct note_probe *p = &notes->probes[middle];
		int c = compare_names(provider, name, p->provider, p->name);

		if (!c)
			return p;
		if (c < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

bool notes_has_provider(const struct notes *notes, const char *provider)
{
	for (int i = 0; i < notes->nprobes; i++) {
		if (!strcmp(notes->probes[i].provider, provider))
			return true;
	}
	return false;
}
