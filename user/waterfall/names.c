// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <stdio.h>

#include "events.h"
#include "names.h"

char *wf_kind_name(uint16_t kind, uint16_t what, uint8_t op, bool guest, char *dst, size_t size)
{
	switch ((enum wf_kind)kind) {
	case WF_ROOT:
		if (guest)
			snprintf(dst, size, "gw-%s", wf_op_name(op));
		else
			snprintf(dst, size, "submit-%s", wf_op_down_name(op));
		break;
	case WF_QUEUE:
		snprintf(dst, size, "work queue");
		break;
	case WF_BEGIN:
		snprintf(dst, size, "to os-%s", wf_op_down_name(op));
		break;
	case WF_DISPATCH:
		snprintf(dst, size, "up-to-ds-%s", wf_op_name(op));
		break;
	case WF_CLIENT:
		snprintf(dst, size, "ds-%s-client", wf_op_name(op));
		break;
	case WF_SEND:
		snprintf(dst, size, "send queue");
		break;
	case WF_NET:
		snprintf(dst, size, "ds-%s-net", wf_op_name(op));
		break;
	case WF_SERVED:
		snprintf(dst, size, "submit-%s", wf_op_down_name(op));
		break;
	case WF_OS:
		snprintf(dst, size, "os-%s", wf_op_down_name(op));
		break;
	case WF_STEP:
		snprintf(dst, size, "%s", wf_step_name(what));
		break;
	case WF_CALL:
		snprintf(dst, size, "%s", wf_call_name(what));
		break;
	case WF_BIO:
		snprintf(dst, size, "block %s", wf_bio_name(what));
		break;
	case WF_JOURNAL:
		snprintf(dst, size, "journal");
		break;
	case WF_RECEIVE:
		snprintf(dst, size, "receive queue");
		break;
	case WF_ANSWER:
		snprintf(dst, size, "answer");
		break;
	case WF_KINDS:
		snprintf(dst, size, "?");
		break;
	}
	return dst;
}
