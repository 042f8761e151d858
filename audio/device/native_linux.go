package device

/*
#cgo LDFLAGS: -ldl
#include <dlfcn.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// webphone_queue is the Go type queue.
enum { QUEUE_SAMPLES = 8192, REQUESTS = 3 };
typedef struct {
	uint64_t head, tail, calls, lost, gaps;
	int64_t lowest, mark, started, bell;
	int16_t samples[QUEUE_SAMPLES];
} webphone_queue;

// device_head is how the sound library's device begins. The checks in
// webphone_install prove that it does.
typedef struct {
	void *context;
	uint32_t type, sample_rate, state;
	void (*on_data)(void *device, void *out, const void *in, uint32_t frames);
	void *on_notification, *on_stop, *user_data;
} device_head;

// The stop callback that malgo gives to every device.
extern void goStopCallback(void *device) __attribute__((weak));

#define LOAD(f) __atomic_load_n(&(f), __ATOMIC_SEQ_CST)
#define STORE(f, v) __atomic_store_n(&(f), (v), __ATOMIC_SEQ_CST)
#define ADD(f, v) __atomic_fetch_add(&(f), (v), __ATOMIC_SEQ_CST)

static void ring(webphone_queue *q) {
	uint64_t one = 1;
	ssize_t written = write((int)q->bell, &one, sizeof one);
	(void)written; // it cannot overflow in a lifetime
}

// on_capture is queue.capture.
static void on_capture(void *device, void *out, const void *in, uint32_t frames) {
	webphone_queue *q = ((device_head *)device)->user_data;
	const int16_t *heard = in;
	uint64_t tail = q->tail, level = tail - LOAD(q->head);
	uint32_t n = frames;
	ADD(q->calls, 1);
	if (n > QUEUE_SAMPLES - level) {
		n = QUEUE_SAMPLES - level;
		ADD(q->lost, frames - n);
		ADD(q->gaps, 1);
	}
	for (uint32_t i = 0; i < n; i++)
		q->samples[(tail + i) % QUEUE_SAMPLES] = heard[i];
	STORE(q->tail, tail + n);
	if ((int64_t)(level + n) >= LOAD(q->mark))
		ring(q);
}

// on_playback is queue.playback.
static void on_playback(void *device, void *out, const void *in, uint32_t frames) {
	webphone_queue *q = ((device_head *)device)->user_data;
	int16_t *room = out;
	uint64_t head = q->head;
	int64_t level = LOAD(q->tail) - head;
	uint32_t n = frames;
	ADD(q->calls, 1);
	if (level < LOAD(q->lowest))
		STORE(q->lowest, level);
	if (n <= level) {
		STORE(q->started, 1);
	} else {
		n = level;
		if (LOAD(q->started))
			ADD(q->gaps, 1);
	}
	for (uint32_t i = 0; i < n; i++)
		room[i] = q->samples[(head + i) % QUEUE_SAMPLES];
	memset(room + n, 0, (frames - n) * sizeof *room);
	STORE(q->head, head + n);
	if (level - n < LOAD(q->mark))
		ring(q);
}

// webphone_install has the device call us instead of Go. It does nothing and
// returns 0 unless the device looks as expected: our queue and malgo's stop
// callback are where they should be.
static int webphone_install(void *device, void *queue, size_t size, uint32_t rate, int playback) {
	device_head *d = device;
	if (size != sizeof(webphone_queue) || d->user_data != queue || d->sample_rate != rate ||
	    !goStopCallback || d->on_stop != (void *)goStopCallback)
		return 0;
	d->on_data = playback ? on_playback : on_capture;
	return 1;
}

// buffer_attr is pa_buffer_attr, in bytes; -1 leaves a choice to the server.
typedef struct {
	uint32_t maxlength, tlength, prebuf, minreq, fragsize;
} buffer_attr;

typedef int connecter(void *stream, const char *device, const buffer_attr *attr,
                      int flags, const void *volume, void *other);

static connecter *pulse_connect;

// connect_in_parts is pa_stream_connect_playback.
static int connect_in_parts(void *stream, const char *device, const buffer_attr *attr,
                            int flags, const void *volume, void *other) {
	buffer_attr asked;
	if (attr && attr->minreq == (uint32_t)-1 && attr->tlength != (uint32_t)-1) {
		asked = *attr;
		asked.minreq = asked.tlength / REQUESTS;
		attr = &asked;
	}
	return pulse_connect(stream, device, attr, flags, volume, other);
}

// webphone_in_parts puts connect_in_parts in the place of the function of
// PulseAudio's client among those that the sound library has loaded. It does
// nothing and returns 0 unless it is there exactly once.
static int webphone_in_parts(void **context) {
	void **found = NULL;
	void *client = dlopen("libpulse.so.0", RTLD_NOW | RTLD_NOLOAD);
	if (!client)
		return 0;
	void *original = dlsym(client, "pa_stream_connect_playback");
	dlclose(client);
	for (size_t i = 0; original && i < malloc_usable_size(context) / sizeof *context; i++) {
		if (context[i] != original)
			continue;
		if (found)
			return 0;
		found = &context[i];
	}
	if (!found)
		return 0;
	pulse_connect = (connecter *)original;
	*found = (void *)connect_in_parts;
	return 1;
}
*/
import "C"

import (
	"unsafe"

	"github.com/gen2brain/malgo"
)

// setForLibraries sets a variable in the environment that libraries see. Go has
// its own copy, so that programs started by us do not inherit it: they are no
// telephones.
func setForLibraries(name, value string) {
	n, v := C.CString(name), C.CString(value)
	defer C.free(unsafe.Pointer(n))
	defer C.free(unsafe.Pointer(v))
	C.setenv(n, v, 1)
}

// install has the device work on its queue without entering Go: a Go callback
// on a thread of the sound system makes Go's scheduler look 20,000 times a
// second after the processor it may have left behind, and sound would wait for
// the scheduler. It reports whether the device could be changed; if not, the
// Go callbacks stand.
//
// The device must not have been started, and its user data must be q, pinned.
func install(d *malgo.Device, q *queue, playback bool) bool {
	if unsafe.Sizeof(*d) != unsafe.Sizeof(uintptr(0)) || q.bell < 0 {
		return false
	}
	// A malgo.Device is a pointer to the pointer to the library's device.
	raw := **(**unsafe.Pointer)(unsafe.Pointer(d))
	kind := C.int(0)
	if playback {
		kind = 1
	}
	return C.webphone_install(raw, unsafe.Pointer(q), C.size_t(unsafe.Sizeof(*q)), SampleRate, kind) == 1
}

// inParts has PulseAudio ask for a speaker's buffer in pulseRequests parts,
// which the library leaves to the server, and that asks more often. It reports
// whether the library could be changed.
//
// The context must be one of PulseAudio, and have no devices.
func inParts(c *malgo.AllocatedContext) bool {
	if unsafe.Sizeof(c.Context) != unsafe.Sizeof(uintptr(0)) || C.REQUESTS != pulseRequests {
		return false
	}
	// A malgo.Context is a pointer to the pointer to the library's context.
	return C.webphone_in_parts((*unsafe.Pointer)(**(**unsafe.Pointer)(unsafe.Pointer(&c.Context)))) == 1
}
