/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Mode direct: the process stands while it is copied. */
#include "crashd/snap/work.h"

/* 0: all is read; or -1 with the sentence.  The process goes on. */
int direct_take(struct work *);
