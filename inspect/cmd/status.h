/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* What a person sees first, on a terminal. */
#include "inspect/cmd/session.h"
#include "inspect/out/out.h"

enum err first_screen(struct session *, struct out *);
