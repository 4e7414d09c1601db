/*
 * The inner loops of decoding a batch and of packing a remote-write request.
 *
 * Each function does what the function of the same name does in thongsuot_schema.batch.loops and
 * in thongsuot_collector.sinks.remote_write.blocks: same arguments, same result, byte by byte
 * (tests/schema/batch/test_loops.py, tests/collector/sinks/remote_write/test_blocks.py). Those are
 * the reference, and what runs where this is not installed.
 *
 * Rules of this file: nothing is read or written outside of what was asked for from Python, whatever
 * the arguments are; sizes and sums are checked for overflow; no Python code runs between the
 * checking of an argument and its last use. A caller's mistake is a ValueError or TypeError, never a
 * crash. Only the limited API of Python 3.11 is used, so one build serves every later version.
 */

#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdint.h>
#include <string.h>

#define WIDEST 8
/* Field 2 of TimeSeries, 16 bytes, which begins with field 1 of Sample, a double. */
#define SAMPLE_HEAD "\x12\x10\x09"
#define SAMPLE_HEAD_BYTES 3
/* Head, double, field 2 of Sample with its varint of six bytes. */
#define SAMPLE_BYTES 18
#define TIME_BYTES 7
#define SERIES_FIELD 0x0a
#define EARLIEST_MS ((int64_t)1 << 35)
#define LATEST_MS (((int64_t)1 << 42) - 1)

static const int64_t LARGEST_STEP = ((int64_t)1 << 62) - 1;

typedef struct {
    PyObject *array_type;
} State;

/*
 * Ask an object for its numbers, as one piece of 8-byte items of a format ("q" or "d"). They have to
 * be aligned, as an array's are: the compiler's vector instructions rely on it.
 */
static int get_numbers(PyObject *object, const char *format, Py_buffer *view)
{
    if (PyObject_GetBuffer(object, view, PyBUF_CONTIG_RO | PyBUF_FORMAT) < 0)
        return -1;
    if (view->itemsize != 8 || view->format == NULL || strcmp(view->format, format) != 0 ||
        (view->len > 0 && ((uintptr_t)view->buf & 7) != 0)) {
        PyBuffer_Release(view);
        PyErr_Format(PyExc_TypeError, "an array of type '%s' is wanted", format);
        return -1;
    }
    return 0;
}

/* Check that numbers `first` to `first + count` are among those of a view. */
static int check_range(const Py_buffer *view, Py_ssize_t first, Py_ssize_t count)
{
    if (first < 0 || count < 0 || first > view->len / 8 || count > view->len / 8 - first) {
        PyErr_SetString(PyExc_ValueError, "numbers are wanted that are not there");
        return -1;
    }
    return 0;
}

/* Return array(type, content); takes over the reference to the content. */
static PyObject *array_of(PyObject *module, const char *type, PyObject *content)
{
    State *state = PyModule_GetState(module);
    PyObject *array = PyObject_CallFunction(state->array_type, "sO", type, content);
    Py_DECREF(content);
    return array;
}

/* Return bytes for so many 8-byte numbers, not yet written. */
static PyObject *room_for(Py_ssize_t count)
{
    if (count < 0 || count > PY_SSIZE_T_MAX / 8) {
        PyErr_SetString(PyExc_ValueError, "too many numbers");
        return NULL;
    }
    return PyBytes_FromStringAndSize(NULL, count * 8);
}

static int integers_of(PyObject *const *arguments, Py_ssize_t *values, int count)
{
    for (int i = 0; i < count; i++) {
        values[i] = PyLong_AsSsize_t(arguments[i]);
        if (values[i] == -1 && PyErr_Occurred())
            return -1;
    }
    return 0;
}

static int check_count(Py_ssize_t given, Py_ssize_t wanted)
{
    if (given == wanted)
        return 0;
    PyErr_Format(PyExc_TypeError, "%zd arguments are wanted, not %zd", wanted, given);
    return -1;
}

/* unpack(planes, count): numbers from their byte planes, zigzag undone. */
static PyObject *unpack(PyObject *module, PyObject *const *arguments, Py_ssize_t given)
{
    if (check_count(given, 2) < 0)
        return NULL;
    Py_ssize_t count = PyLong_AsSsize_t(arguments[1]);
    if (count == -1 && PyErr_Occurred())
        return NULL;
    Py_buffer planes;
    if (PyObject_GetBuffer(arguments[0], &planes, PyBUF_SIMPLE) < 0)
        return NULL;
    Py_ssize_t width = count > 0 ? planes.len / count : 0;
    PyObject *content = NULL;
    if (count < 0 || width > WIDEST || (count == 0 ? planes.len != 0 : planes.len != width * count) ||
        (count > 0 && width < 1))
        PyErr_SetString(PyExc_ValueError, "the planes are not those of so many numbers");
    else
        content = room_for(count);
    if (content == NULL) {
        PyBuffer_Release(&planes);
        return NULL;
    }
    uint64_t *numbers = (uint64_t *)PyBytes_AsString(content);
    const unsigned char *plane = planes.buf;
    for (Py_ssize_t i = 0; i < count; i++)
        numbers[i] = plane[i];
    for (Py_ssize_t at = 1; at < width; at++) {
        plane += count;
        for (Py_ssize_t i = 0; i < count; i++)
            numbers[i] |= (uint64_t)plane[i] << (8 * at);
    }
    for (Py_ssize_t i = 0; i < count; i++)
        numbers[i] = (numbers[i] >> 1) ^ (0 - (numbers[i] & 1));
    PyBuffer_Release(&planes);
    return array_of(module, "q", content);
}

/*
 * running_sums(differences, count, start): the sums of the first differences, the smallest and the
 * largest of them; None where one does not fit 64 bits.
 */
static PyObject *running_sums(PyObject *module, PyObject *const *arguments, Py_ssize_t given)
{
    if (check_count(given, 3) < 0)
        return NULL;
    Py_ssize_t count = PyLong_AsSsize_t(arguments[1]);
    if (count == -1 && PyErr_Occurred())
        return NULL;
    long long start = PyLong_AsLongLong(arguments[2]);
    if (start == -1 && PyErr_Occurred())
        return NULL;
    Py_buffer view;
    if (get_numbers(arguments[0], "q", &view) < 0)
        return NULL;
    PyObject *content = NULL;
    if (check_range(&view, 0, count) == 0)
        content = room_for(count);
    if (content == NULL) {
        PyBuffer_Release(&view);
        return NULL;
    }
    const int64_t *differences = view.buf;
    int64_t *sums = (int64_t *)PyBytes_AsString(content);
    int64_t sum = start, smallest = INT64_MAX, largest = INT64_MIN;
    int is_over = 0;
    for (Py_ssize_t i = 0; i < count && !is_over; i++) {
        is_over = __builtin_add_overflow(sum, differences[i], &sum);
        sums[i] = sum;
        smallest = sum < smallest ? sum : smallest;
        largest = sum > largest ? sum : largest;
    }
    PyBuffer_Release(&view);
    if (is_over) {
        Py_DECREF(content);
        Py_RETURN_NONE;
    }
    PyObject *array = array_of(module, "q", content);
    if (array == NULL)
        return NULL;
    if (count == 0)
        smallest = largest = start;
    return Py_BuildValue("(NLL)", array, (long long)smallest, (long long)largest);
}

/*
 * scaled_sums(differences, first, count, denominator): the sums of some differences, each divided;
 * None where one is beyond the largest step.
 */
static PyObject *scaled_sums(PyObject *module, PyObject *const *arguments, Py_ssize_t given)
{
    Py_ssize_t range[2];
    if (check_count(given, 4) < 0 || integers_of(arguments + 1, range, 2) < 0)
        return NULL;
    double denominator = PyFloat_AsDouble(arguments[3]);
    if (denominator == -1.0 && PyErr_Occurred())
        return NULL;
    if (denominator == 0.0) {
        PyErr_SetString(PyExc_ZeroDivisionError, "division by zero");
        return NULL;
    }
    Py_ssize_t first = range[0], count = range[1];
    Py_buffer view;
    if (get_numbers(arguments[0], "q", &view) < 0)
        return NULL;
    PyObject *content = NULL;
    if (check_range(&view, first, count) == 0)
        content = room_for(count);
    if (content == NULL) {
        PyBuffer_Release(&view);
        return NULL;
    }
    const int64_t *differences = (const int64_t *)view.buf + first;
    double *values = (double *)PyBytes_AsString(content);
    int64_t sum = 0;
    int is_over = 0;
    for (Py_ssize_t i = 0; i < count && !is_over; i++) {
        is_over = __builtin_add_overflow(sum, differences[i], &sum) || sum > LARGEST_STEP ||
                  sum < -LARGEST_STEP;
        values[i] = (double)sum / denominator;
    }
    PyBuffer_Release(&view);
    if (is_over) {
        Py_DECREF(content);
        Py_RETURN_NONE;
    }
    return array_of(module, "d", content);
}

/* shifted(times, offset): each time with an offset added, and whether two neighbours are equal. */
static PyObject *shifted(PyObject *module, PyObject *const *arguments, Py_ssize_t given)
{
    if (check_count(given, 2) < 0)
        return NULL;
    long long offset = PyLong_AsLongLong(arguments[1]);
    if (offset == -1 && PyErr_Occurred())
        return NULL;
    Py_buffer view;
    if (get_numbers(arguments[0], "q", &view) < 0)
        return NULL;
    Py_ssize_t count = view.len / 8;
    PyObject *content = room_for(count);
    if (content == NULL) {
        PyBuffer_Release(&view);
        return NULL;
    }
    const int64_t *times = view.buf;
    int64_t *moved = (int64_t *)PyBytes_AsString(content);
    int is_over = 0, is_equal = 0;
    for (Py_ssize_t i = 0; i < count; i++)
        is_over |= __builtin_add_overflow(times[i], (int64_t)offset, &moved[i]);
    for (Py_ssize_t i = 1; i < count; i++)
        is_equal |= times[i] == times[i - 1];
    PyBuffer_Release(&view);
    if (is_over) {
        Py_DECREF(content);
        PyErr_SetString(PyExc_OverflowError, "a time does not fit 64 bits");
        return NULL;
    }
    PyObject *array = array_of(module, "q", content);
    if (array == NULL)
        return NULL;
    return Py_BuildValue("(NO)", array, is_equal ? Py_True : Py_False);
}

static Py_ssize_t varint_bytes(size_t number)
{
    Py_ssize_t size = 1;
    while (number >>= 7)
        size++;
    return size;
}

static unsigned char *put_varint(unsigned char *at, size_t number)
{
    while (number > 127) {
        *at++ = (unsigned char)(number & 127) | 128;
        number >>= 7;
    }
    *at++ = (unsigned char)number;
    return at;
}

/* What is packed: views are held until the end, sizes[] are the rows of each series. */
typedef struct {
    PyObject *names;
    Py_ssize_t metrics, series, rows;
    Py_ssize_t *sizes;
    Py_buffer *columns; /* one fewer than metrics: the first is success, always 1 */
    unsigned char *times; /* TIME_BYTES a row */
} Block;

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
        *at++ = 0x10;
        at = put_varint(at, (size_t)number);
    }
    PyBuffer_Release(&view);
    return failed;
}

/* The bytes of a series' name; NULL with an error set where it is none. */
static const char *name_of(const Block *block, Py_ssize_t metric, Py_ssize_t series, Py_ssize_t *size)
{
    PyObject *names = PyTuple_GetItem(block->names, metric);
    PyObject *name = names == NULL ? NULL : PyTuple_GetItem(names, series);
    char *text = NULL;
    if (name == NULL || PyBytes_AsStringAndSize(name, &text, size) < 0)
        return NULL;
    return text;
}

static Py_ssize_t body_bytes(Py_ssize_t name, Py_ssize_t rows)
{
    /* The head of the first sample stands at the end of the name. */
    return name + rows * SAMPLE_BYTES - SAMPLE_HEAD_BYTES;
}

static Py_ssize_t packed_bytes(const Block *block)
{
    Py_ssize_t total = 0, name;
    for (Py_ssize_t metric = 0; metric < block->metrics; metric++)
        for (Py_ssize_t i = 0; i < block->series; i++) {
            if (block->sizes[i] == 0)
                continue;
            if (name_of(block, metric, i, &name) == NULL)
                return -1;
            Py_ssize_t body = body_bytes(name, block->sizes[i]);
            body += 1 + varint_bytes((size_t)body);
            if (body > PY_SSIZE_T_MAX - total) {
                PyErr_SetString(PyExc_OverflowError, "too much for one request");
                return -1;
            }
            total += body;
        }
    return total;
}

static unsigned char *put_double(unsigned char *at, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, 8);
    for (int i = 0; i < 8; i++)
        at[i] = (unsigned char)(bits >> (8 * i));
    return at + 8;
}

static PyObject *pack(const Block *block)
{
    Py_ssize_t size = packed_bytes(block);
    PyObject *packed = size < 0 ? NULL : PyBytes_FromStringAndSize(NULL, size);
    if (packed == NULL)
        return NULL;
    unsigned char *at = (unsigned char *)PyBytes_AsString(packed);
    for (Py_ssize_t metric = 0; metric < block->metrics; metric++) {
        const double *value = metric == 0 ? NULL : block->columns[metric - 1].buf;
        const unsigned char *time = block->times;
        for (Py_ssize_t i = 0; i < block->series; i++) {
            Py_ssize_t rows = block->sizes[i], name_bytes;
            if (rows == 0)
                continue;
            const char *name = name_of(block, metric, i, &name_bytes);
            if (name == NULL) {
                Py_DECREF(packed);
                return NULL;
            }
            *at++ = SERIES_FIELD;
            at = put_varint(at, (size_t)body_bytes(name_bytes, rows));
            memcpy(at, name, (size_t)name_bytes);
            at += name_bytes;
            for (Py_ssize_t row = 0; row < rows; row++) {
                if (row > 0) {
                    memcpy(at, SAMPLE_HEAD, SAMPLE_HEAD_BYTES);
                    at += SAMPLE_HEAD_BYTES;
                }
                at = put_double(at, value == NULL ? 1.0 : *value++);
                memcpy(at, time, TIME_BYTES);
                at += TIME_BYTES;
                time += TIME_BYTES;
            }
        }
    }
    return packed;
}

static void release(Block *block, Py_ssize_t columns)
{
    for (Py_ssize_t i = 0; i < columns; i++)
        PyBuffer_Release(&block->columns[i]);
    PyMem_Free(block->sizes);
    PyMem_Free(block->columns);
    PyMem_Free(block->times);
}

/* Check that there is a name for each metric and series, and a column for each metric but one. */
static int read_names(Block *block, PyObject *names, PyObject *columns)
{
    if ((block->metrics = tuple_size(names)) < 0)
        return -1;
    Py_ssize_t values = tuple_size(columns);
    if (values < 0)
        return -1;
    if (block->metrics < 1 || values != block->metrics - 1) {
        PyErr_SetString(PyExc_ValueError, "names are of success and of each column");
        return -1;
    }
    block->names = names;
    for (Py_ssize_t metric = 0; metric < block->metrics; metric++) {
        PyObject *of_metric = PyTuple_GetItem(names, metric);
        Py_ssize_t series = of_metric == NULL ? -1 : tuple_size(of_metric);
        if (series < 0)
            return -1;
        if (metric > 0 && series != block->series) {
            PyErr_SetString(PyExc_ValueError, "each metric has a name for each series");
            return -1;
        }
        block->series = series;
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
 * pack_block(names, counts, first_series, columns, times_ms, first_row, last_row): the series of a
 * block whose rows are all ok and complete, as they stand in a remote-write request. A name ends in
 * SAMPLE_HEAD.
 */
static PyObject *pack_block(PyObject *module, PyObject *const *arguments, Py_ssize_t given)
{
    (void)module;
    Py_ssize_t first_series, rows[2];
    if (check_count(given, 7) < 0 || integers_of(arguments + 2, &first_series, 1) < 0 ||
        integers_of(arguments + 5, rows, 2) < 0)
        return NULL;
    Block block = {0};
    if (read_names(&block, arguments[0], arguments[3]) < 0)
        return NULL;
    if (first_series < 0 || rows[0] < 0 || rows[1] < rows[0] ||
        rows[1] - rows[0] > PY_SSIZE_T_MAX / (SAMPLE_BYTES * 64)) {
        PyErr_SetString(PyExc_ValueError, "rows are wanted that cannot be there");
        return NULL;
    }
    block.rows = rows[1] - rows[0];
    /* Before there is room for them: there are no more rows than times. */
    Py_buffer view;
    if (get_numbers(arguments[4], "q", &view) < 0)
        return NULL;
    int missing = check_range(&view, rows[0], block.rows);
    PyBuffer_Release(&view);
    if (missing)
        return NULL;
    block.sizes = PyMem_Calloc((size_t)block.series + 1, sizeof(Py_ssize_t));
    block.columns = PyMem_Calloc((size_t)block.metrics, sizeof(Py_buffer));
    block.times = PyMem_Calloc((size_t)block.rows + 1, TIME_BYTES);
    if (block.sizes == NULL || block.columns == NULL || block.times == NULL) {
        release(&block, 0);
        return PyErr_NoMemory();
    }
    if (read_sizes(&block, arguments[1], first_series) < 0 ||
        encode_times(&block, arguments[4], rows[0]) < 0) {
        release(&block, 0);
        return NULL;
    }
    return pack_columns(&block, arguments[3]);
}

static PyMethodDef METHODS[] = {
    {"unpack", (PyCFunction)(void (*)(void))unpack, METH_FASTCALL, NULL},
    {"running_sums", (PyCFunction)(void (*)(void))running_sums, METH_FASTCALL, NULL},
    {"scaled_sums", (PyCFunction)(void (*)(void))scaled_sums, METH_FASTCALL, NULL},
    {"shifted", (PyCFunction)(void (*)(void))shifted, METH_FASTCALL, NULL},
    {"pack_block", (PyCFunction)(void (*)(void))pack_block, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

static int execute(PyObject *module)
{
    State *state = PyModule_GetState(module);
    PyObject *array = PyImport_ImportModule("array");
    if (array == NULL)
        return -1;
    state->array_type = PyObject_GetAttrString(array, "array");
    Py_DECREF(array);
    return state->array_type == NULL ? -1 : 0;
}

static int traverse(PyObject *module, visitproc visit, void *arg)
{
    State *state = PyModule_GetState(module);
    Py_VISIT(state->array_type);
    return 0;
}

static int clear(PyObject *module)
{
    State *state = PyModule_GetState(module);
    Py_CLEAR(state->array_type);
    return 0;
}

static PyModuleDef_Slot SLOTS[] = {
    {Py_mod_exec, execute},
    {0, NULL},
};

static struct PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT,
    .m_name = "thongsuot_kernel.loops",
    .m_size = sizeof(State),
    .m_methods = METHODS,
    .m_slots = SLOTS,
    .m_traverse = traverse,
    .m_clear = clear,
};

PyMODINIT_FUNC PyInit_loops(void)
{
    return PyModuleDef_Init(&MODULE);
}
