#include "CKernels.h"

#include <math.h>
#include <stddef.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

// Vectors are passed to inlined functions only.
#pragma clang diagnostic ignored "-Wpsabi"

// The same sums on every CPU: no fused multiply-add but where the source says so.
#pragma clang fp contract(off)

/// Queries that attention works on at a time: two blocks of scores stay in the first cache.
#define ATTENTION_BLOCK 32

/// Queries that attention over a cache works on at a time.
#define CACHE_QUERIES 16

/// How many codes are asked for before they are read.
#define CODES_AHEAD 8

#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)
/// Bytes that a scan over codes asks for before it reads them.
#define SCAN_AHEAD 8192

typedef struct {
  const char *name;
#define KERNEL(result, name, parameters, arguments) result(*name) parameters;
#include "table.inc"
#undef KERNEL
} backend;

#define BACKEND portable
#define TILE_ROWS 2
#include "kernels.inc"
#undef BACKEND
#undef TILE_ROWS

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define CODES_WITH_AVX2
#define BACKEND avx2
#define TILE_ROWS 2
#include "kernels.inc"
#undef BACKEND
#undef TILE_ROWS
#pragma clang attribute pop

#pragma clang attribute push( \
  __attribute__(( \
    target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma"), min_vector_width(512))), \
  apply_to = function)
#include "vnni.inc"
#pragma clang attribute pop
#define CODES_WITH_VNNI

#pragma clang attribute push( \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"), min_vector_width(512))), \
  apply_to = function)
#define SCAN_WITH_AVX512
#define BACKEND avx512
#define TILE_ROWS 8
#include "kernels.inc"
#undef BACKEND
#undef TILE_ROWS
#pragma clang attribute pop
#endif

static bool has(const char *name) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (!strcmp(name, "avx512"))
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
           && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (!strcmp(name, "avx2"))
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
  return !strcmp(name, "portable");
}

static const backend *find(const char *name) {
#if defined(__x86_64__)
  if (!strcmp(name, "avx512")) return &backend_avx512;
  if (!strcmp(name, "avx2")) return &backend_avx2;
#endif
  return &backend_portable;
}

// Written by the first caller and by tests; threads that race write the same pointer.
static const backend *chosen;

static const backend *current(void) {
  const backend *table = __atomic_load_n(&chosen, __ATOMIC_RELAXED);
  if (table) return table;
  table = find(has("avx512") ? "avx512" : has("avx2") ? "avx2" : "portable");
  __atomic_store_n(&chosen, table, __ATOMIC_RELAXED);
  return table;
}

const char *ck_backend(void) { return current()->name; }

bool ck_use_backend(const char *name) {
  if (!has(name)) return false;
  __atomic_store_n(&chosen, find(name), __ATOMIC_RELAXED);
  return true;
}

#define KERNEL(result, name, parameters, arguments) \
  result ck_##name parameters { return current()->name arguments; }
#include "table.inc"
#undef KERNEL

int64_t ck_attention_scratch(int64_t length, int64_t dimension) {
  int64_t padded = (length + 15) / 16 * 16;
  // Keys and values transposed, and two blocks of scores.
  return 2 * dimension * padded + 2 * ATTENTION_BLOCK * padded + ATTENTION_BLOCK;
}

int64_t ck_cache_attention_scratch(int64_t positions) {
  return CACHE_QUERIES * ((positions + 15) / 16 * 16);
}
