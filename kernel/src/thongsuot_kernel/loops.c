/*
 * The inner loops of decoding a batch; those of packing a remote-write request stand in elements.c.
 *
 * Each function does what the function of the same name does in thongsuot_schema.batch.loops: same
 * arguments, same result, byte by byte (tests/schema/batch/test_loops.py). Those are the reference,
 * and what runs where this is not installed.
 *
 * Rules of both files: nothing is read or written outside of what was asked for from Python, whatever
 * the arguments are; sizes and sums are checked for overflow; no Python code runs between the
 * checking of an argument and its last use. A caller's mistake is a ValueError or TypeError, never a
 * crash. Only the limited API of Python 3.11 is used, so one build serves every later version.
 */

#include "arguments.h"

#define WIDEST 8
/* No kind of probe has as many metrics. */
#define WIDEST_BLOCK 64

static const int64_t LARGEST_STEP = ((int64_t)1 << 62) - 1;

typedef struct {
    PyObject *array_type, *whole, *real; /* the type codes "q" and "d" */
} State;

/* Return an array of 8-byte numbers, whole ones or not; takes over the reference to the content. */
static PyObject *array_of(PyObject *module, int is_whole, PyObject *content)
{
    State *state = PyModule_GetState(module);
    PyObject *code = is_whole ? state->whole : state->real;
    PyObject *array = PyObject_CallFunctionObjArgs(state->array_type, code, content, NULL);
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
    return array_of(module, 1, content);
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
    PyObject *array = array_of(module, 1, content);
    if (array == NULL)
        return NULL;
    if (count == 0)
        smallest = largest = start;
    return Py_BuildValue("(NLL)", array, (long long)smallest, (long long)largest);
}

/*
 * Put the sums of some differences, each divided, into room for them; -1 where one is beyond the largest
 * step.
 */
static int scale(double *values, const int64_t *differences, Py_ssize_t count, double denominator)
{
    int64_t sum = 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        if (__builtin_add_overflow(sum, differences[i], &sum) || sum > LARGEST_STEP ||
            sum < -LARGEST_STEP)
            return -1;
        values[i] = (double)sum / denominator;
    }
    return 0;
}

/* Read a number to divide by; -1 with an error set where an object is none. */
static int denominator_of(PyObject *object, double *denominator)
{
    *denominator = PyFloat_AsDouble(object);
    if (*denominator == -1.0 && PyErr_Occurred())
        return -1;
    if (*denominator == 0.0) {
        PyErr_SetString(PyExc_ZeroDivisionError, "division by zero");
        return -1;
    }
    return 0;
}

/*
 * scaled_sums(differences, first, count, denominator): the sums of some differences, each divided;
 * None where one is beyond the largest step.
 */
static PyObject *scaled_sums(PyObject *module, PyObject *const *arguments, Py_ssize_t given)
{
    Py_ssize_t range[2];
    double denominator;
    if (check_count(given, 4) < 0 || integers_of(arguments + 1, range, 2) < 0 ||
        denominator_of(arguments[3], &denominator) < 0)
        return NULL;
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
    int is_over = scale((double *)PyBytes_AsString(content), (const int64_t *)view.buf + first, count,
                        denominator);
    PyBuffer_Release(&view);
    if (is_over) {
        Py_DECREF(content);
        Py_RETURN_NONE;
    }
    return array_of(module, 0, content);
}

/* The columns of scaled_columns, one after the other; NULL without an error where a sum is too large. */
static PyObject *columns_of(PyObject *module, const int64_t *differences, Py_ssize_t rows,
                            const double *denominators, Py_ssize_t columns)
{
    PyObject *scaled = PyTuple_New(columns);
    for (Py_ssize_t column = 0; column < columns && scaled != NULL; column++) {
        PyObject *content = room_for(rows), *array = NULL;
        if (content != NULL) {
            double *values = (double *)PyBytes_AsString(content);
            if (scale(values, differences + column * rows, rows, denominators[column]) < 0)
                Py_DECREF(content);
            else
                array = array_of(module, 0, content);
        }
        if (array == NULL || PyTuple_SetItem(scaled, column, array) < 0)
            Py_CLEAR(scaled);
    }
    return scaled;
}

/*
 * scaled_columns(differences, first, rows, denominators): columns that stand one after the other, each
 * as scaled_sums gives it; None where one is None.
 */
static PyObject *scaled_columns(PyObject *module, PyObject *const *arguments, Py_ssize_t given)
{
    Py_ssize_t range[2];
    if (check_count(given, 4) < 0 || integers_of(arguments + 1, range, 2) < 0)
        return NULL;
    if (!PyTuple_Check(arguments[3])) {
        PyErr_SetString(PyExc_TypeError, "a tuple of denominators is wanted");
        return NULL;
    }
    Py_ssize_t first = range[0], rows = range[1], columns = PyTuple_Size(arguments[3]);
    if (columns > WIDEST_BLOCK || (rows > 0 && columns > PY_SSIZE_T_MAX / rows)) {
        PyErr_SetString(PyExc_ValueError, "too many columns");
        return NULL;
    }
    double denominators[WIDEST_BLOCK];
    for (Py_ssize_t column = 0; column < columns; column++)
        if (denominator_of(PyTuple_GetItem(arguments[3], column), &denominators[column]) < 0)
            return NULL;
    Py_buffer view;
    if (get_numbers(arguments[0], "q", &view) < 0)
        return NULL;
    PyObject *scaled = NULL;
    if (check_range(&view, first, rows) == 0 && check_range(&view, first, rows * columns) == 0)
        scaled = columns_of(module, (const int64_t *)view.buf + first, rows, denominators, columns);
    PyBuffer_Release(&view);
    if (scaled == NULL && !PyErr_Occurred())
        Py_RETURN_NONE;
    return scaled;
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
    PyObject *array = array_of(module, 1, content);
    if (array == NULL)
        return NULL;
    return Py_BuildValue("(NO)", array, is_equal ? Py_True : Py_False);
}

/*
 * offsets(times, first, count, base, size): how long after a base some times are, the low 2 or 4 bytes of
 * each.
 */
static PyObject *offsets(PyObject *module, PyObject *const *arguments, Py_ssize_t given)
{
    (void)module;
    Py_ssize_t range[2], size;
    if (check_count(given, 5) < 0 || integers_of(arguments + 1, range, 2) < 0 ||
        integers_of(arguments + 4, &size, 1) < 0)
        return NULL;
    long long base = PyLong_AsLongLong(arguments[3]);
    if (base == -1 && PyErr_Occurred())
        return NULL;
    if (size != 2 && size != 4) {
        PyErr_SetString(PyExc_ValueError, "offsets have 2 or 4 bytes");
        return NULL;
    }
    Py_buffer view;
    if (get_numbers(arguments[0], "q", &view) < 0)
        return NULL;
    PyObject *content = NULL;
    if (check_range(&view, range[0], range[1]) == 0)
        content = PyBytes_FromStringAndSize(NULL, range[1] * size);
    if (content != NULL) {
        const int64_t *times = (const int64_t *)view.buf + range[0];
        char *at = PyBytes_AsString(content);
        for (Py_ssize_t i = 0; i < range[1]; i++, at += size) {
            uint64_t after = (uint64_t)times[i] - (uint64_t)base;
            uint16_t low = (uint16_t)after;
            uint32_t wide = (uint32_t)after;
            memcpy(at, size == 2 ? (void *)&low : (void *)&wide, (size_t)size);
        }
    }
    PyBuffer_Release(&view);
    return content;
}

/*
 * last_values(values, counts, first, last): the last value of each run of values, None where a run is
 * empty; the runs are as long as the counts from `first` to `last` say, as many as there are.
 */
static PyObject *last_values(PyObject *module, PyObject *const *arguments, Py_ssize_t given)
{
    (void)module;
    Py_ssize_t range[2];
    if (check_count(given, 4) < 0 || integers_of(arguments + 2, range, 2) < 0)
        return NULL;
    if (!PyList_Check(arguments[1])) {
        PyErr_SetString(PyExc_TypeError, "a list of counts is wanted");
        return NULL;
    }
    Py_ssize_t known = PyList_Size(arguments[1]), first = range[0];
    Py_ssize_t last = range[1] < known ? range[1] : known;
    if (first < 0) {
        PyErr_SetString(PyExc_ValueError, "counts are wanted that are not there");
        return NULL;
    }
    Py_buffer view;
    if (get_numbers(arguments[0], "d", &view) < 0)
        return NULL;
    const double *values = view.buf;
    Py_ssize_t end = 0, all = view.len / 8;
    PyObject *newest = PyTuple_New(last > first ? last - first : 0);
    for (Py_ssize_t place = first; place < last && newest != NULL; place++) {
        PyObject *count = PyList_GetItem(arguments[1], place), *value = NULL;
        Py_ssize_t size = -1;
        if (count == NULL || !PyLong_CheckExact(count))
            PyErr_SetString(PyExc_TypeError, "counts are whole numbers");
        else
            size = PyLong_AsSsize_t(count);
        if (!PyErr_Occurred() && (size < 0 || size > all - end))
            PyErr_SetString(PyExc_ValueError, "counts are not those of the values");
        if (!PyErr_Occurred()) {
            end += size;
            value = size > 0 ? PyFloat_FromDouble(values[end - 1]) : Py_NewRef(Py_None);
        }
        if (value == NULL || PyTuple_SetItem(newest, place - first, value) < 0)
            Py_CLEAR(newest);
    }
    PyBuffer_Release(&view);
    return newest;
}

static PyMethodDef METHODS[] = {
    {"unpack", (PyCFunction)(void (*)(void))unpack, METH_FASTCALL, NULL},
    {"running_sums", (PyCFunction)(void (*)(void))running_sums, METH_FASTCALL, NULL},
    {"scaled_sums", (PyCFunction)(void (*)(void))scaled_sums, METH_FASTCALL, NULL},
    {"scaled_columns", (PyCFunction)(void (*)(void))scaled_columns, METH_FASTCALL, NULL},
    {"offsets", (PyCFunction)(void (*)(void))offsets, METH_FASTCALL, NULL},
    {"last_values", (PyCFunction)(void (*)(void))last_values, METH_FASTCALL, NULL},
    {"shifted", (PyCFunction)(void (*)(void))shifted, METH_FASTCALL, NULL},
    {"pack_elements", (PyCFunction)(void (*)(void))pack_elements, METH_FASTCALL, NULL},
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
    state->whole = PyUnicode_InternFromString("q");
    state->real = PyUnicode_InternFromString("d");
    return state->array_type == NULL || state->whole == NULL || state->real == NULL ? -1 : 0;
}

static int traverse(PyObject *module, visitproc visit, void *arg)
{
    State *state = PyModule_GetState(module);
    Py_VISIT(state->array_type);
    Py_VISIT(state->whole);
    Py_VISIT(state->real);
    return 0;
}

static int clear(PyObject *module)
{
    State *state = PyModule_GetState(module);
    Py_CLEAR(state->array_type);
    Py_CLEAR(state->whole);
    Py_CLEAR(state->real);
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
