/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Long results a screen at a time, on a terminal. */
#include "inspect/cmd/session.h"

/* What session.page is set to. */
void pager_show(struct session *, const char *text);
