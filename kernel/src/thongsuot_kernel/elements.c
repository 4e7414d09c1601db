/*
 * A block of a batch as series of a remote-write request, straight from its columns to elements of a
 * snappy stream: it is known which labels and times are repeated, so nothing has to look for them.
 *
 * What pack_elements gives unpacks to what pack_block gives in
 * thongsuot_collector.sinks.remote_write.blocks, byte by byte; that is the reference, and what runs
 * where this is not installed (tests/collector/sinks/remote_write/test_blocks.py). The rules of
 * loops.c hold here.
 */

#include "arguments.h"

/* Field 2 of TimeSeries, 16 bytes, which begins with field 1 of Sample, a double. */
#define SAMPLE_HEAD "\x12\x10\x09"
#define SAMPLE_HEAD_BYTES 3
/* Head, double, field 2 of Sample with its varint of six bytes. */
#define SAMPLE_BYTES 18
#define TIME_BYTES 7
/* Of these, at the end: the first of them changes every 16 s, the others twice an hour. */
#define UPPER_BYTES 4
#define LOWER_BYTES 2
/* Behind them in a series of success: the next sample's head, 1 as its value, TIME_TAG. */
#define BEHIND SAMPLE_HEAD "\0\0\0\0\0\0\xf0\x3f" "\x10"
#define BEHIND_BYTES 12
#define SERIES_FIELD 0x0a
#define TIME_TAG 0x10
/* The head of a link: three numbers of two bytes, and whether it is the last of its series. */
#define LINK_BYTES 7
/* Of a literal with one byte before it; below four bytes a copy gains nothing. */
#define LITERAL_BYTES 60
#define SHORTEST_COPY 4
#define VALUES_SEEN 256
#define LARGEST_BYTES ((Py_ssize_t)1 << 31)
#define EARLIEST_MS ((int64_t)1 << 35)
#define LATEST_MS (((int64_t)1 << 42) - 1)

static unsigned char *put_varint(unsigned char *at, size_t number)
{
    while (number > 127) {
        *at++ = (unsigned char)(number & 127) | 128;
        number >>= 7;
    }
    *at++ = (unsigned char)number;
    return at;
}

/*
 * Elements of a snappy stream (google/snappy, format_description.txt), as they are put together:
 * `size` is how many bytes those so far unpack to. Whoever says that bytes are repeated knows it.
 * The last literal or copy waits for what can be joined to it.
 */
typedef struct {
    unsigned char *at;
    Py_ssize_t size;
    Py_ssize_t copied, from; /* bytes of a copy that waits, and where they stand */
    int waiting;             /* bytes of a literal that waits; only one of both does */
    unsigned char literal[LITERAL_BYTES];
} Stream;

static void flush(Stream *stream)
{
    if (stream->waiting > 0) {
        *stream->at++ = (unsigned char)((stream->waiting - 1) << 2);
        memcpy(stream->at, stream->literal, (size_t)stream->waiting);
        stream->at += stream->waiting;
        stream->waiting = 0;
    }
    size_t offset = (size_t)(stream->size - stream->copied - stream->from);
    Py_ssize_t left = stream->copied;
    stream->copied = 0;
    while (left > 0) {
        /* So that what is left is never too short for a copy itself. */
        Py_ssize_t part = left <= 64 ? left : left < 64 + SHORTEST_COPY ? 60 : 64;
        if (part >= 4 && part <= 11 && offset < 1 << 11) {
            *stream->at++ = (unsigned char)(1 | (part - 4) << 2 | (Py_ssize_t)(offset >> 8) << 5);
            *stream->at++ = (unsigned char)offset;
        } else {
            int width = offset < 1 << 16 ? 2 : 4;
            *stream->at++ = (unsigned char)((width == 2 ? 2 : 3) | (part - 1) << 2);
            for (int i = 0; i < width; i++)
                *stream->at++ = (unsigned char)(offset >> (8 * i));
        }
        left -= part;
    }
}

static void put_literal(Stream *stream, const void *bytes, Py_ssize_t count)
{
    const unsigned char *from = bytes;
    if (count > 0 && stream->copied > 0)
        flush(stream);
    stream->size += count;
    while (count > 0) {
        if (stream->waiting == LITERAL_BYTES)
            flush(stream);
        Py_ssize_t part = LITERAL_BYTES - stream->waiting;
        part = part < count ? part : count;
        memcpy(stream->literal + stream->waiting, from, (size_t)part);
        stream->waiting += (int)part;
        from += part;
        count -= part;
    }
}

/* Repeat what stands at `from` in the unpacked bytes; `bytes` is the same, for what is too short. */
static void put_copy(Stream *stream, Py_ssize_t from, const void *bytes, Py_ssize_t count)
{
    if (stream->copied > 0 && from == stream->from + stream->copied) {
        stream->copied += count;
    } else if (count < SHORTEST_COPY) {
        put_literal(stream, bytes, count);
        return;
    } else {
        flush(stream);
        stream->from = from;
        stream->copied = count;
    }
    stream->size += count;
}

/*
 * The labels of a block's series but for the metric's name, one after the other out of their chain.
 * Each is made of those before: a link says how many of their bytes stay, how many are left out, and
 * which come in; the last link of a series keeps the rest.
 */
typedef struct {
    Py_ssize_t same, dropped, fresh;
    int is_last;
    const unsigned char *bytes;
} Link;

/* Read the link at a place, and go behind it; -1 where it is broken. */
static int next_link(const unsigned char **at, const unsigned char *end, Link *link)
{
    if (end - *at < LINK_BYTES)
        return -1;
    const unsigned char *head = *at;
    link->same = head[0] | head[1] << 8;
    link->dropped = head[2] | head[3] << 8;
    link->fresh = head[4] | head[5] << 8;
    link->is_last = head[6];
    link->bytes = head + LINK_BYTES;
    if (link->fresh > end - link->bytes)
        return -1;
    *at = link->bytes + link->fresh;
    return 0;
}

/* What is packed: views are held until the end, sizes[] are the rows of each series. */
typedef struct {
    PyObject *names; /* of the metrics, as the label that begins each series */
    const unsigned char *chain, *chain_end;
    Py_ssize_t metrics, series, rows;
    Py_ssize_t longest, most; /* of a series' labels; of all that is written */
    Py_ssize_t *sizes;
    Py_buffer *columns; /* one fewer than metrics: the first is success, always 1 */
    unsigned char *times; /* TIME_BYTES a row */
    Py_ssize_t *placed; /* where the time of each row stands */
    Py_ssize_t *named, *bodies; /* where the name of each metric stood last, in how long a series */
    Py_ssize_t *valued; /* where the last value of each metric stands */
    unsigned char *text, *before; /* the labels that are made, those they are made of */
} Block;

/* Return how many series a chain has, -1 where it is broken; note what room they need. */
static Py_ssize_t measure_chain(Block *block)
{
    const unsigned char *at = block->chain;
    Py_ssize_t series = 0, before = 0;
    while (at < block->chain_end) {
        Py_ssize_t used = 0, size = 0;
        Link link;
        do {
            if (next_link(&at, block->chain_end, &link) < 0)
                return -1;
            used += link.same + link.dropped;
            size += link.same + link.fresh;
        } while (!link.is_last);
        if (used > before)
            return -1;
        before = size + before - used;
        block->longest = before > block->longest ? before : block->longest;
        if (before < SAMPLE_HEAD_BYTES || __builtin_add_overflow(block->most, before, &block->most))
            return -1;
        series++;
    }
    return series;
}

/* The size of a tuple; -1 with an error set where an object is none. */
static Py_ssize_t tuple_size(PyObject *object)
{
    if (PyTuple_Check(object))
        return PyTuple_Size(object);
    PyErr_SetString(PyExc_TypeError, "a tuple is wanted");
    return -1;
}

/* Read the rows of each series from the counts of a batch; they have to be the rows of the block. */
static int read_sizes(Block *block, PyObject *counts, Py_ssize_t first_series)
{
    if (!PyList_Check(counts)) {
        PyErr_SetString(PyExc_TypeError, "a list of counts is wanted");
        return -1;
    }
    Py_ssize_t known = PyList_Size(counts), sum = 0;
    for (Py_ssize_t i = 0; i < block->series; i++) {
        block->sizes[i] = 0;
        if (first_series > known - 1 - i)
            continue; /* series at the end that have no rows are left out */
        PyObject *count = PyList_GetItem(counts, first_series + i);
        if (count == NULL)
            return -1;
        if (!PyLong_CheckExact(count)) {
            PyErr_SetString(PyExc_TypeError, "counts are whole numbers");
            return -1;
        }
        Py_ssize_t size = PyLong_AsSsize_t(count);
        if (size == -1 && PyErr_Occurred())
            return -1;
        if (size < 0 || size > block->rows - sum) {
            PyErr_SetString(PyExc_ValueError, "counts are not those of the block's rows");
            return -1;
        }
        block->sizes[i] = size;
        sum += size;
    }
    if (sum != block->rows) {
        PyErr_SetString(PyExc_ValueError, "counts are not those of the block's rows");
        return -1;
    }
    return 0;
}

static int encode_times(Block *block, PyObject *times, Py_ssize_t first_row)
{
    Py_buffer view;
    if (get_numbers(times, "q", &view) < 0)
        return -1;
    int failed = check_range(&view, first_row, block->rows);
    const int64_t *time_ms = (const int64_t *)view.buf + (failed ? 0 : first_row);
    unsigned char *at = block->times;
    for (Py_ssize_t row = 0; row < block->rows && !failed; row++) {
        int64_t number = time_ms[row];
        if (number < EARLIEST_MS || number > LATEST_MS) {
            PyErr_SetString(PyExc_ValueError, "a time is no varint of six bytes");
            failed = -1;
            break;
        }
        *at++ = TIME_TAG;
        at = put_varint(at, (size_t)number);
    }
    PyBuffer_Release(&view);
    return failed;
}

static unsigned char *put_double(unsigned char *at, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, 8);
    for (int i = 0; i < 8; i++)
        at[i] = (unsigned char)(bits >> (8 * i));
    return at + 8;
}

/* Where in the unpacked bytes what may be repeated stood last; -1: nowhere yet. */
typedef struct {
    Py_ssize_t upper; /* of the upper bytes of a time that BEHIND_BYTES follow */
    unsigned char upper_time[UPPER_BYTES];
    Py_ssize_t values[VALUES_SEEN]; /* of `bits`, by a few of their own; 0: none */
    uint64_t bits[VALUES_SEEN];
} Seen;

/* A value; most are that of the same metric before (`last`, which stands at `*valued`; 0: nowhere). */
static void put_value(Stream *stream, Seen *seen, double value, double last, Py_ssize_t *valued)
{
    unsigned char bytes[8];
    uint64_t bits;
    Py_ssize_t at = stream->size;
    put_double(bytes, value);
    if (*valued > 0 && memcmp(&value, &last, 8) == 0) {
        put_copy(stream, *valued, bytes, 8);
        *valued = at;
        return;
    }
    memcpy(&bits, &value, 8);
    size_t place = (size_t)((bits * 0x9e3779b97f4a7c15u) >> 32) % VALUES_SEEN;
    if (seen->values[place] > 0 && seen->bits[place] == bits)
        put_copy(stream, seen->values[place], bytes, 8);
    else
        put_literal(stream, bytes, 8);
    seen->values[place] = *valued = at;
    seen->bits[place] = bits;
}

static Py_ssize_t body_bytes(Py_ssize_t name, Py_ssize_t rows)
{
    /* The head of the first sample stands at the end of the labels. */
    return name + rows * SAMPLE_BYTES - SAMPLE_HEAD_BYTES;
}

/* Bytes of which some are as at the same place of others, which stand at `from`. */
static void put_like(Stream *stream, const char *bytes, Py_ssize_t count, Py_ssize_t from,
                     const char *others, Py_ssize_t other_count)
{
    Py_ssize_t most = count < other_count ? count : other_count;
    for (Py_ssize_t at = 0, same = 0; at < count; at += same > 0 ? same : 1, same = 0) {
        while (at + same < most && bytes[at + same] == others[at + same])
            same++;
        if (same > 0)
            put_copy(stream, from + at, bytes + at, same);
        else
            put_literal(stream, bytes + at, 1);
    }
}

/*
 * The field and the size of a series, and the name of its metric: like those of the same metric in the
 * series before, the first time like the metric before.
 */
static void put_name(const Block *block, Stream *stream, Py_ssize_t metric, Py_ssize_t body)
{
    unsigned char head[1 + 10] = {SERIES_FIELD};
    Py_ssize_t head_bytes = put_varint(head + 1, (size_t)body) - head;
    PyObject *name = PyTuple_GetItem(block->names, metric);
    Py_ssize_t name_bytes = PyBytes_Size(name), known = block->named[metric];
    const char *text = PyBytes_AsString(name);
    if (known >= 0 && body == block->bodies[metric] && name_bytes >= SHORTEST_COPY) {
        block->named[metric] = stream->size + head_bytes;
        put_copy(stream, known - head_bytes, NULL, head_bytes + name_bytes);
        return;
    }
    put_literal(stream, head, head_bytes);
    block->named[metric] = stream->size;
    block->bodies[metric] = body;
    if (known >= 0) {
        put_copy(stream, known, text, name_bytes);
    } else if (metric > 0) {
        PyObject *before = PyTuple_GetItem(block->names, metric - 1);
        put_like(stream, text, name_bytes, block->named[metric - 1], PyBytes_AsString(before),
                 PyBytes_Size(before));
    } else {
        put_literal(stream, text, name_bytes);
    }
}

/* Make the labels of the next series of those before, and return how many bytes they have. */
static Py_ssize_t make_labels(Block *block, const unsigned char **at, Py_ssize_t before)
{
    unsigned char *text = block->before;
    block->before = block->text;
    block->text = text;
    Py_ssize_t used = 0;
    Link link = {0};
    do {
        next_link(at, block->chain_end, &link); /* the chain was checked by measure_chain */
        memcpy(text, block->before + used, (size_t)link.same);
        memcpy(text + link.same, link.bytes, (size_t)link.fresh);
        text += link.same + link.fresh;
        used += link.same + link.dropped;
    } while (!link.is_last);
    memcpy(text, block->before + used, (size_t)(before - used));
    return text + before - used - block->text;
}

/*
 * The labels of a series of success, which were made by the links at a place, and what begins its first
 * sample: 1, and a time. Those before them stand at `from`, and the same behind them.
 */
static void put_labels(const Block *block, Stream *stream, const unsigned char *at, Py_ssize_t from,
                       Py_ssize_t before)
{
    Py_ssize_t used = 0;
    Link link = {0};
    do {
        next_link(&at, block->chain_end, &link);
        put_copy(stream, from + used, block->before + used, link.same);
        put_literal(stream, link.bytes, link.fresh);
        used += link.same + link.dropped;
    } while (!link.is_last);
    put_copy(stream, from + used, NULL, before - used + 8 + 1);
}

/*
 * The samples of a series' success but for what begins the first: always 1, so only the lower bytes of
 * each time are new. The upper ones are mostly those of the time before, and what stands behind those is
 * what comes here.
 */
static void put_successes(const Block *block, Stream *stream, Seen *seen, Py_ssize_t row,
                          Py_ssize_t last)
{
    block->placed[row] = stream->size - 1;
    for (; row < last; row++) {
        const unsigned char *lower = block->times + row * TIME_BYTES + 1;
        const unsigned char *upper = lower + LOWER_BYTES;
        Py_ssize_t fresh = UPPER_BYTES;
        if (seen->upper >= 0 && memcmp(upper + 1, seen->upper_time + 1, UPPER_BYTES - 1) == 0)
            fresh = upper[0] != seen->upper_time[0];
        put_literal(stream, lower, LOWER_BYTES);
        Py_ssize_t at = stream->size;
        put_literal(stream, upper, fresh);
        if (row + 1 == last) {
            put_copy(stream, seen->upper + fresh, upper + fresh, UPPER_BYTES - fresh);
            return;
        }
        if (fresh < UPPER_BYTES) {
            put_copy(stream, seen->upper + fresh, NULL, UPPER_BYTES - fresh + BEHIND_BYTES);
        } else {
            put_literal(stream, BEHIND, BEHIND_BYTES);
        }
        block->placed[row + 1] = stream->size - 1;
        seen->upper = at;
        memcpy(seen->upper_time, upper, UPPER_BYTES);
    }
}

/*
 * The samples of a series of another metric; its times stand with those of the metric before, whose
 * values are in `earlier`.
 */
static void put_samples(const Block *block, Stream *stream, Seen *seen, Py_ssize_t metric,
                        Py_ssize_t row, Py_ssize_t last)
{
    const double *value = block->columns[metric - 1].buf;
    const double *earlier = metric == 1 ? NULL : block->columns[metric - 2].buf;
    unsigned char bytes[8], end[TIME_BYTES + SAMPLE_HEAD_BYTES];
    Py_ssize_t *valued = &block->valued[metric];
    for (; row < last; row++) {
        double before = earlier == NULL ? 1.0 : earlier[row];
        if (memcmp(&value[row], &before, 8) == 0) {
            put_double(bytes, before);
            *valued = stream->size;
            put_copy(stream, block->placed[row] - 8, bytes, 8);
        } else {
            put_value(stream, seen, value[row], row > 0 ? value[row - 1] : 0.0, valued);
        }
        memcpy(end, block->times + row * TIME_BYTES, TIME_BYTES);
        memcpy(end + TIME_BYTES, SAMPLE_HEAD, SAMPLE_HEAD_BYTES);
        Py_ssize_t at = stream->size;
        Py_ssize_t head_bytes = row + 1 == last ? 0 : SAMPLE_HEAD_BYTES;
        put_copy(stream, block->placed[row], end, TIME_BYTES + head_bytes);
        block->placed[row] = at;
    }
}

/*
 * All metrics of a series, one after the other: what they repeat stands so near that a copy of it is two
 * bytes.
 */
static void put_series(Block *block, Stream *stream, Seen *seen)
{
    const unsigned char *at = block->chain;
    Py_ssize_t row = 0, bytes = 0, labels = -1; /* labels: where those of success stand */
    for (Py_ssize_t i = 0; i < block->series; i++) {
        const unsigned char *links = at;
        Py_ssize_t before = bytes, last = row + block->sizes[i];
        bytes = make_labels(block, &at, before);
        if (last == row) {
            labels = -1; /* those of the next one are made of some that are not there */
            continue;
        }
        for (Py_ssize_t metric = 0; metric < block->metrics; metric++) {
            Py_ssize_t name_bytes = PyBytes_Size(PyTuple_GetItem(block->names, metric));
            put_name(block, stream, metric, body_bytes(name_bytes + bytes, last - row));
            Py_ssize_t begin = stream->size;
            if (metric > 0) {
                put_copy(stream, labels, block->text, bytes);
                put_samples(block, stream, seen, metric, row, last);
                continue;
            }
            if (labels >= 0) {
                put_labels(block, stream, links, labels, before);
            } else {
                put_literal(stream, block->text, bytes);
                put_literal(stream, BEHIND + SAMPLE_HEAD_BYTES, 8 + 1);
            }
            labels = begin;
            put_successes(block, stream, seen, row, last);
        }
        row = last;
    }
}

static PyObject *pack(Block *block)
{
    unsigned char *elements = PyMem_Malloc((size_t)(2 * block->most + 64));
    if (elements == NULL)
        return PyErr_NoMemory();
    Stream stream = {.at = elements};
    Seen seen = {.upper = -1};
    for (Py_ssize_t metric = 0; metric < block->metrics; metric++)
        block->named[metric] = -1;
    put_series(block, &stream, &seen);
    flush(&stream);
    PyObject *packed = Py_BuildValue("(y#n)", elements, (Py_ssize_t)(stream.at - elements), stream.size);
    PyMem_Free(elements);
    return packed;
}

static void release(Block *block, Py_ssize_t columns)
{
    for (Py_ssize_t i = 0; i < columns; i++)
        PyBuffer_Release(&block->columns[i]);
    PyMem_Free(block->sizes);
    PyMem_Free(block->columns);
    PyMem_Free(block->times);
    PyMem_Free(block->placed);
    PyMem_Free(block->text);
    PyMem_Free(block->before);
    PyMem_Free(block->named);
    PyMem_Free(block->bodies);
    PyMem_Free(block->valued);
}

/* Check that there is a name for each metric, labels for each series, and a column for all but one. */
static int read_names(Block *block, PyObject *names, PyObject *chain, PyObject *columns)
{
    if ((block->metrics = tuple_size(names)) < 0)
        return -1;
    char *text = NULL;
    Py_ssize_t values = tuple_size(columns), bytes, all = 0;
    if (values < 0)
        return -1;
    if (block->metrics < 1 || values != block->metrics - 1) {
        PyErr_SetString(PyExc_ValueError, "names are of success and of each column");
        return -1;
    }
    block->names = names;
    for (Py_ssize_t metric = 0; metric < block->metrics; metric++) {
        PyObject *name = PyTuple_GetItem(names, metric);
        if (name == NULL || PyBytes_AsStringAndSize(name, &text, &bytes) < 0)
            return -1;
        all = all > PY_SSIZE_T_MAX - bytes ? PY_SSIZE_T_MAX : all + bytes;
    }
    if (PyBytes_AsStringAndSize(chain, &text, &bytes) < 0)
        return -1;
    block->chain = (const unsigned char *)text;
    block->chain_end = block->chain + bytes;
    block->series = measure_chain(block);
    if (block->series < 0) {
        PyErr_SetString(PyExc_ValueError, "the chain of labels is broken");
        return -1;
    }
    /* Room for all samples, labels and names, and for the field and the size of each series. */
    Py_ssize_t named;
    if (__builtin_add_overflow(block->most, block->rows * SAMPLE_BYTES, &block->most) ||
        __builtin_add_overflow(block->most, block->series * 12, &block->most) ||
        __builtin_mul_overflow(block->metrics, block->most, &block->most) ||
        __builtin_mul_overflow(block->series, all, &named) ||
        __builtin_add_overflow(block->most, named, &block->most) || block->most > LARGEST_BYTES) {
        PyErr_SetString(PyExc_OverflowError, "too much for one request");
        return -1;
    }
    return 0;
}

static PyObject *pack_columns(Block *block, PyObject *columns)
{
    PyObject *packed = NULL;
    Py_ssize_t got = 0;
    for (; got < block->metrics - 1; got++) {
        PyObject *column = PyTuple_GetItem(columns, got);
        if (column == NULL || get_numbers(column, "d", &block->columns[got]) < 0)
            break;
        if (block->columns[got].len / 8 != block->rows) {
            PyErr_SetString(PyExc_ValueError, "a column has not one value a row");
            got++;
            goto done;
        }
    }
    if (got == block->metrics - 1)
        packed = pack(block);
done:
    release(block, got);
    return packed;
}

/*
 * pack_elements(names, chain, counts, first_series, columns, times_ms, first_row, last_row): the
 * series of a block whose rows are all ok and complete, as they stand in a remote-write request: elements of a
 * snappy stream, and how many bytes they unpack to. `names` are of success and of each column, as the
 * label that begins a series; all its other labels are in the chain, and end in SAMPLE_HEAD.
 */
PyObject *pack_elements(PyObject *module, PyObject *const *arguments, Py_ssize_t given)
{
    (void)module;
    Py_ssize_t first_series, rows[2];
    if (check_count(given, 8) < 0 || integers_of(arguments + 3, &first_series, 1) < 0 ||
        integers_of(arguments + 6, rows, 2) < 0)
        return NULL;
    if (first_series < 0 || rows[0] < 0 || rows[1] < rows[0] ||
        rows[1] - rows[0] > PY_SSIZE_T_MAX / (SAMPLE_BYTES * 64)) {
        PyErr_SetString(PyExc_ValueError, "rows are wanted that cannot be there");
        return NULL;
    }
    Block block = {.rows = rows[1] - rows[0]};
    if (read_names(&block, arguments[0], arguments[1], arguments[4]) < 0)
        return NULL;
    /* Before there is room for them: there are no more rows than times. */
    Py_buffer view;
    if (get_numbers(arguments[5], "q", &view) < 0)
        return NULL;
    int missing = check_range(&view, rows[0], block.rows);
    PyBuffer_Release(&view);
    if (missing)
        return NULL;
    block.sizes = PyMem_Calloc((size_t)block.series + 1, sizeof(Py_ssize_t));
    block.columns = PyMem_Calloc((size_t)block.metrics, sizeof(Py_buffer));
    block.times = PyMem_Calloc((size_t)block.rows + 1, TIME_BYTES);
    block.placed = PyMem_Calloc((size_t)block.rows + 1, sizeof(Py_ssize_t));
    block.text = PyMem_Calloc((size_t)block.longest + 1, 1);
    block.before = PyMem_Calloc((size_t)block.longest + 1, 1);
    block.named = PyMem_Calloc((size_t)block.metrics, sizeof(Py_ssize_t));
    block.bodies = PyMem_Calloc((size_t)block.metrics, sizeof(Py_ssize_t));
    block.valued = PyMem_Calloc((size_t)block.metrics, sizeof(Py_ssize_t));
    if (block.sizes == NULL || block.columns == NULL || block.times == NULL ||
        block.placed == NULL || block.text == NULL || block.before == NULL || block.named == NULL ||
        block.bodies == NULL || block.valued == NULL) {
        release(&block, 0);
        return PyErr_NoMemory();
    }
    if (read_sizes(&block, arguments[2], first_series) < 0 ||
        encode_times(&block, arguments[5], rows[0]) < 0) {
        release(&block, 0);
        return NULL;
    }
    return pack_columns(&block, arguments[4]);
}
