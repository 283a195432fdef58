// Vectors of sixteen float32 lanes and the few operations that the kernels are made of.
//
// Included once for each instruction set, between a push and a pop of the target attribute.

typedef float v16 __attribute__((vector_size(64)));
typedef float v16u __attribute__((vector_size(64), aligned(4)));
typedef int32_t i16 __attribute__((vector_size(64)));
typedef double d8 __attribute__((vector_size(64)));

#define INLINE static inline __attribute__((always_inline))

INLINE v16 load(const float *p) { return *(const v16u *)p; }
INLINE void store(float *p, v16 v) { *(v16u *)p = v; }
INLINE v16 splat(float x) { return (v16){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x}; }
INLINE v16 fma16(v16 a, v16 b, v16 c) { return __builtin_elementwise_fma(a, b, c); }
/// a where the mask's lane is set, else b.
INLINE v16 pick(i16 mask, v16 a, v16 b) { return (v16)(((i16)a & mask) | ((i16)b & ~mask)); }
INLINE v16 max16(v16 a, v16 b) { return pick(a > b, a, b); }

/// The first `n` of sixteen floats, the rest `fill`.
INLINE v16 load_some(const float *p, int64_t n, float fill) {
  float t[16];
  for (int i = 0; i < 16; i++) t[i] = i < n ? p[i] : fill;
  return load(t);
}
INLINE void store_some(float *p, int64_t n, v16 v) {
  float t[16];
  store(t, v);
  for (int i = 0; i < n; i++) p[i] = t[i];
}

/// The next sixteen floats where `n`, how many are left, allows it, else what is left.
INLINE v16 take(const float *p, int64_t n, float fill) {
  return n >= 16 ? load(p) : load_some(p, n, fill);
}
INLINE void put(float *p, int64_t n, v16 v) {
  if (n >= 16) store(p, v);
  else store_some(p, n, v);
}

#define HALVES(v, s) \
  __builtin_shufflevector( \
    v, v, 0 ^ s, 1 ^ s, 2 ^ s, 3 ^ s, 4 ^ s, 5 ^ s, 6 ^ s, 7 ^ s, 8 ^ s, 9 ^ s, 10 ^ s, 11 ^ s, \
    12 ^ s, 13 ^ s, 14 ^ s, 15 ^ s)

/// Pairwise, in one fixed order: lanes 8 apart, then 4, 2 and 1.
INLINE float sum_lanes(v16 v) {
  v = v + HALVES(v, 8);
  v = v + HALVES(v, 4);
  v = v + HALVES(v, 2);
  v = v + HALVES(v, 1);
  return v[0];
}
INLINE float max_lanes(v16 v) {
  v = max16(v, HALVES(v, 8));
  v = max16(v, HALVES(v, 4));
  v = max16(v, HALVES(v, 2));
  v = max16(v, HALVES(v, 1));
  return v[0];
}

#undef HALVES

/// Lanes below `n` set.
INLINE i16 first_lanes(int64_t n) {
  int32_t k = (int32_t)n;
  i16 lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  return lane < (i16){k, k, k, k, k, k, k, k, k, k, k, k, k, k, k, k};
}

/// exp within 2 ulp: 2^n times a polynomial on [-ln 2 / 2, ln 2 / 2] (Cephes' coefficients).
/// Below -87.3 it is 0, above 88.3 it stays at the largest power; NaN stays NaN.
INLINE v16 exp16(v16 x) {
  v16 low = splat(-87.3365447505531f), high = splat(88.3762626647949f);
  v16 clamped = pick(x < low, low, pick(x > high, high, x));
  v16 magic = splat(12582912.0f);  // 1.5 * 2^23: adding it rounds to the nearest whole number
  v16 shifted = fma16(clamped, splat(1.44269504088896341f), magic);
  v16 n = shifted - magic;
  v16 r = fma16(n, splat(-0.693359375f), clamped);
  r = fma16(n, splat(2.12194440e-4f), r);
  // In pairs (Estrin's order): a chain of six would keep the loops around it waiting.
  v16 rr = r * r;
  v16 high_pair = fma16(splat(1.9875691500e-4f), r, splat(1.3981999507e-3f));
  v16 middle_pair = fma16(splat(8.3334519073e-3f), r, splat(4.1665795894e-2f));
  v16 low_pair = fma16(splat(1.6666665459e-1f), r, splat(5.0000001201e-1f));
  v16 p = fma16(fma16(high_pair, rr, middle_pair), rr, low_pair);
  p = fma16(p, rr, r) + splat(1.0f);
  i16 exponent = ((i16)shifted << 23) + (i16)splat(1.0f);
  v16 power = (v16)exponent;
  v16 result = p * power;
  return pick(x < low, splat(0.0f), result);
}

/// The largest of n floats, in four chains so that they need not wait for each other.
INLINE float max_of(int64_t n, const float *x) {
  v16 a = splat(-INFINITY), b = a, c = a, d = a;
  int64_t i = 0;
  for (; i + 64 <= n; i += 64) {
    a = max16(load(x + i), a), b = max16(load(x + i + 16), b);
    c = max16(load(x + i + 32), c), d = max16(load(x + i + 48), d);
  }
  for (; i + 16 <= n; i += 16) a = max16(load(x + i), a);
  if (i < n) a = max16(load_some(x + i, n - i, -INFINITY), a);
  return max_lanes(max16(max16(a, b), max16(c, d)));
}

/// The natural logarithm of normal numbers, within 2 ulp or 1e-7; what is not finite stays as it is.
///
/// x = 2^n m with m in sqrt(1/2)...sqrt(2), and log m = 2 artanh((m - 1) / (m + 1)).
INLINE v16 log16(v16 x) {
  i16 offset = (i16)x - (i16)splat(0.70710677f);
  i16 n = offset >> 23;
  v16 m = (v16)((i16)x - (n << 23));
  v16 f = (m - splat(1.0f)) / (m + splat(1.0f)), g = f * f;
  v16 p = splat(0.11111111f);
  p = fma16(p, g, splat(0.14285715f));
  p = fma16(p, g, splat(0.2f));
  p = fma16(p, g, splat(0.33333334f));
  v16 log_m = splat(2.0f) * fma16(p * g, f, f);
  v16 k = __builtin_convertvector(n, v16);
  v16 result = fma16(k, splat(0.693359375f), fma16(k, splat(-2.12194440e-4f), log_m));
  return pick(x < splat(INFINITY), result, x);
}
