//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "EtcdEngine.h"
#include "wire.h"

// What is measured, from `begin` to `report`.
struct measurement {
    double cpu;
    double wall;
    double *latencies;
    size_t operations;
};

static double microseconds_of_cpu(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static double microseconds_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static void begin(struct measurement *measurement, size_t expected) {
    measurement->operations = 0;
    if (!measurement->latencies && !(measurement->latencies = calloc(expected + 1, sizeof(double)))) abort();
    measurement->cpu = microseconds_of_cpu();
    measurement->wall = microseconds_now();
}

static int ascending(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void report(struct measurement *measurement) {
    double cpu = microseconds_of_cpu() - measurement->cpu, wall = microseconds_now() - measurement->wall;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    qsort(measurement->latencies, measurement->operations, sizeof(double), ascending);
    double median = measurement->operations ? measurement->latencies[measurement->operations / 2] : 0;
    printf("%.1f %.1f %.1f %zu %ld\n", cpu, wall, median, measurement->operations, (long)usage.ru_maxrss);
    free(measurement->latencies);
}

// MARK: - range and put: many small calls

struct load {
    const struct engine *engine;
    void *connection;
    struct measurement measurement;
    bool is_put;
    const char *key;
    size_t keys;
    double rate;
    size_t started;
    size_t goal;
};

struct slot {
    struct call call;
    struct load *load;
    double start;
    bool is_busy;
};

static void put_object(struct buffer *message, const char *prefix, size_t index) {
    char key[256], value[2048];
    int key_count = snprintf(key, sizeof key, "%s%08zu", prefix, index);
    int value_count = snprintf(
        value, sizeof value,
        "{\"kind\":\"Widget\",\"apiVersion\":\"example.com/v1\",\"metadata\":{\"name\":\"object-%08zu\",\"namespace\":\"default\","
        "\"uid\":\"00000000-0000-4000-8000-0000%08zu\",\"generation\":1,\"creationTimestamp\":\"2026-01-01T00:00:00Z\","
        "\"labels\":{\"app\":\"bench\",\"shard\":\"%zu\"}},\"spec\":{\"text\":\"%0*d\"}}\n",
        index, index, index % 16, 960, 0);
    if (key_count >= (int)sizeof key || value_count >= (int)sizeof value) floor_fail("put", "the prefix is too long");
    put_bytes(message, 1, key, (size_t)key_count);
    put_bytes(message, 2, value, (size_t)value_count);
}

static void start_next(struct slot *slot) {
    struct load *load = slot->load;
    struct buffer *request = &slot->call.request;
    frame_begin(request);
    if (load->is_put)
        put_object(request, load->key, load->started % load->keys);
    else
        put_bytes(request, 1, load->key, strlen(load->key));
    frame_end(request);
    load->started++;
    slot->is_busy = true;
    slot->start = microseconds_now();
    load->engine->start(load->connection, &slot->call, load->is_put ? "/etcdserverpb.KV/Put" : "/etcdserverpb.KV/Range");
}

static size_t walk_key_value(const uint8_t *bytes, size_t count) {
    struct field field;
    size_t seen = 0;
    while (next_field(&bytes, &count, &field)) seen += field.count;
    return seen;
}

static void check_small_answer(struct call *call, const uint8_t *bytes, size_t count) {
    struct slot *slot = call->context;
    struct field field;
    bool found = false;
    while (next_field(&bytes, &count, &field))
        if (field.number == 2) found = walk_key_value(field.bytes, field.count) > 0;
    if (!slot->load->is_put && !found) floor_fail("range", "no such key");
}

static void small_call_ended(struct call *call) {
    struct slot *slot = call->context;
    struct load *load = slot->load;
    struct measurement *measurement = &load->measurement;
    measurement->latencies[measurement->operations++] = microseconds_now() - slot->start;
    slot->is_busy = false;
    if (load->rate == 0 && load->started < load->goal) start_next(slot);
}

static void run_load(struct load *load, size_t in_flight, size_t operations) {
    struct slot *slots = calloc(in_flight, sizeof *slots);
    if (!slots) abort();
    load->started = 0;
    load->goal = operations;
    begin(&load->measurement, operations);
    for (size_t i = 0; i < in_flight; i++)
        slots[i] = (struct slot){.call = {.on_message = check_small_answer, .on_end = small_call_ended, .context = &slots[i]}, .load = load};
    do {
        double due = load->rate > 0 ? (microseconds_now() - load->measurement.wall) / 1e6 * load->rate : (double)operations;
        for (size_t i = 0; i < in_flight && load->started < operations && (double)load->started < due; i++)
            if (!slots[i].is_busy) start_next(&slots[i]);
        load->engine->step(load->connection, load->rate > 0 ? 1 : -1);
    } while (load->measurement.operations < operations);
    for (size_t i = 0; i < in_flight; i++) {
        buffer_free(&slots[i].call.request);
        buffer_free(&slots[i].call.received);
    }
    free(slots);
}

static void small_calls(struct load *load, const struct server *server, size_t in_flight, size_t operations) {
    load->connection = load->engine->open(server);
    if (!load->is_put) {
        // The first calls set things up on both sides.
        run_load(load, in_flight, operations / 10 + 1);
        free(load->measurement.latencies);
        load->measurement.latencies = NULL;
    }
    run_load(load, in_flight, operations);
    report(&load->measurement);
    load->engine->close(load->connection);
}

// MARK: - pages and watch: much data

struct reader {
    struct measurement measurement;
    char next[512];
    size_t next_count;
    uint64_t revision;
    size_t seen;
    size_t bytes;
    bool has_more;
    bool has_ended;
};

static size_t end_of_prefix(const char *prefix, char *end, size_t capacity) {
    size_t count = strlen(prefix);
    if (count == 0 || count >= capacity) floor_fail("prefix", "empty or too long");
    memcpy(end, prefix, count);
    end[count - 1]++;
    return count;
}

static void read_page(struct call *call, const uint8_t *bytes, size_t count) {
    struct reader *reader = call->context;
    struct field field, inner;
    reader->has_more = false;
    while (next_field(&bytes, &count, &field)) {
        if (field.number == 1 && reader->revision == 0) {
            const uint8_t *header = field.bytes;
            while (next_field(&header, &field.count, &inner))
                if (inner.number == 3) reader->revision = inner.value;
        } else if (field.number == 2) {
            const uint8_t *kv = field.bytes;
            size_t left = field.count;
            reader->seen++;
            if (next_field(&kv, &left, &inner) && inner.number == 1 && inner.count < sizeof reader->next) {
                memcpy(reader->next, inner.bytes, inner.count);
                reader->next[inner.count] = 0;
                reader->next_count = inner.count + 1;
            }
            reader->bytes += walk_key_value(kv, left);
        } else if (field.number == 3) {
            reader->has_more = field.value != 0;
        }
    }
}

static void page_ended(struct call *call) {
    struct reader *reader = call->context;
    reader->has_ended = true;
}

static void pages(const struct engine *engine, const struct server *server, const char *prefix, size_t page_size) {
    struct reader reader = {.next_count = strlen(prefix)};
    struct call call = {.on_message = read_page, .on_end = page_ended, .context = &reader};
    char end[512];
    size_t end_count = end_of_prefix(prefix, end, sizeof end);
    memcpy(reader.next, prefix, reader.next_count);
    void *connection = engine->open(server);
    begin(&reader.measurement, 0);
    do {
        frame_begin(&call.request);
        put_bytes(&call.request, 1, reader.next, reader.next_count);
        put_bytes(&call.request, 2, end, end_count);
        put_int(&call.request, 3, page_size);
        put_int(&call.request, 4, reader.revision);
        frame_end(&call.request);
        reader.has_ended = false;
        engine->start(connection, &call, "/etcdserverpb.KV/Range");
        while (!reader.has_ended) engine->step(connection, -1);
    } while (reader.has_more);
    buffer_free(&call.request);
    buffer_free(&call.received);
    report(&reader.measurement);
    engine->close(connection);
}

static void read_events(struct call *call, const uint8_t *bytes, size_t count) {
    struct reader *reader = call->context;
    struct field field, inner;
    while (next_field(&bytes, &count, &field)) {
        if (field.number == 3 && field.value) {
            puts("ready");
            fflush(stdout);
            begin(&reader->measurement, 0);
        } else if (field.number == 4 && field.value) {
            floor_fail("watch", "cancelled by the server");
        } else if (field.number == 11) {
            reader->seen++;
            while (next_field(&field.bytes, &field.count, &inner))
                if (inner.number == 2) reader->bytes += walk_key_value(inner.bytes, inner.count);
        }
    }
}

static void watch_ended(struct call *call) {
    (void)call;
    floor_fail("watch", "ended by the server");
}

static void watch(
    const struct engine *engine, const struct server *server, const char *prefix, uint64_t start_revision, size_t events) {
    struct reader reader = {0};
    struct call call = {.keeps_sending = true, .on_message = read_events, .on_end = watch_ended, .context = &reader};
    struct buffer create = {0};
    char end[512];
    size_t end_count = end_of_prefix(prefix, end, sizeof end);
    put_bytes(&create, 1, prefix, strlen(prefix));
    put_bytes(&create, 2, end, end_count);
    put_int(&create, 3, start_revision);
    frame_begin(&call.request);
    put_bytes(&call.request, 1, create.bytes, create.count);
    frame_end(&call.request);
    void *connection = engine->open(server);
    engine->start(connection, &call, "/etcdserverpb.Watch/Watch");
    while (reader.seen < events) engine->step(connection, -1);
    report(&reader.measurement);
    buffer_free(&create);
    buffer_free(&call.request);
    buffer_free(&call.received);
    engine->close(connection);
}

void floor_fail(const char *what, const char *detail) {
    fprintf(stderr, "%s: %s\n", what, detail);
    exit(1);
}

static size_t number(const char *text) { return (size_t)strtoull(text, NULL, 10); }

static void copy(char *destination, size_t capacity, const char *text, size_t count) {
    if (count >= capacity) floor_fail("server", "a part of it is too long");
    memcpy(destination, text, count);
    destination[count] = 0;
}

static struct server parse_server(const char *text) {
    struct server server = {0};
    char *const parts[] = {server.port, server.authority, server.certificate, server.key};
    const size_t capacities[] = {sizeof server.port, sizeof server.authority, sizeof server.certificate, sizeof server.key};
    for (size_t part = 0; part < 4 && *text; part++) {
        size_t count = strcspn(text, ",");
        copy(parts[part], capacities[part], text, count);
        text += count + (text[count] == ',');
    }
    snprintf(server.address, sizeof server.address, "127.0.0.1:%s", server.port);
    return server;
}

int etcd_commands_main(const struct engine *engine, int argc, char *const *argv) {
    const char *command = argc > 0 ? argv[0] : "";
    const struct server server = parse_server(argc > 1 ? argv[1] : "");
    if (strcmp(command, "range") == 0 && argc == 5) {
        struct load load = {.engine = engine, .key = argv[2]};
        small_calls(&load, &server, number(argv[3]), number(argv[4]));
    } else if (strcmp(command, "put") == 0 && argc == 7) {
        struct load load = {.engine = engine, .is_put = true, .key = argv[2], .keys = number(argv[5]), .rate = atof(argv[6])};
        small_calls(&load, &server, number(argv[3]), number(argv[4]));
    } else if (strcmp(command, "pages") == 0 && argc == 4) {
        pages(engine, &server, argv[2], number(argv[3]));
    } else if (strcmp(command, "watch") == 0 && argc == 5) {
        watch(engine, &server, argv[2], number(argv[3]), number(argv[4]));
    } else {
        floor_fail("usage", "range|put|pages|watch …, see EtcdFloor.h");
    }
    return 0;
}
