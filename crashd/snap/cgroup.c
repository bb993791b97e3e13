/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A line of /proc/PID/cgroup says "number:controllers:path", the one of
 * version 2 with number 0 and no controllers (cgroups(7)).  Where the
 * hierarchy of a controller is mounted, mountinfo tells: the path is below it.
 */
#include "crashd/snap/cgroup.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Is word in a list with commas? */
static bool listed(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (; *list; list += strcspn(list, ","), list += *list == ',')
		if (!strncmp(list, word, n) && (!list[n] || list[n] == ','))
			return true;
	return false;
}

/* controller "": of version 2. */
static bool group_of(pid_t pid, const char *controller, char *ret, size_t size)
{
	char line[PATH_MAX], path[64];
	bool found = false;

	snprintf(path, sizeof path, "/proc/%d/cgroup", pid);

	FILE *file = fopen(path, "re");

	while (file && !found && fgets(line, sizeof line, file)) {
		char *names = strchr(line, ':');
		char *group = names ? strchr(names + 1, ':') : NULL;

		if (!group)
			continue;
		*group++ = 0;
		group[strcspn(group, "\n")] = 0;
		found = *controller ? listed(names + 1, controller) : !names[1];
		if (found)
			snprintf(ret, size, "%s", group);
	}
	if (file)
		fclose(file);
	return found;
}

/* proc(5): id parent device root point options … - type source options */
static bool mount_of(const char *controller, char *ret, size_t size)
{
	char line[PATH_MAX], point[1024], type[32], options[512];
	FILE *file = fopen("/proc/self/mountinfo", "re");
	bool found = false;

	while (file && !found && fgets(line, sizeof line, file)) {
		const char *end = strstr(line, " - ");

		if (!end ||
			sscanf(line, "%*s %*s %*s %*s %1023s", point) != 1 ||
			sscanf(end, " - %31s %*s %511s", type, options) != 2)
			continue;
		found = *controller ? !strcmp(type, "cgroup") &&
					      listed(options, controller)
				    : !strcmp(type, "cgroup2");
		if (found)
			snprintf(ret, size, "%s", point);
	}
	if (file)
		fclose(file);
	return found;
}

uint64_t cgroup_number(const char *path, const char *key)
{
	FILE *file = fopen(path, "re");
	char line[256];
	uint64_t value = UINT64_MAX;

	while (file && fgets(line, sizeof line, file)) {
		if (strncmp(line, key, strlen(key)))
			continue;

		const char *at = line + strlen(key);
		char *end;

		at += strspn(at, " \t");

		unsigned long long n = strtoull(at, &end, 10);

		if (end != at)
			value = n;
		break;
	}
	if (file)
		fclose(file);
	return value;
}

static uint64_t number_of(
	pid_t pid, const char *controller, const char *name, const char *key)
{
	char point[1024], group[1024], path[PATH_MAX];

	if (!mount_of(controller, point, sizeof point) ||
		!group_of(pid, controller, group, sizeof group))
		return UINT64_MAX;
	snprintf(path, sizeof path, "%s%s/%s", point, group, name);
	return cgroup_number(path, key);
}

uint64_t cgroup_room(void)
{
	uint64_t max, used;

	max = number_of(getpid(), "", "memory.max", "");
	used = number_of(getpid(), "", "memory.current", "");
	if (max == UINT64_MAX) {
		max = number_of(
			getpid(), "memory", "memory.limit_in_bytes", "");
		used = number_of(
			getpid(), "memory", "memory.usage_in_bytes", "");
	}
	if (max == UINT64_MAX || used == UINT64_MAX)
		return UINT64_MAX;
	return max > used ? max - used : 0;
}

struct memory_files {
	const char *controller, *max, *used, *inactive;
};

/* What the group at a path leaves; UINT64_MAX: it has no limit. */
static uint64_t room_at(const char *group, const struct memory_files *files)
{
	char path[PATH_MAX];
	uint64_t max, used, cache;

	snprintf(path, sizeof path, "%.2000s/%s", group, files->max);
	max = cgroup_number(path, "");
	snprintf(path, sizeof path, "%.2000s/%s", group, files->used);
	used = cgroup_number(path, "");
	snprintf(path, sizeof path, "%.2000s/memory.stat", group);
	cache = cgroup_number(path, files->inactive);
	if (max == UINT64_MAX || used == UINT64_MAX)
		return UINT64_MAX;
	if (cache != UINT64_MAX)
		used -= cache < used ? cache : used;
	return max > used ? max - used : 0;
}

static uint64_t room_above(pid_t pid, const struct memory_files *files)
{
	char point[1024], group[1024], path[2048];
	uint64_t least = UINT64_MAX;

	if (!mount_of(files->controller, point, sizeof point) ||
		!group_of(pid, files->controller, group, sizeof group))
		return least;
	for (;;) {
		snprintf(path, sizeof path, "%s%s", point, group);

		uint64_t room = room_at(path, files);
		char *slash = strrchr(group, '/');

		if (room < least)
			least = room;
		if (!slash)
			return least;
		*slash = 0;
	}
}

uint64_t cgroup_room_of(pid_t pid)
{
	static const struct memory_files v1 = { "memory",
		"memory.limit_in_bytes", "memory.usage_in_bytes",
		"total_inactive_file " };
	static const struct memory_files v2 = { "", "memory.max",
		"memory.current", "inactive_file " };
	uint64_t one = room_above(pid, &v1), other = room_above(pid, &v2);

	return one < other ? one : other;
}

bool cgroup_dies_together(pid_t pid)
{
	return number_of(pid, "", "memory.oom.group", "") == 1;
}

static bool is_freezing(pid_t pid)
{
	char point[1024], group[1024], path[PATH_MAX], state[32] = "";

	if (!mount_of("freezer", point, sizeof point) ||
		!group_of(pid, "freezer", group, sizeof group))
		return false;
	snprintf(path, sizeof path, "%s%s/freezer.state", point, group);

	FILE *file = fopen(path, "re");

	if (file && !fgets(state, sizeof state, file))
		state[0] = 0;
	if (file)
		fclose(file);
	return !strncmp(state, "FR", 2); /* FREEZING, FROZEN */
}

enum cgroup_frozen cgroup_frozen(pid_t pid)
{
	if (is_freezing(pid))
		return CGROUP_FROZEN_V1;
	return number_of(pid, "", "cgroup.events", "frozen ") == 1
		       ? CGROUP_FROZEN_V2
		       : CGROUP_RUNS;
}
