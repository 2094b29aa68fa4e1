// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <inttypes.h>
#include <libelf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "notes.h"

/*
 * Files are read through libelf. Checked by hand is what it passes over: it takes a table that the
 * file's end cuts for none, which would make a truncated file one without probes, and it does not
 * say where a file is damaged.
 */

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "notes are used as they are read");

#define NOTES_SECTION ".note.stapsdt"
#define NOTE_OWNER    "stapsdt"
#define NOTE_TYPE     3
#define NOTE_MIN_SIZE (sizeof(Elf64_Nhdr) + sizeof(NOTE_OWNER) + 3 * 8 + sizeof("p\0n\0"))

/* Far above any real file's: a hostile one costs no more, however large it claims to be. */
#define MAX_SECTIONS	  (1u << 18)
#define MAX_SECTION_BYTES (16u << 20) /* section names; all .note.stapsdt sections */
#define MAX_PHDR_BYTES	  65536u      /* what Linux loads */
#define MAX_USER_ADDRESS  (UINT64_MAX >> 1)

#define ALIGN4(n)	  (((uint64_t)(n) + 3) & ~(uint64_t)3)
#define SHDR_OFFSET(r, i) ((r)->eh->e_shoff + (i) * sizeof(Elf64_Shdr))

/* A good note, its strings in the section's bytes. */
struct ref {
	const char *provider, *name, *args;
	uint64_t addr, offset, sema_offset;
	size_t seq;
};

struct reader {
	int fd;
	const char *label;
	uint64_t size; /* of the file */
	char *why;
	size_t why_size;
	int err; /* set by fail() */

	Elf64_Ehdr head; /* the ELF header, read before libelf gets the file */
	uint64_t count;	 /* of sections, by that header */

	Elf *elf;
	const Elf64_Ehdr *eh;
	const Elf64_Phdr *ph;
	size_t nph, nsections;
	const Elf_Data *names;	       /* of the sections */
	uint64_t code_start, code_end; /* span of the executable sections */
	uint64_t base;		       /* address of .stapsdt.base; 0: there is none */
	uint64_t notes_size;	       /* of all note sections together */

	struct ref *refs;
	size_t nrefs;
	int phantoms, malformed;
};

/* What notes__read() hands out: the strings of all probes and sites stand in what `elf` holds. */
struct table {
	struct notes notes; /* first */
	struct note_site *sites;
	Elf *elf;
};

/* All that reads or checks gives false when it failed, with the error in the reader. */
__attribute__((format(printf, 5, 6))) static bool fail(struct reader *r, int err, const char *kind,
						       uint64_t offset, const char *fmt, ...)
{
	char what[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	/* the label is the part that may be cut: it can be as long as a path */
	snprintf(r->why, r->why_size, "%.256s: %s at offset 0x%" PRIx64 ": %s", r->label, kind,
		 offset, what);
	r->err = err;
	return false;
}

#define refused(r, ...)	   fail(r, -ENOEXEC, "refused", __VA_ARGS__)
#define damaged(r, ...)	   fail(r, -ENOEXEC, "damaged", __VA_ARGS__)
#define truncated(r, ...)  fail(r, -ENOEXEC, "truncated", __VA_ARGS__)
#define unreadable(r, ...) fail(r, -EIO, "not read", __VA_ARGS__)
#define no_memory(r, what) fail(r, -ENOMEM, "not read", 0, "no memory for the %s (ENOMEM)", what)

/*
 * An error of libelf's, which is the same for a file that became shorter and one that can't be
 * read: its size now and errno tell.
 */
static bool fail_elf(struct reader *r, uint64_t offset, const char *what)
{
	int err = errno;
	const char *msg = elf_errmsg(-1);
	struct stat st;

	if (err == ENOMEM)
		return no_memory(r, what);
	if (!fstat(r->fd, &st) && (uint64_t)st.st_size < r->size)
		return truncated(r, (uint64_t)st.st_size, "%s: %s", what, msg);
	if (err)
		return unreadable(r, offset, "%s: %s: %s", what, msg, err_name(err));
	return damaged(r, offset, "%s: %s", what, msg);
}

static bool in_file(struct reader *r, uint64_t offset, uint64_t len, const char *what)
{
	if (offset <= r->size && len <= r->size - offset)
		return true;
	return truncated(r, r->size, "%s at 0x%" PRIx64 ", 0x%" PRIx64 " bytes, passes the end",
			 what, offset, len);
}

static bool read_at(struct reader *r, uint64_t offset, void *buf, size_t len, const char *what)
{
	ssize_t n;

	if (!in_file(r, offset, len, what))
		return false;
	n = TEMP_FAILURE_RETRY(pread(r->fd, buf, len, (off_t)offset));
	if (n < 0)
		return unreadable(r, offset, "%s: %s", what, err_name(errno));
	if ((size_t)n < len) /* it shrank since its size was taken */
		return truncated(r, offset + (size_t)n, "%s", what);
	return true;
}

/* libelf opens any file, and does not say why it takes one for no ELF file. */
static bool check_header(struct reader *r)
{
	static const char only[] = "only 64-bit little-endian ones are supported";
	const unsigned char *ident = r->head.e_ident;
	struct stat st;

	if (fstat(r->fd, &st) < 0)
		return unreadable(r, 0, "its size: %s", err_name(errno));
	if (!S_ISREG(st.st_mode))
		return refused(r, 0, "not a regular file, so not an ELF file");
	r->size = (uint64_t)st.st_size;
	if (!read_at(r, 0, &r->head, r->size < sizeof(r->head) ? r->size : sizeof(r->head),
		     "ELF header"))
		return false;
	if (memcmp(ident, ELFMAG, SELFMAG))
		return refused(r, 0, "not an ELF file");
	if (ident[EI_CLASS] == ELFCLASS32) /* before the size: its header is shorter */
		return refused(r, EI_CLASS, "a 32-bit ELF file; %s", only);
	if (!in_file(r, 0, sizeof(r->head), "ELF header"))
		return false;
	if (ident[EI_CLASS] != ELFCLASS64)
		return damaged(r, EI_CLASS, "unknown ELF class %u", ident[EI_CLASS]);
	if (ident[EI_DATA] == ELFDATA2MSB)
		return refused(r, EI_DATA, "a big-endian ELF file; %s", only);
	if (ident[EI_DATA] != ELFDATA2LSB)
		return damaged(r, EI_DATA, "unknown byte order %u", ident[EI_DATA]);
	if (ident[EI_VERSION] != EV_CURRENT)
		return damaged(r, EI_VERSION, "unknown ELF version %u", ident[EI_VERSION]);
	return true;
}

/* Before libelf has the file: it takes memory for as many sections as there are said to be. */
static bool check_section_table(struct reader *r)
{
	const Elf64_Ehdr *eh = &r->head;
	Elf64_Shdr first;

	if (!eh->e_shoff)
		return true;
	if (eh->e_shentsize != sizeof(first))
		return damaged(r, offsetof(Elf64_Ehdr, e_shentsize), "section headers of %u bytes",
			       eh->e_shentsize);
	r->count = eh->e_shnum;
	if (!r->count) {
		/* 65280 and more do not fit the field: section 0 has the number */
		if (!read_at(r, eh->e_shoff, &first, sizeof(first), "section header 0"))
			return false;
		r->count = first.sh_size;
	}
	if (r->count > MAX_SECTIONS)
		return damaged(r, eh->e_shoff, "0x%" PRIx64 " sections are no real file's",
			       r->count);
	return in_file(r, eh->e_shoff, r->count * sizeof(first), "section header table");
}

static const Elf64_Shdr *section(const struct reader *r, size_t index)
{
	return elf64_getshdr(elf_getscn(r->elf, index));
}

/* Hands the file to libelf and loads the section headers. */
static bool open_elf(struct reader *r)
{
	elf_version(EV_CURRENT);
	errno = 0; /* see fail_elf() */
	r->elf = elf_begin(r->fd, ELF_C_READ, NULL);
	r->eh = elf64_getehdr(r->elf);
	if (!r->eh || elf_getshdrnum(r->elf, &r->nsections) < 0)
		return fail_elf(r, 0, "ELF header");
	if (r->nsections != r->count)
		return damaged(r, 0, "ELF header that changes while it is read");
	if (!section(r, 0)) /* the first loads them all */
		return fail_elf(r, r->eh->e_shoff, "section header table");
	return true;
}

static const Elf_Data *section_bytes(const struct reader *r, size_t index)
{
	return elf_rawdata(elf_getscn(r->elf, index), NULL);
}

/* Loads a section's bytes, which should be of that type and no more than `max`. */
static bool load(struct reader *r, size_t index, uint32_t type, const char *kind, uint64_t max,
		 const char *what)
{
	const Elf64_Shdr *sh = section(r, index);

	/* also SHT_NOBITS: a debug file, its notes are in the file it was split from */
	if (sh->sh_type != type || (sh->sh_flags & SHF_COMPRESSED))
		return damaged(r, SHDR_OFFSET(r, index), "%s: no %s (type %u, flags 0x%" PRIx64 ")",
			       what, kind, sh->sh_type, sh->sh_flags);
	if (!in_file(r, sh->sh_offset, sh->sh_size, what))
		return false;
	if (sh->sh_size > max)
		return damaged(r, SHDR_OFFSET(r, index),
			       "%s of 0x%" PRIx64 " bytes is no real file's", what, sh->sh_size);
	return section_bytes(r, index) || fail_elf(r, sh->sh_offset, what);
}

/* Reads the section names; leaves them NULL when the sections have none. */
static bool read_section_names(struct reader *r)
{
	size_t index;

	if (elf_getshdrstrndx(r->elf, &index) < 0)
		return fail_elf(r, offsetof(Elf64_Ehdr, e_shstrndx), "section names");
	if (index == SHN_UNDEF)
		return true;
	if (index >= r->nsections)
		return damaged(r, offsetof(Elf64_Ehdr, e_shstrndx),
			       "section names in section %zu of %zu", index, r->nsections);
	if (!load(r, index, SHT_STRTAB, "string table", MAX_SECTION_BYTES, "section name table"))
		return false;
	r->names = section_bytes(r, index);
	return true;
}

/*
 * Not by elf_strptr(): it looks for the end of the table once per section, however long that is,
 * and has no name for one that only the table's end ends.
 */
static bool is_named(const struct reader *r, const Elf64_Shdr *sh, const char *name)
{
	size_t len = strlen(name), left;

	if (!r->names || sh->sh_name >= r->names->d_size)
		return false;
	left = r->names->d_size - sh->sh_name;
	return len <= left && !strncmp((char *)r->names->d_buf + sh->sh_name, name, left);
}

static void widen_code(struct reader *r, const Elf64_Shdr *sh)
{
	uint64_t end;

	if (__builtin_add_overflow(sh->sh_addr, sh->sh_size, &end))
		end = UINT64_MAX;
	if (!r->code_end || sh->sh_addr < r->code_start)
		r->code_start = sh->sh_addr;
	if (end > r->code_end)
		r->code_end = end;
}

/* Loads the note sections, finds .stapsdt.base and the executable sections' span. */
static bool find_sections(struct reader *r)
{
	/* a sum past the file's size: the same bytes given out for several sections */
	const uint64_t max = r->size < MAX_SECTION_BYTES ? r->size : MAX_SECTION_BYTES;
	const uint64_t code = SHF_ALLOC | SHF_EXECINSTR;

	for (size_t i = 1; i < r->nsections; i++) {
		const Elf64_Shdr *sh = section(r, i);

		if ((sh->sh_flags & code) == code && sh->sh_size)
			widen_code(r, sh);
		if (is_named(r, sh, NOTES_SECTION)) {
			if (!load(r, i, SHT_NOTE, "plain notes", max - r->notes_size,
				  NOTES_SECTION))
				return false;
			r->notes_size += sh->sh_size;
		} else if (!r->base && is_named(r, sh, ".stapsdt.base")) {
			r->base = sh->sh_addr;
		}
	}
	return true;
}

static bool check_segments(struct reader *r)
{
	for (size_t i = 0; i < r->nph; i++) {
		const Elf64_Phdr *ph = &r->ph[i];

		if (ph->p_type != PT_LOAD || !ph->p_filesz)
			continue;
		if (!in_file(r, ph->p_offset, ph->p_filesz, "PT_LOAD segment"))
			return false;
		if (ph->p_vaddr > MAX_USER_ADDRESS || ph->p_filesz > MAX_USER_ADDRESS - ph->p_vaddr)
			return damaged(r, r->eh->e_phoff + i * sizeof(*ph),
				       "segment at address 0x%" PRIx64, ph->p_vaddr);
	}
	return true;
}

static bool read_segments(struct reader *r)
{
	size_t count = r->eh->e_phnum; /* elf_getphdrnum() would cut it to what the file holds */

	if (count == PN_XNUM)
		count = section(r, 0)->sh_info;
	if (!count)
		return true; /* an object file: all its notes are phantoms until it is linked */
	if (r->eh->e_phentsize != sizeof(*r->ph) || count > MAX_PHDR_BYTES / sizeof(*r->ph))
		return damaged(r, offsetof(Elf64_Ehdr, e_phentsize),
			       "%zu program headers of %u bytes", count, r->eh->e_phentsize);
	if (!in_file(r, r->eh->e_phoff, count * sizeof(*r->ph), "program header table"))
		return false;
	r->ph = elf64_getphdr(r->elf);
	if (!r->ph)
		return fail_elf(r, r->eh->e_phoff, "program header table");
	r->nph = count;
	return check_segments(r);
}

/* Where [addr, addr + len) stands in the file, if a segment with all of `flags` maps it from it. */
static bool file_offset(const struct reader *r, uint64_t addr, uint64_t len, uint32_t flags,
			uint64_t *offset)
{
	for (size_t i = 0; i < r->nph; i++) {
		const Elf64_Phdr *ph = &r->ph[i];
		uint64_t at = addr - ph->p_vaddr;

		if (ph->p_type != PT_LOAD || (ph->p_flags & flags) != flags)
			continue;
		if (addr < ph->p_vaddr || at >= ph->p_filesz || len > ph->p_filesz - at)
			continue;
		*offset = ph->p_offset + at;
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
static bool code_offset(const struct reader *r, uint64_t addr, uint64_t *offset)
{
	if (r->code_end && (addr < r->code_start || addr >= r->code_end))
		return false;
	return file_offset(r, addr, 1, PF_X, offset);
}

/* A descriptor: address, base and semaphore, 8 bytes each, then provider, name and arguments. */
static void parse_desc(struct reader *r, const char *desc, size_t size)
{
	const char *strings[3], *end = desc + size;
	struct ref ref = { .seq = r->nrefs };
	uint64_t words[3];

	if (size < sizeof(words))
		goto malformed;
	memcpy(words, desc, sizeof(words));
	desc += sizeof(words);
	for (int i = 0; i < 3; i++) {
		const char *nul = memchr(desc, '\0', (size_t)(end - desc));

		if (!nul)
			goto malformed;
		strings[i] = desc;
		desc = nul + 1;
	}
	ref.provider = strings[0];
	ref.name = strings[1];
	ref.args = strings[2];
	if (!ref.provider[0] || !ref.name[0])
		goto malformed;

	/*
	 * prelink moves a file's segments but not its notes, which are not loaded; the base moved
	 * along. A base of 0 on either side is one that the linker dropped, and says nothing.
	 */
	if (r->base && words[1]) {
		words[0] += r->base - words[1];
		if (words[2])
			words[2] += r->base - words[1];
	}
	ref.addr = words[0];
	if (!code_offset(r, ref.addr, &ref.offset)) {
		r->phantoms++;
		return;
	}
	/*
	 * The kernel finds a semaphore by its offset in the file and wants it writable. One without
	 * (in .bss, in no segment) can't be raised, so the process would never come to the probe:
	 * better no probe than one that attaches and stays silent.
	 */
	if (words[2] && !file_offset(r, words[2], sizeof(uint16_t), PF_W, &ref.sema_offset))
		goto malformed;
	r->refs[r->nrefs++] = ref;
	return;

malformed:
	r->malformed++;
}

/*
 * Goes over the notes in `bytes`, which stand at `at` in the file. gelf_getnote() refuses a last
 * note without its padding, and aligns by 8 where the section's header says so.
 */
static bool parse_notes(struct reader *r, const char *bytes, size_t size, uint64_t at)
{
	size_t pos = 0;

	while (size - pos >= sizeof(Elf64_Nhdr)) {
		uint64_t name, desc, end;
		Elf64_Nhdr nh;

		memcpy(&nh, bytes + pos, sizeof(nh));
		name = pos + sizeof(nh);
		desc = name + ALIGN4(nh.n_namesz);
		end = desc + nh.n_descsz;
		if (end > size) /* where the next would start is not known, so the rest is lost */
			return damaged(
				r, at + pos,
				"note (name 0x%x, descriptor 0x%x bytes) passes the end of %s",
				nh.n_namesz, nh.n_descsz, NOTES_SECTION);
		if (nh.n_type == NOTE_TYPE && nh.n_namesz == sizeof(NOTE_OWNER) &&
		    !memcmp(bytes + name, NOTE_OWNER, sizeof(NOTE_OWNER)))
			parse_desc(r, bytes + desc, nh.n_descsz);
		else
			r->malformed++;
		pos = ALIGN4(end) < size ? ALIGN4(end) : size;
	}
	/* too short for a note: padding, if it is all zero */
	while (pos < size && !bytes[pos])
		pos++;
	r->malformed += pos < size;
	return true;
}

static bool read_notes(struct reader *r)
{
	r->refs = calloc(r->notes_size / NOTE_MIN_SIZE + 1, sizeof(*r->refs));
	if (!r->refs)
		return no_memory(r, "stapsdt notes");
	for (size_t i = 1; i < r->nsections; i++) {
		const Elf64_Shdr *sh = section(r, i);
		const Elf_Data *data;

		if (!sh->sh_size || !is_named(r, sh, NOTES_SECTION))
			continue;
		data = section_bytes(r, i); /* loaded by find_sections() */
		if (!parse_notes(r, data->d_buf, data->d_size, sh->sh_offset))
			return false;
	}
	return true;
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

/* Sorts the notes and turns them into probes with their sites, one for each place. */
static bool fill_table(struct reader *r, struct table *t)
{
	const struct ref *last = NULL;
	struct note_probe *p = NULL;
	struct note_site *site;

	t->notes.phantoms = r->phantoms;
	t->notes.malformed = r->malformed;
	t->notes.probes = calloc(r->nrefs + 1, sizeof(*p));
	t->sites = calloc(r->nrefs + 1, sizeof(*site));
	if (!t->notes.probes || !t->sites)
		return no_memory(r, "probes");

	site = t->sites;
	qsort(r->refs, r->nrefs, sizeof(*r->refs), compare_refs);
	for (const struct ref *ref = r->refs; ref < r->refs + r->nrefs; last = ref++) {
		if (!last || compare_names(last->provider, last->name, ref->provider, ref->name)) {
			p = &t->notes.probes[t->notes.nprobes++];
			p->provider = (char *)ref->provider;
			p->name = (char *)ref->name;
			p->sites = site;
		} else if (last->offset == ref->offset) {
			continue;
		}
		p->nsites++;
		if (!p->sema_offset)
			p->sema_offset = ref->sema_offset;
		site->addr = ref->addr;
		site->offset = ref->offset;
		site->sema_offset = ref->sema_offset;
		site->args_text = (char *)ref->args;
		notes_parse_args(t->notes.machine, ref->args, site++);
	}
	return true;
}

static bool read_table(struct reader *r, struct table *t)
{
	if (!check_header(r) || !check_section_table(r))
		return false;
	t->notes.machine = r->head.e_machine;
	if (!r->count)
		return true;
	if (!open_elf(r) || !read_section_names(r) || !find_sections(r))
		return false;
	return !r->notes_size || (read_segments(r) && read_notes(r) && fill_table(r, t));
}

int notes__read(int fd, const char *label, struct notes **out, char *why, size_t why_size)
{
	struct reader r = { .fd = fd, .label = label, .why = why, .why_size = why_size };
	struct table *t = calloc(1, sizeof(*t));

	*out = NULL;
	if (!t) {
		no_memory(&r, "table");
		return r.err;
	}
	if (read_table(&r, t))
		*out = &t->notes;
	t->elf = r.elf;
	free(r.refs);
	if (r.err)
		notes__free(&t->notes);
	return r.err;
}

void notes__free(struct notes *notes)
{
	struct table *t = (struct table *)notes;

	if (!t)
		return;
	free(t->notes.probes);
	free(t->sites);
	elf_end(t->elf);
	free(t);
}
