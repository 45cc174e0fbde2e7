// The types of tensors, by the names that the Java side has for them: TYPE(F32) is float. Half precision is stored
// only, and read through the core functions that need no extension.

#ifdef HAS_DOUBLE
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
#endif

#define TYPE_F64 double
#define TYPE_F32 float
#define TYPE_F16 half
#define TYPE_I64 long
#define TYPE_I32 int
#define TYPE_I8 char
#define TYPE_U8 uchar
#define TYPE_BOOL uchar

#define LOAD_F64(p, i) (p)[i]
#define LOAD_F32(p, i) (p)[i]
#define LOAD_F16(p, i) vload_half(i, p)
#define LOAD_I64(p, i) (p)[i]
#define LOAD_I32(p, i) (p)[i]
#define LOAD_I8(p, i) (p)[i]
#define LOAD_U8(p, i) (p)[i]
#define LOAD_BOOL(p, i) (p)[i]

#define STORE_F64(p, i, v) (p)[i] = (v)
#define STORE_F32(p, i, v) (p)[i] = (float)(v)
#define STORE_F16(p, i, v) vstore_half_rte((float)(v), i, p)
#define STORE_I64(p, i, v) (p)[i] = (long)(v)
#define STORE_I32(p, i, v) (p)[i] = (int)(v)
#define STORE_I8(p, i, v) (p)[i] = (char)(long)(v)
#define STORE_U8(p, i, v) (p)[i] = (uchar)(long)(v)
#define STORE_BOOL(p, i, v) (p)[i] = (v) != 0

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define TYPE(name) JOIN(TYPE_, name)
#define LOAD(name, p, i) JOIN(LOAD_, name)(p, i)
#define STORE(name, p, i, v) JOIN(STORE_, name)(p, i, v)
