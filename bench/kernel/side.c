// SPDX-License-Identifier: GPL-2.0-only
/* f) fork, exit and munmap of a process whose PAGES pages are merged or not. usage: side PAGES plain|same|pairs|distinct
 *  plain: no MADV_MERGEABLE, distinct contents; distinct: mergeable and scanned (rmap_items) but nothing merges */
#include "ksmperf.h"

int main(int argc, char **argv)
{
	u64 n = argc > 1 ? strtoul(argv[1], NULL, 0) : 65536;
	const char *con = argc > 2 ? argv[2] : "same";
	int plain = !strcmp(con, "plain");
	u64 fw[5], fc[5], xw[5], t, c, mw = 0, uw, uc, ew;
	struct pass p = {0};
	char *m;
	pid_t k;
	int ready[2], go[2];
	char x = 0;

	ksm_setup();
	/* the process that owns the pages is a child, so that its exit can be timed too */
	m = map_anon(n * PG);
	populate(m, n, plain ? "distinct" : con);
	if (!plain) {
		t = now();
		mergeable(m, n * PG);
		mw = now() - t;
		for (int i = 0; i < 3; i++)
			p = ksm_pass(100);
		ksm_stop();
	}
	fflush(stdout);
	for (int i = 0; i < 5; i++) {
		c = cpu_now();
		t = now();
		k = fork();
		if (!k)
			for (;;)
				pause();	/* killed below, so that fork and exit do not overlap */
		fw[i] = now() - t;
		fc[i] = cpu_now() - c;
		usleep(1000);
		t = now();
		kill(k, 9);
		waitpid(k, NULL, 0);
		xw[i] = now() - t;
	}
	c = cpu_now();
	t = now();
	munmap(m, n * PG);
	uw = now() - t;
	uc = cpu_now() - c;
	if (!plain) {	/* ksmd drops the rmap_items, so that the next part starts clean */
		m = map_anon(PG);
		fill(m, 99999999);
		mergeable(m, PG);
		ksm_pass(100);
		ksm_stop();
		munmap(m, PG);
	}
	/* exit of the owner itself: it populates, is merged, and exits */
	if (pipe(ready) || pipe(go))
		DIE("pipe");
	k = fork();
	if (!k) {
		char *q = map_anon(n * PG);
		populate(q, n, plain ? "distinct" : con);
		if (!plain)
			mergeable(q, n * PG);
		if (write(ready[1], "r", 1) != 1)
			_exit(1);
		x = read(go[0], &x, 1);
		_exit(0);
	}
	if (read(ready[0], &x, 1) != 1)
		DIE("child");
	if (!plain) {
		for (int i = 0; i < 3; i++)
			p = ksm_pass(100);
		ksm_stop();
	}
	t = now();
	if (write(go[1], "g", 1) != 1)
		DIE("child");
	waitpid(k, NULL, 0);
	ew = now() - t;
	json_head("side");
	u64 f0 = fw[0];
	printf(",\"content\":\"%s\",\"pages\":%lu,\"shared\":%ld,\"sharing\":%ld,\"madvise_wall_ns\":%lu,\"fork_wall_first_ns\":%lu,"
	       "\"fork_wall_ns\":%lu,\"fork_cpu_ns\":%lu,\"child_exit_wall_ns\":%lu,\"munmap_wall_ns\":%lu,\"munmap_cpu_ns\":%lu,\"owner_exit_wall_ns\":%lu,"
	       "\"fork_ns_per_page\":%.1f,\"munmap_ns_per_page\":%.1f,\"owner_exit_ns_per_page\":%.1f}\n",
	       con, n, p.shared, p.sharing, mw, f0, median(fw, 5), median(fc, 5), median(xw, 5), uw, uc, ew,
	       (double)fw[2] / n, (double)uw / n, (double)ew / n);
	return 0;
}
