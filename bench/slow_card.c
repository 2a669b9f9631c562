/* Slows down the syncs of a process, as a slow memory card does: fsync and fdatasync last longer.
 *
 * Preloaded (LD_PRELOAD) into the daemon by bench/card.py, which also compiles it. The environment
 * variable GARDU_CARD names a file of three 64-bit numbers in this machine's byte order, shared
 * with the bench while the process runs:
 *
 *   delay   nanoseconds that every sync takes beside the disk's own time
 *   until   moment (ns of CLOCK_MONOTONIC) before which no sync ends: the card does not answer
 *   syncs   how many syncs have ended (counted here)
 *
 * Syncs are done one at a time, as by a card. Only syncs are slow, not writes and reads. Without
 * the variable or the file, the process runs as if this library were not there.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

struct card {
    _Atomic int64_t delay;
    _Atomic int64_t until;
    _Atomic int64_t syncs;
};

typedef int (*sync_call)(int);

static struct card *card;
static pthread_mutex_t busy = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void open_card(void) {
    const char *path = getenv("GARDU_CARD");
    int file = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
    if (file < 0)
        return;
    void *shared = mmap(NULL, sizeof *card, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    card = shared == MAP_FAILED ? NULL : shared;
    close(file);
}

static void sleep_until(int64_t moment) {
    struct timespec end = {moment / 1000000000, moment % 1000000000};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL) == EINTR)
        ;
}

static int sync_slowly(const char *name, int file) {
    sync_call real = (sync_call)dlsym(RTLD_NEXT, name);
    if (card == NULL)
        return real(file);
    pthread_mutex_lock(&busy);
    int result = real(file), error = errno;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t end = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec + card->delay;
    sleep_until(end > card->until ? end : card->until);
    card->syncs++;
    pthread_mutex_unlock(&busy);
    errno = error;
    return result;
}

int fsync(int file) { return sync_slowly("fsync", file); }

int fdatasync(int file) { return sync_slowly("fdatasync", file); }
