// SPDX-License-Identifier: GPL-2.0-only
/* d) one rmap_walk_ksm() as a function of the number of VMAs in the anon_vma.
 * usage: rmap_walk VMAS [PAGES] [last|first]
 *
 * Two processes A and B (in this order in ksmd's list). Each: one private anonymous mapping of VMAS-1+PAGES pages,
 * its last PAGES pages written (pattern i; so the one VMA gets its anon_vma), MADV_MERGEABLE, then split by mprotect
 * into VMAS VMAs that share that anon_vma: VMAS-1 of one page each, and the written tail.
 * After ksmd: PAGES KSM pages, each with one rmap_item of A and one of B; B's is first in the stable node's list.
 * One of the two drops its PTEs (MADV_DONTNEED; its rmap_item stays), so each KSM page has one mapping. The other
 * makes a page lazyfree (MADV_FREE) and times MADV_PAGEOUT of that one page: reclaim calls
 * try_to_unmap() -> rmap_walk_ksm(), which ends when the folio is no longer mapped. No swap is needed.
 *  first: B keeps the page: VMAS interval tree entries visited, the last one hits (as in the LKML report: 22169 visited, 22168 skipped)
 *  last : A keeps it: VMAS entries of B (stale item) and then VMAS of A
 */
#include "ksmperf.h"
#include <sys/syscall.h>

static u64 vmas = 1, pages = 32;
static char *m;

static void child_map(void)
{
	u64 i;
	m = map_anon((vmas - 1 + pages) * PG);
	for (i = 0; i < pages; i++)
		fill(m + (vmas - 1 + i) * PG, i);
	mergeable(m, (vmas - 1 + pages) * PG);
	/* page vmas-2, vmas-4, ... read-only */
	for (i = vmas - 1; i-- > 0; ) {
		if (mprotect(m + i * PG, PG, PROT_READ))
			DIE("mprotect (vm.max_map_count?)");
		if (i-- == 0)
			break;
	}
}

static long count_vmas(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	char l[512];
	long n = 0;
	while (f && fgets(l, sizeof l, f)) {
		unsigned long a = strtoul(l, NULL, 16);
		n += a >= (unsigned long)m && a < (unsigned long)m + (vmas - 1 + pages) * PG;
	}
	if (f)
		fclose(f);
	return n;
}

static int present(char *p)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	u64 e = 0;
	if (fd < 0 || pread(fd, &e, 8, (unsigned long)p / PG * 8) != 8)
		DIE("pagemap");
	close(fd);
	return e >> 63;
}

struct chan { int go[2], back[2]; pid_t pid; };
struct msg { long nvma; int reclaimed; u64 wall[256], cpu[256]; };

static void child(struct chan *c)
{
	char cmd;
	static struct msg r;
	cpu_set_t s;

	prctl(PR_SET_PDEATHSIG, 9);
	while (read(c->go[0], &cmd, 1) == 1) {
		memset(&r, 0, sizeof r);
		if (cmd == 'm') {
			child_map();
			r.nvma = count_vmas();
		} else if (cmd == 'd') {
			if (madvise(m + (vmas - 1) * PG, pages * PG, MADV_DONTNEED))
				DIE("DONTNEED");
		} else if (cmd == 't') {
			CPU_ZERO(&s);
			CPU_SET(sched_getcpu(), &s);	/* the lazyfree batch is per CPU */
			sched_setaffinity(0, sizeof s, &s);
			for (u64 i = 0; i < pages; i++) {
				char *p = m + (vmas - 1 + i) * PG;
				u64 t, c;
				if (madvise(p, PG, MADV_FREE))
					DIE("MADV_FREE");
				c = cpu_now();
				t = now();
				if (madvise(p, PG, MADV_PAGEOUT))
					DIE("MADV_PAGEOUT");
				r.wall[i] = now() - t;
				r.cpu[i] = cpu_now() - c;
				r.reclaimed += !present(p);
			}
		} else
			_exit(0);
		if (write(c->back[1], &r, sizeof r) != sizeof r)
			_exit(1);
	}
	_exit(0);
}

static struct msg ask(struct chan *c, char cmd)
{
	struct msg r;
	if (write(c->go[1], &cmd, 1) != 1 || read(c->back[0], &r, sizeof r) != sizeof r)
		DIE("child");
	return r;
}

int main(int argc, char **argv)
{
	struct chan c[2];
	struct msg r, ra, rb;
	struct pass p = {0};
	int last, keep;
	u64 med, medc, first, its;

	vmas = argc > 1 ? strtoul(argv[1], NULL, 0) : 1;
	pages = argc > 2 ? strtoul(argv[2], NULL, 0) : 32;
	last = argc > 3 && !strcmp(argv[3], "last");
	if (pages > 256)
		pages = 256;
	for (int i = 0; i < 2; i++) {
		if (pipe(c[i].go) || pipe(c[i].back))
			DIE("pipe");
		fflush(stdout);
		c[i].pid = fork();
		if (!c[i].pid)
			child(&c[i]);
	}
	ksm_setup();
	ra = ask(&c[0], 'm');
	rb = ask(&c[1], 'm');
	for (int i = 0; i < 3; i++)
		p = ksm_pass(100);
	ksm_stop();
	keep = last ? 0 : 1;
	ask(&c[!keep], 'd');
	r = ask(&c[keep], 't');
	first = r.wall[0];
	med = median(r.wall, pages);
	medc = median(r.cpu, pages);
	its = vmas * (last ? 2 : 1);
	json_head("rmap_walk");
	printf(",\"vmas\":%lu,\"vmas_a\":%ld,\"vmas_b\":%ld,\"mode\":\"%s\",\"visited\":%lu,\"ksm_pages\":%lu,\"shared\":%ld,\"sharing\":%ld,"
	       "\"reclaimed\":%d,\"wall_ns\":%lu,\"wall_min\":%lu,\"wall_max\":%lu,\"wall_first\":%lu,\"cpu_ns\":%lu,\"cpu_min\":%lu,\"wall_ns_per_vma\":%.2f}\n",
	       vmas, ra.nvma, rb.nvma, last ? "last" : "first", its, pages, p.shared, p.sharing,
	       r.reclaimed, med, r.wall[0], r.wall[pages - 1], first, medc, r.cpu[0], (double)med / its);
	for (int i = 0; i < 2; i++) {
		char q = 'q';
		if (write(c[i].go[1], &q, 1) != 1)
			continue;
		waitpid(c[i].pid, NULL, 0);
	}
	return 0;
}
