// SPDX-License-Identifier: GPL-2.0-only
/* Common helpers of the KSM oracle benchmarks: sysfs, single stepping of ksmd, clocks, page contents, JSON. */
#ifndef KSMPERF_H
#define KSMPERF_H
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PG 4096UL
#define KSM "/sys/kernel/mm/ksm/"
#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

typedef uint64_t u64;

#define DIE(...) do { fprintf(stderr, "%s:%d: ", __FILE__, __LINE__); fprintf(stderr, __VA_ARGS__); \
	fprintf(stderr, " (%s)\n", strerror(errno)); exit(2); } while (0)

static inline u64 now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static inline u64 cpu_now(void)		/* CPU time of the calling thread */
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static int rd(const char *path, char *buf, size_t n)
{
	int fd = open(path, O_RDONLY);
	ssize_t r;
	if (fd < 0)
		return -1;
	r = read(fd, buf, n - 1);
	close(fd);
	if (r < 0)
		return -1;
	buf[r] = 0;
	return 0;
}

static long ksm_get(const char *f)
{
	char p[128], b[64];
	snprintf(p, sizeof p, KSM "%s", f);
	if (rd(p, b, sizeof b))
		DIE("read %s", p);
	return strtol(b, NULL, 10);
}

static void ksm_set(const char *f, long v)
{
	char p[128], b[32];
	int fd, n;
	snprintf(p, sizeof p, KSM "%s", f);
	n = snprintf(b, sizeof b, "%ld", v);
	fd = open(p, O_WRONLY);
	if (fd < 0 || write(fd, b, n) != n)
		DIE("write %s=%ld", p, v);
	close(fd);
}

static int ksmd_pid;

static void find_ksmd(void)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	while (d && (e = readdir(d))) {
		char p[300], b[64];
		if (e->d_name[0] < '0' || e->d_name[0] > '9')
			continue;
		snprintf(p, sizeof p, "/proc/%s/comm", e->d_name);
		if (!rd(p, b, sizeof b) && !strcmp(b, "ksmd\n"))
			ksmd_pid = atoi(e->d_name);
	}
	if (d)
		closedir(d);
	if (!ksmd_pid)
		DIE("no ksmd");
}

/* ksmd CPU time and run-queue wait, in ns */
static void ksmd_sched(u64 *run, u64 *wait)
{
	char p[64], b[128];
	unsigned long long r, w;
	snprintf(p, sizeof p, "/proc/%d/schedstat", ksmd_pid);
	if (rd(p, b, sizeof b) || sscanf(b, "%llu %llu", &r, &w) != 2)
		DIE("schedstat");
	*run = r;
	*wait = w;
}

static char ksmd_state(void)
{
	char p[64], b[512], *s;
	snprintf(p, sizeof p, "/proc/%d/stat", ksmd_pid);
	if (rd(p, b, sizeof b) || !(s = strrchr(b, ')')))
		DIE("ksmd stat");
	return s[2];
}

static void ksmd_wait_asleep(void)
{
	while (ksmd_state() != 'S')
		sched_yield();
}

static long sleep_ms = 3600000;

static void ksmd_wake(void)		/* a different value wakes ksmd from its sleep between batches */
{
	sleep_ms ^= 1;
	ksm_set("sleep_millisecs", sleep_ms);
}

struct pass {
	u64 wall, cpu, wait;
	long scanned, shared, sharing, unshared, vol;
};

/* exactly one full pass; poll_us 0 = spin on full_scans */
static struct pass ksm_pass(int poll_us)
{
	struct pass p;
	u64 r0, w0, r1, w1, t;
	long fs = ksm_get("full_scans"), sc = ksm_get("pages_scanned");

	ksmd_sched(&r0, &w0);
	t = now();
	if (ksm_get("run") == 0)
		ksm_set("run", 1);
	else
		ksmd_wake();
	while (ksm_get("full_scans") == fs) {
		if (poll_us)
			usleep(poll_us);
		if (now() - t > 55000000000ULL)
			DIE("pass takes too long");
	}
	p.wall = now() - t;
	ksmd_wait_asleep();
	ksmd_sched(&r1, &w1);
	if (ksm_get("full_scans") != fs + 1)
		DIE("more than one pass");
	p.cpu = r1 - r0;
	p.wait = w1 - w0;
	p.scanned = ksm_get("pages_scanned") - sc;
	p.shared = ksm_get("pages_shared");
	p.sharing = ksm_get("pages_sharing");
	p.unshared = ksm_get("pages_unshared");
	p.vol = ksm_get("pages_volatile");
	return p;
}

static void ksm_stop(void)
{
	ksm_set("run", 0);
	ksmd_wake();
	usleep(2000);
	ksmd_wait_asleep();
}

static long saved_pts, saved_sleep, saved_smart;
static pid_t setup_pid;
static long foreign;

static void ksm_restore(void)
{
	if (getpid() != setup_pid)
		return;
	ksm_set("run", 0);
	ksmd_wake();
	ksm_set("pages_to_scan", saved_pts);
	ksm_set("smart_scan", saved_smart);
	ksm_set("sleep_millisecs", saved_sleep);
}

/* run=0, one pass per wake-up, smart_scan off, cursor at the head of the list, left-overs of earlier users cleaned */
static void ksm_setup(void)
{
	char *d;
	struct pass p;

	find_ksmd();
	setup_pid = getpid();
	saved_pts = ksm_get("pages_to_scan");
	saved_sleep = ksm_get("sleep_millisecs");
	saved_smart = ksm_get("smart_scan");
	atexit(ksm_restore);
	ksm_set("run", 0);
	ksm_set("pages_to_scan", 2000000000);
	ksm_set("smart_scan", 0);
	ksm_stop();
	d = mmap(NULL, PG, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (d == MAP_FAILED)
		DIE("mmap");
	*(int *)d = getpid();
	if (madvise(d, PG, MADV_MERGEABLE))
		DIE("madvise");
	ksm_pass(100);
	ksm_pass(100);
	p = ksm_pass(100);
	foreign = p.scanned - 1 + p.shared;	/* pages of others: must be 0 */
	munmap(d, PG);
	ksm_stop();
}

/* the contents of scenario.md: pattern n, word j = splitmix64 output of n*512+j */
static void fill(char *page, u64 n)
{
	u64 *w = (u64 *)page;
	for (u64 j = 0; j < 512; j++) {
		u64 z = (n * 512 + j + 1) * 0x9E3779B97F4A7C15ULL;
		z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ULL;
		z = (z ^ z >> 27) * 0x94D049BB133111EBULL;
		w[j] = z ^ z >> 31;
	}
}

static char *map_anon(size_t len)
{
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		DIE("mmap %zu", len);
	return p;
}

static void mergeable(char *p, size_t len)
{
	if (madvise(p, len, MADV_MERGEABLE))
		DIE("MADV_MERGEABLE");
}

/* seq = 0, same = id 1, pairs = cycle n/2, cycle7 */
static u64 content_id(const char *c, u64 i, u64 n)
{
	if (!strcmp(c, "distinct"))
		return i;
	if (!strcmp(c, "same"))
		return 1;
	if (!strcmp(c, "pairs"))
		return i % (n / 2);
	if (!strcmp(c, "cycle7"))
		return i % 7;
	DIE("content %s", c);
}

static void populate(char *p, u64 n, const char *c)
{
	for (u64 i = 0; i < n; i++)
		fill(p + i * PG, content_id(c, i, n));
}

static int cmp_u64(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;
	return x < y ? -1 : x > y;
}

static u64 median(u64 *v, int n)
{
	qsort(v, n, sizeof *v, cmp_u64);
	return n & 1 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static void json_head(const char *bench)
{
	struct utsname u;
	char b[64] = "0";
	uname(&u);
	rd("/proc/loadavg", b, sizeof b);
	printf("{\"bench\":\"%s\",\"impl\":\"linux\",\"version\":\"%s\",\"load1\":%.2f,\"foreign\":%ld",
	       bench, u.release, atof(b), foreign);
}

static void json_pass(const struct pass *p, u64 pages)
{
	printf("{\"wall_ns\":%lu,\"cpu_ns\":%lu,\"wait_ns\":%lu,\"cpu_ns_per_page\":%.1f,\"wall_ns_per_page\":%.1f,"
	       "\"scanned\":%ld,\"shared\":%ld,\"sharing\":%ld,\"unshared\":%ld,\"volatile\":%ld}",
	       p->wall, p->cpu, p->wait, (double)p->cpu / pages, (double)p->wall / pages,
	       p->scanned, p->shared, p->sharing, p->unshared, p->vol);
}

static inline void unused_(void) { (void)cpu_now; (void)median; (void)populate; (void)json_pass; (void)map_anon; (void)mergeable; (void)fill; (void)content_id; (void)ksm_pass; (void)json_head; (void)unused_; }
#endif
