/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* The heap of the core that is open, walked once. */
#include "inspect/cmd/session.h"
#include "inspect/heap/graph.h"
#include "inspect/heap/typed.h"

enum err session_heap(struct session *, struct heap **ret);
/* What is reached of it. */
enum err session_graph(struct session *, struct graph **ret);
/* What its blocks are, as far as pointers tell. */
enum err session_typed(struct session *, struct typed **ret);
