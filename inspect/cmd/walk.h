/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* print -each, and the walk command. */
#include "inspect/cmd/data.h"

/* A walk and its elements, one a line.  short_form: LIST NEXT is enough. */
enum err walk_show(struct session *, const struct print_args *, bool short_form,
	struct out *);
