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

static const int64_t LARGEST_STEP = ((int64_t)1 << 62) - 1;

typedef struct {
    PyObject *array_type;
} State;

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

static PyMethodDef METHODS[] = {
    {"unpack", (PyCFunction)(void (*)(void))unpack, METH_FASTCALL, NULL},
    {"running_sums", (PyCFunction)(void (*)(void))running_sums, METH_FASTCALL, NULL},
    {"scaled_sums", (PyCFunction)(void (*)(void))scaled_sums, METH_FASTCALL, NULL},
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
