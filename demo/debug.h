/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Routes that exist with --faults only: to hold requests in their handlers,
 * to crash, and to see the stacks of the running process and what it noted.
 */
#include "demo/request.h"

void handle_debug_slow(struct request *req, struct session *session);
void handle_debug_faults(struct request *req, struct session *session);
void handle_debug_fault(struct request *req, struct session *session);
void handle_debug_events(struct request *req, struct session *session);
void handle_debug_stacks(struct request *req, struct session *session);
