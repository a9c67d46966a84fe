#ifndef FG_SHADERS_SHARED_PORTABLE_H
#define FG_SHADERS_SHARED_PORTABLE_H
// What a header needs to compile as GLSL, C++ and CUDA alike: FG_HD before a function, FG_FLOAT(x) around a literal
// where C++ would make it a double. Such headers use float, int, uint and plain structs, no references, no namespaces.

#if defined(__CUDACC__)
#define FG_HD __host__ __device__ inline
#elif defined(__cplusplus)
#define FG_HD inline
#else
#define FG_HD
#endif

#if defined(__cplusplus)
#define FG_FLOAT(x) x##f
#else
#define FG_FLOAT(x) x
#endif

#endif
