// SPDX-License-Identifier: GPL-2.0-only
/* e) as tools/testing/selftests/mm/ksm_tests.c -M and -C.
 * usage: merge_cow merge MIB | merge_cow free MIB | merge_cow cow PAGES same|pairs
 *  merge: all pages the same; wall of two single-stepped full passes from the wake-up (pages merge in the 2nd)
 *  free : the selftest's way: sleep_millisecs=0, pages_to_scan=100 and run=1, until two more full scans are counted
 *  cow  : one byte written to each page: not merged / merged by KSM / shared with a forked child (plain COW) */
#include "ksmperf.h"

static void touch(char *m, u64 n, int v, u64 *wall, u64 *cpu)
{
	u64 c = cpu_now(), t = now();
	for (u64 i = 0; i < n; i++)
		m[i * PG] = v;
	*wall = now() - t;
	*cpu = cpu_now() - c;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "merge";
	u64 n = argc > 2 ? strtoul(argv[2], NULL, 0) : 128;
	const char *con = argc > 3 ? argv[3] : "same";
	char *m;

	if (strcmp(what, "cow"))
		n = n * 256;
	ksm_setup();
	m = map_anon(n * PG);
	populate(m, n, con);
	if (!strcmp(what, "merge")) {
		struct pass a, b;
		mergeable(m, n * PG);
		a = ksm_pass(100);
		b = ksm_pass(100);
		ksm_stop();
		json_head("merge_time");
		printf(",\"kind\":\"stepped\",\"content\":\"%s\",\"pages\":%lu,\"wall_ns\":%lu,\"cpu_ns\":%lu,\"mib_per_s\":%.1f,\"mib_per_cpu_s\":%.1f,"
		       "\"shared\":%ld,\"sharing\":%ld}\n", con, n, a.wall + b.wall, a.cpu + b.cpu,
		       n / 256.0 * 1e9 / (a.wall + b.wall), n / 256.0 * 1e9 / (a.cpu + b.cpu), b.shared, b.sharing);
	} else if (!strcmp(what, "free")) {
		u64 t, r0, w0, r1, w1;
		long fs;
		ksm_set("pages_to_scan", 100);
		ksm_set("sleep_millisecs", 0);
		ksmd_sched(&r0, &w0);
		fs = ksm_get("full_scans");
		t = now();
		mergeable(m, n * PG);
		ksm_set("run", 1);
		while (ksm_get("full_scans") < fs + 2)
			usleep(100);
		t = now() - t;
		ksm_set("run", 0);
		usleep(2000);
		ksmd_wait_asleep();
		ksmd_sched(&r1, &w1);
		json_head("merge_time");
		printf(",\"kind\":\"free\",\"content\":\"%s\",\"pages\":%lu,\"wall_ns\":%lu,\"cpu_ns\":%lu,\"mib_per_s\":%.1f,"
		       "\"shared\":%ld,\"sharing\":%ld}\n", con, n, t, r1 - r0, n / 256.0 * 1e9 / t,
		       ksm_get("pages_shared"), ksm_get("pages_sharing"));
	} else {
		u64 w[3], c[3];
		struct pass p = {0};
		int pp[2];
		pid_t k;
		char x;
		touch(m, n, 1, &w[0], &c[0]);	/* populated, not merged */
		populate(m, n, con);
		mergeable(m, n * PG);
		for (int i = 0; i < 3; i++)
			p = ksm_pass(100);
		ksm_stop();
		touch(m, n, 1, &w[1], &c[1]);
		long sharing = ksm_get("pages_sharing"), shared = ksm_get("pages_shared");
		if (pipe(pp))
			DIE("pipe");
		fflush(stdout);
		k = fork();
		if (!k) {
			close(pp[1]);
			x = read(pp[0], &x, 1);
			_exit(0);
		}
		touch(m, n, 2, &w[2], &c[2]);	/* every page still shared with the child */
		close(pp[1]);
		waitpid(k, NULL, 0);
		json_head("cow");
		printf(",\"content\":\"%s\",\"pages\":%lu,\"shared\":%ld,\"sharing\":%ld,\"shared_after\":%ld,\"sharing_after\":%ld", con, n, p.shared, p.sharing, shared, sharing);
		const char *nm[3] = {"plain", "ksm", "fork"};
		for (int i = 0; i < 3; i++)
			printf(",\"%s_wall_ns_per_page\":%.1f,\"%s_cpu_ns_per_page\":%.1f", nm[i], (double)w[i] / n, nm[i], (double)c[i] / n);
		printf("}\n");
	}
	return 0;
}
