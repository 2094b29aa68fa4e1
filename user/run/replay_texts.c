// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>

#include "replay_texts.h"

struct text_node {
	uint64_t hash;
	char text[FOLD_TEXT_KEY];
};

static int node_compare(const void *va, const void *vb)
{
	const struct text_node *a = va, *b = vb;

	return a->hash < b->hash ? -1 : a->hash > b->hash;
}

int replay_keep_text(struct replay_texts **texts, uint64_t hash, const char *text)
{
	void *root = *texts;
	struct text_node *node;

	if (tfind(&hash, &root, node_compare))
		return 0;
	node = malloc(sizeof(*node));
	if (!node)
		return -ENOMEM;
	node->hash = hash;
	snprintf(node->text, sizeof(node->text), "%s", text);
	if (!tsearch(node, &root, node_compare)) {
		free(node);
		return -ENOMEM;
	}
	*texts = root;
	return 0;
}

bool replay_text(const struct replay_texts *texts, uint64_t hash, char text[FOLD_TEXT_KEY])
{
	void *root = (void *)texts;
	struct text_node **node = tfind(&hash, &root, node_compare);

	if (!node)
		return false;
	snprintf(text, FOLD_TEXT_KEY, "%s", (*node)->text);
	return true;
}

void replay_texts_free(struct replay_texts *texts)
{
	void *root = texts;

	tdestroy(root, free);
}
