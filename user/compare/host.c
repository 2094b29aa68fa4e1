// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "host.h"

/* --- the CPU --- */

/* The value of "KEY\t: VALUE\n", cut where its blanks end; NULL: the line is of another key. */
static char *value_of(char *line, const char *key)
{
	size_t len = strlen(key);
	char *value, *end;

	if (strncmp(line, key, len))
		return NULL;
	value = line + len + strspn(line + len, " \t");
	if (*value++ != ':')
		return NULL;
	value += strspn(value, " \t");
	end = value + strlen(value);
	while (end > value && strchr(" \t\n", end[-1]))
		*--end = '\0';
	return value;
}

/* Keeps the value of the first line that has the key. */
static void keep(char *kept, size_t size, char *line, const char *key)
{
	const char *value = *kept ? NULL : value_of(line, key);

	if (value)
		snprintf(kept, size, "%s", value);
}

char *host_cpu(FILE *cpuinfo, char *text, size_t size)
{
	char implementer[32] = "", part[32] = "", *line = NULL;
	size_t room = 0;

	*text = '\0';
	while (!*text && getline(&line, &room, cpuinfo) > 0) {
		keep(text, size, line, "model name");
		keep(implementer, sizeof(implementer), line, "CPU implementer");
		keep(part, sizeof(part), line, "CPU part");
	}
	if (!*text && *part)
		snprintf(text, size, "Arm implementer %s part %s", implementer, part);
	free(line);
	return text;
}

/* --- the host --- */

static void read_cpu(char *text, size_t size)
{
	FILE *f = fopen("/proc/cpuinfo", "re");

	*text = '\0';
	if (!f)
		return;
	host_cpu(f, text, size);
	fclose(f);
}

int host_read(struct series_host *host)
{
	struct utsname names = { 0 };
	struct sysinfo info = { 0 };
	char cpu[256];

	uname(&names);
	sysinfo(&info);
	read_cpu(cpu, sizeof(cpu));
	*host = (struct series_host){
		.name = strdup(names.nodename),
		.machine = strdup(names.machine),
		.cpu = strdup(cpu),
		.kernel = strdup(names.release),
		.cpus = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN),
		.memory = (uint64_t)info.totalram * info.mem_unit,
	};
	return host->name && host->machine && host->cpu && host->kernel ? 0 : -ENOMEM;
}

double host_load(void)
{
	double load;

	return getloadavg(&load, 1) == 1 ? load : 0;
}

/* --- build IDs --- */

static bool is_build_id(const GElf_Nhdr *note, const char *owner)
{
	return note->n_type == NT_GNU_BUILD_ID && note->n_descsz &&
	       note->n_namesz == sizeof("GNU") && !memcmp(owner, "GNU", sizeof("GNU"));
}

/* Whether there is one among these notes. */
static bool find_in(Elf_Data *notes, char *text, size_t size)
{
	size_t offset = 0, name, desc;
	GElf_Nhdr note;

	while (notes && (offset = gelf_getnote(notes, offset, &note, &name, &desc)) > 0) {
		const unsigned char *id = (const unsigned char *)notes->d_buf + desc;

		if (!is_build_id(&note, (const char *)notes->d_buf + name))
			continue;
		for (size_t i = 0; i < note.n_descsz && 2 * i + 3 <= size; i++)
			sprintf(text + 2 * i, "%02x", id[i]);
		return true;
	}
	return false;
}

char *build_id_read(int fd, char *text, size_t size)
{
	size_t n = 0;
	Elf *elf;

	*text = '\0';
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (elf && elf_getphdrnum(elf, &n))
		n = 0;
	/* strip takes sections, not what is loaded */
	for (size_t i = 0; i < n; i++) {
		GElf_Phdr phdr;

		if (gelf_getphdr(elf, (int)i, &phdr) && phdr.p_type == PT_NOTE &&
		    find_in(elf_getdata_rawchunk(elf, (int64_t)phdr.p_offset, phdr.p_filesz,
						 phdr.p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR),
			    text, size))
			break;
	}
	elf_end(elf);
	return text;
}
