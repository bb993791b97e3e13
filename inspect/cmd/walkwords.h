/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* What can be typed next in a walk: `walk LIST by NEXT ...`, `print -each`. */
#include "inspect/cmd/offers.h"

#include <stdbool.h>

/* text: what stands between the command and the word.  True: the word is part
 * of an expression that only the walk knows, and all has been offered. */
bool walkwords_offer(struct offers *, const char *text);
