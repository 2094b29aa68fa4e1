// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "perfetto_tracks.h"

#define SPLIT (PERFETTO_CLIENTS + 1) /* tracks of a kind: the clients', and that of any other */

/* A track around tracks: of a provider, or of a group in it. */
struct perfetto_group {
	uint32_t provider, name; /* name 0: the provider's */
	uint64_t track;
};

static struct perfetto_process **process_at(struct perfetto_processes *processes, uint32_t tgid)
{
	struct perfetto_process **at = &processes->buckets[tgid & (PERFETTO_PROCESSES - 1)];

	while (*at && (*at)->tgid != tgid)
		at = &(*at)->next;
	return at;
}

struct perfetto_process *process_find(struct perfetto_processes *processes, uint32_t tgid)
{
	return *process_at(processes, tgid);
}

struct perfetto_process *process_get(struct perfetto_processes *processes,
				     struct perfetto_packets *packets, uint32_t tgid)
{
	struct perfetto_process **at = process_at(processes, tgid);

	if (*at)
		return *at;
	*at = calloc(1, sizeof(**at));
	if (*at) {
		(*at)->tgid = tgid;
		(*at)->track = packets_new_track(packets);
	}
	return *at;
}

static void track_free(struct perfetto_track *track)
{
	if (track)
		free(track->lanes);
	free(track);
}

void process_remove(struct perfetto_processes *processes, struct perfetto_process *process)
{
	struct perfetto_process **at = process_at(processes, process->tgid);

	*at = process->next;
	for (uint32_t i = 0; i < process->ntracks; i++)
		track_free(process->tracks[i]);
	free(process->tracks);
	free(process->groups);
	free(process->name);
	free(process);
}

int process_set_name(struct perfetto_process *process, struct perfetto_packets *packets,
		     const char *name)
{
	char *copy = strdup(name);

	if (!copy)
		return -ENOMEM;
	free(process->name);
	process->name = copy;
	if (process->told)
		packets_process(packets, packets->last, process->track, process->tgid, copy);
	return 0;
}

/* The number of a group's track, 0 without memory. */
static uint64_t group_get(struct perfetto_process *process, struct perfetto_packets *packets,
			  const struct perfetto_kind *kind, bool provider, uint64_t time)
{
	struct perfetto_group group = { .provider = kind->provider,
					.name = provider ? 0 : kind->group };
	struct perfetto_group *groups;
	uint64_t parent = process->track;

	for (uint32_t i = 0; i < process->ngroups; i++)
		if (process->groups[i].provider == group.provider &&
		    process->groups[i].name == group.name)
			return process->groups[i].track;
	if (!provider && !(parent = group_get(process, packets, kind, true, time)))
		return 0;
	groups = realloc(process->groups, (process->ngroups + 1) * sizeof(*groups));
	if (!groups)
		return 0;
	process->groups = groups;
	group.track = packets_new_track(packets);
	groups[process->ngroups++] = group;
	packets_track(packets, time, group.track, parent,
		      packets_text_get(packets, provider ? kind->provider : kind->group),
		      provider ? 0 : kind->rank, provider);
	return group.track;
}

static struct perfetto_track *track_new(struct perfetto_process *process,
					struct perfetto_packets *packets,
					const struct perfetto_kind *kind, uint32_t client,
					uint64_t time)
{
	const char *format = packets_text_get(packets, kind->name);
	struct perfetto_track *track;
	char name[PERFETTO_NAME_MAX];

	if (!kind->by_client)
		snprintf(name, sizeof(name), "%s", format);
	else if (client < PERFETTO_CLIENTS)
		snprintf(name, sizeof(name), format, client);
	else
		snprintf(name, sizeof(name), "other clients");
	track = calloc(1, sizeof(*track) + strlen(name) + 1);
	if (!track)
		return NULL;
	strcpy(track->name, name);
	track->process = process;
	track->rank = kind->rank + 2 * client; /* a client's two tracks side by side */
	track->parent = group_get(process, packets, kind, !kind->group, time);
	if (!track->parent) {
		free(track);
		return NULL;
	}
	return track;
}

struct perfetto_track *process_track(struct perfetto_process *process,
				     struct perfetto_packets *packets,
				     const struct perfetto_probes *probes, uint32_t kind,
				     uint64_t client, uint64_t time)
{
	const struct perfetto_kind *k = &probes->kinds[kind];
	uint32_t i, n = probes->nkinds * SPLIT;
	struct perfetto_track **tracks;

	if (!k->by_client)
		client = 0;
	else if (client > PERFETTO_CLIENTS)
		client = PERFETTO_CLIENTS;
	i = kind * SPLIT + (uint32_t)client;
	if (i < process->ntracks && process->tracks[i])
		return process->tracks[i];
	if (!process->told) {
		process->told = true;
		packets_process(packets, time, process->track, process->tgid, process->name);
	}
	if (i >= process->ntracks) {
		tracks = realloc(process->tracks, n * sizeof(struct perfetto_track *));
		if (!tracks)
			return NULL;
		memset(tracks + process->ntracks, 0, (n - process->ntracks) * sizeof(*tracks));
		process->tracks = tracks;
		process->ntracks = n;
	}
	process->tracks[i] = track_new(process, packets, k, (uint32_t)client, time);
	return process->tracks[i];
}

int track_free_lane(struct perfetto_track *track, struct perfetto_packets *packets, uint64_t time)
{
	uint64_t *lanes;
	uint32_t lane, word = 0;

	while (word < PERFETTO_LANES / 64 && !~track->busy[word])
		word++;
	if (word == PERFETTO_LANES / 64)
		return -ENOSPC;
	lane = word * 64 + (uint32_t)__builtin_ctzll(~track->busy[word]);
	if (lane < track->nlanes)
		return (int)lane;
	lanes = realloc(track->lanes, (lane + 1) * sizeof(*lanes));
	if (!lanes)
		return -ENOMEM;
	track->lanes = lanes;
	lanes[lane] = packets_new_track(packets);
	packets_track(packets, time, lanes[lane], track->parent, track->name, track->rank, false);
	track->nlanes = lane + 1;
	return (int)lane;
}

void track_add(struct perfetto_track *track, struct perfetto_slice *slice)
{
	track->busy[slice->lane / 64] |= 1ULL << slice->lane % 64;
	slice->track = track;
	slice->younger = NULL;
	slice->older = track->youngest;
	if (track->youngest)
		track->youngest->younger = slice;
	else
		track->oldest = slice;
	track->youngest = slice;
}

void track_remove(struct perfetto_slice *slice)
{
	struct perfetto_track *track = slice->track;

	track->busy[slice->lane / 64] &= ~(1ULL << slice->lane % 64);
	*(slice->older ? &slice->older->younger : &track->oldest) = slice->younger;
	*(slice->younger ? &slice->younger->older : &track->youngest) = slice->older;
}
