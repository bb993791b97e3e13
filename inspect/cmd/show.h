/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* What settings are. */
#include "inspect/cmd/session.h"
#include "inspect/out/out.h"

/* One record of an open list: where sources are looked for. */
void show_directories(struct session *, struct out *);
