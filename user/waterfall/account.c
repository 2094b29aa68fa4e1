// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <stdio.h>

#include "account.h"
#include "values.h"

static const struct {
	const char *text, *key;
} whoses[WF_WHOSES] = {
	[WF_IN_JOBS] = { "in jobs", "jobs" },
	[WF_UNSEEN] = { "in jobs not seen whole", "unseen" },
	[WF_OUTSIDE] = { "outside any job", "outside" },
	[WF_AFTER] = { "ended long after their job", "after" },
	[WF_BY_JOURNAL] = { "journal", "journal" },
	[WF_BY_WRITEBACK] = { "writeback", "writeback" },
	[WF_BY_KERNEL] = { "kernel", "kernel" },
	[WF_BY_OTHERS] = { "other processes", "others" },
};

const char *wf_whose_text(enum wf_whose whose)
{
	return whoses[whose].text;
}

const char *wf_whose_key(enum wf_whose whose)
{
	return whoses[whose].key;
}

struct wf_account *wf_account__new(void)
{
	struct wf_account *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->nnames = 1;
	for (; a->nrows < WF_OWN; a->nrows++)
		a->rows[a->nrows].whose = a->nrows;
	return a;
}

void wf_account__free(struct wf_account *a)
{
	for (int i = 0; a && i < a->nrows; i++) {
		wf_values_free(&a->rows[i].times);
		wf_values_free(&a->rows[i].queued);
	}
	for (int i = 0; a && i < WF_CALL_OPS; i++)
		wf_values_free(&a->calls[i]);
	free(a);
}

uint16_t wf_account_name(struct wf_account *a, const char *name)
{
	for (int i = 0; i < a->nnames; i++)
		if (!strncmp(a->names[i], name, WF_NAME - 1))
			return i;
	if (a->nnames == WF_NAMES)
		return 0;
	snprintf(a->names[a->nnames], WF_NAME, "%s", name);
	return a->nnames++;
}

bool wf_account_has_disk(const struct wf_account *a, uint32_t disk)
{
	for (int i = 0; i < a->ndisks; i++)
		if (a->disks[i] == disk)
			return true;
	return false;
}

void wf_account_disk(struct wf_account *a, uint32_t disk)
{
	if (disk && a->ndisks < WF_DISKS && !wf_account_has_disk(a, disk))
		a->disks[a->ndisks++] = disk;
}

/* Own rows are not split; of others the disk may only later turn out to be one of ours. */
static struct wf_account_row *row_of(struct wf_account *a, enum wf_whose whose,
				     const struct wf_io *io)
{
	struct wf_account_row *row;

	if (whose < WF_OWN)
		return &a->rows[whose];
	for (int i = WF_OWN; i < a->nrows; i++) {
		row = &a->rows[i];
		if (row->whose == whose && row->name == io->name && row->disk == io->disk)
			return row;
	}
	if (a->nrows == WF_ACCOUNT_ROWS)
		return NULL;
	row = &a->rows[a->nrows++];
	row->whose = whose;
	row->name = io->name;
	row->disk = io->disk;
	return row;
}

void wf_account_add(struct wf_account *a, enum wf_whose whose, const struct wf_io *io)
{
	struct wf_account_row *row = row_of(a, whose, io);

	if (!row) {
		a->crowded++;
		return;
	}
	a->told += whose < WF_OWN;
	row->bytes += io->bytes;
	wf_values_add(&row->times, io->done > io->queued ? io->done - io->queued : 0);
	if (io->issued)
		wf_values_add(&row->queued, io->issued > io->queued ? io->issued - io->queued : 0);
}

void wf_account_clear(struct wf_account *a)
{
	for (int i = 0; i < a->nrows; i++) {
		a->rows[i].bytes = 0;
		wf_values_clear(&a->rows[i].times);
		wf_values_clear(&a->rows[i].queued);
	}
	for (int i = 0; i < WF_CALL_OPS; i++)
		wf_values_clear(&a->calls[i]);
}
