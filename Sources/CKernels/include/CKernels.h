// Inner loops that OpenBLAS lacks, in float32.
//
// Every loop is written once on vectors of sixteen lanes (kernels.inc) and compiled for AVX-512,
// AVX2 and plain x86-64 or any other CPU; the best that the CPU has is chosen once. Lanes, and so
// the order of every sum, are the same in all three, and contraction is off: so are the bits.
//
// Letters: R rows, C columns, T positions, D head dimension, V vocabulary.
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stdbool.h>
#include <stdint.h>

/// The instruction set in use: "avx512", "avx2" or "portable".
const char *ck_backend(void);

/// Chooses an instruction set by name, for tests; false where the CPU lacks it.
bool ck_use_backend(const char *name);

// MARK: Elementwise

/// y[i] += a x[i]
void ck_axpy(int64_t n, float a, const float *x, float *y);
/// y[i] = a x[i]
void ck_scale(int64_t n, float a, const float *x, float *y);
/// y[i] = exp(x[i])
void ck_exp(int64_t n, const float *x, float *y);
/// y[i] = a[i] + b[i]
void ck_add(int64_t n, const float *a, const float *b, float *y);
/// The sum of squares, in double over fixed blocks.
double ck_sum_of_squares(int64_t n, const float *x);

// MARK: Norms

/// y = w x / sqrt(mean(x^2) + eps), row by row (Zhang and Sennrich 2019); inverse[R] keeps 1 / sqrt.
void ck_rmsnorm(
  int64_t rows, int64_t columns, const float *x, const float *w, float eps, float *y,
  float *inverse);
/// Gradients of ck_rmsnorm. dx is added to where `accumulate`, else written; dw (may be NULL) is
/// added to.
void ck_rmsnorm_backward(
  int64_t rows, int64_t columns, const float *x, const float *w, const float *inverse,
  const float *dy, float *dx, bool accumulate, float *dw);

/// y = w (x - mean) inverse + b with inverse = 1 / sqrt(variance + eps), row by row (Ba et al. 2016);
/// mean[R] and inverse[R] are kept.
void ck_layernorm(
  int64_t rows, int64_t columns, const float *x, const float *w, const float *b, float eps,
  float *y, float *mean, float *inverse);
/// Gradients of ck_layernorm. dx (may be NULL) is added to where `accumulate`, else written; dw and
/// db (may be NULL) are added to.
void ck_layernorm_backward(
  int64_t rows, int64_t columns, const float *x, const float *w, const float *mean,
  const float *inverse, const float *dy, float *dx, bool accumulate, float *dw, float *db);

// MARK: Activations

/// y = x times the normal distribution's chance of less than x (Hendrycks and Gimpel 2016), within
/// 1e-7 |x|; or where `tanh_form` their approximation by tanh.
void ck_gelu(int64_t n, bool tanh_form, const float *x, float *y);
/// The gradient of ck_gelu, added to dx where `accumulate`, else written.
void ck_gelu_backward(
  int64_t n, bool tanh_form, const float *x, const float *dy, float *dx, bool accumulate);

/// y[R, F] = silu(gate) * up where gate_up[R, 2F] has the gate's columns first (Shazeer 2020).
void ck_swiglu(int64_t rows, int64_t width, const float *gate_up, float *y);
/// Gradients of ck_swiglu, written to d_gate_up[R, 2F].
void ck_swiglu_backward(
  int64_t rows, int64_t width, const float *gate_up, const float *dy, float *d_gate_up);

// MARK: Rows

/// y = x - log(sum(exp(x))), row by row.
void ck_log_softmax(int64_t rows, int64_t columns, const float *x, float *y);
/// The gradient of ck_log_softmax from its result, added to dx where `accumulate`, else written.
void ck_log_softmax_backward(
  int64_t rows, int64_t columns, const float *y, const float *dy, float *dx, bool accumulate);
/// y = x / max(|x|, eps), row by row; inverse[R] keeps 1 / max(|x|, eps).
void ck_normalize(
  int64_t rows, int64_t columns, float eps, const float *x, float *y, float *inverse);
/// The gradient of ck_normalize from its result, added to dx where `accumulate`, else written.
void ck_normalize_backward(
  int64_t rows, int64_t columns, float eps, const float *y, const float *inverse, const float *dy,
  float *dx, bool accumulate);
/// y[R] = the products of rows of a and b, divided by both lengths, each at least eps.
void ck_cosine(
  int64_t rows, int64_t columns, float eps, const float *a, const float *b, float *y,
  float *inverse_a, float *inverse_b);
/// The gradient of ck_cosine for `a`, added to da where `accumulate`, else written; with the roles
/// changed, that for `b`.
void ck_cosine_backward(
  int64_t rows, int64_t columns, float eps, const float *a, const float *b, const float *y,
  const float *inverse_a, const float *inverse_b, const float *dy, float *da, bool accumulate);

// MARK: Rotary positions

/// Turns pairs (i, i + D/2) of `heads` vectors of D in each row by the angle of its position, in
/// place (Su et al. 2021, halves as in Llama). cosine and sine are [positions, D/2];
/// `direction` -1 turns back, which is the gradient.
void ck_rotate(
  int64_t rows, int64_t heads, int64_t dimension, float *x, int64_t stride,
  const int32_t *positions, const float *cosine, const float *sine, float direction);

// MARK: Attention

typedef struct {
  /// Positions of this sequence.
  int64_t length;
  /// D
  int64_t dimension;
  /// Floats from one position to the next: of q, k and v (one buffer), and of the output.
  int64_t stride;
  int64_t output_stride;
  /// Multiplies the products of queries and keys.
  float scale;
  /// Whether position i sees only keys 0...i; else all keys.
  bool causal;
} ck_attention_shape;

/// Floats of scratch that one call needs.
int64_t ck_attention_scratch(int64_t length, int64_t dimension);
/// One head over one sequence. log_sums[T] keeps log(sum(exp(scores))).
void ck_attention(
  const ck_attention_shape *shape, const float *q, const float *k, const float *v, float *output,
  float *log_sums, float *scratch);
/// Gradients of ck_attention. dq is written, dk and dv are added to; all three have the stride of
/// q, k and v.
void ck_attention_backward(
  const ck_attention_shape *shape, const float *q, const float *k, const float *v,
  const float *output, const float *log_sums, const float *d_output, float *dq, float *dk,
  float *dv, float *scratch);

// MARK: Loss

/// Softmax cross-entropy of R rows of V logits against labels; a negative label is ignored.
/// Adds up -log p(label). Where `gradient`, each row becomes scale (softmax - one hot), and zeros
/// where ignored; else it keeps its logits. per_row (may be NULL) gets each row's loss, 0 where
/// ignored.
double ck_cross_entropy(
  int64_t rows, int64_t vocabulary, float *logits, const int32_t *labels, float scale,
  bool gradient, float *per_row);

// MARK: Inference

/// y[b, r] (=, or += where `add`) dot(w[r], x[b]) + bias[r], for w[R, C] and `batch` rows of x.
/// Each element is the same sum in the same order whatever R and `batch` are: a row of y does not
/// depend on its neighbours. bias may be NULL.
void ck_linear(
  int64_t rows, int64_t columns, const float *w, int64_t batch, const float *x, int64_t x_stride,
  const float *bias, float *y, int64_t y_stride, bool add);

/// Floats of a packed matrix: panels of 32 rows of w, transposed, the last filled with zeros.
static inline int64_t ck_packed_count(int64_t columns, int64_t depth) {
  return (columns + 31) / 32 * 32 * depth;
}
/// Lays w[columns, depth] out for ck_packed_linear.
void ck_pack(int64_t columns, int64_t depth, const float *w, float *packed);

#define CK_GELU 1
#define CK_TANH_GELU 2

/// y[rows, columns] = act(x w' + bias) + added for a packed w; act is none (0), CK_GELU or
/// CK_TANH_GELU, and bias and added (with y's stride; may be y) may be NULL. Each element is one
/// sum in the order of depth, the same bits whatever the other rows are and on every backend.
void ck_packed_linear(
  int64_t rows, int64_t columns, int64_t depth, const float *x, int64_t x_stride,
  const float *packed, const float *bias, int activation, const float *added, float *y,
  int64_t y_stride);

/// One sequence's cache of one key/value head, in blocks of positions, and the queries of it.
typedef struct {
  /// Queries of this sequence, at positions first, first + 1, and so on; each sees the keys up to
  /// its own position.
  int64_t rows;
  int64_t first;
  /// D
  int64_t dimension;
  /// Query heads that share the key/value head; they follow each other in q and in the output.
  int64_t group;
  /// Floats from one position to the next.
  int64_t q_stride;
  int64_t output_stride;
  /// Positions of a block.
  int64_t block;
  /// Block i begins at pool + blocks[i]; within it lie [block, D] keys and [block, D] values.
  const float *pool;
  const int64_t *blocks;
  int64_t key_offset;
  int64_t value_offset;
  /// Multiplies the products of queries and keys.
  float scale;
} ck_cache_shape;

/// Floats of scratch that attention over so many positions needs.
int64_t ck_cache_attention_scratch(int64_t positions);
/// Causal attention of new positions over a cache that already holds their keys and values. Each
/// query's result is the same however many are asked at once.
void ck_cache_attention(
  const ck_cache_shape *shape, const float *q, float *output, float *scratch);

/// What the log-probabilities and the entropy of softmax(x) are made of.
typedef struct {
  /// The largest x.
  double top;
  /// sum(exp(x - top))
  double sum;
  /// sum(exp(x - top) (x - top))
  double weighted;
} ck_statistics;

/// Of one row; lanes of 4,096 terms, then double. A NaN among x makes the sum NaN.
void ck_softmax_statistics(int64_t n, const float *x, ck_statistics *result);
/// y[i] = exp((x[i] - top) factor)
void ck_exp_shifted(int64_t n, const float *x, float top, float factor, float *y);

// MARK: Scans over vectors

/// The places of the numbers above a threshold, ascending; returns how many. `places` has room for n.
int64_t ck_above(int64_t n, const float *x, float threshold, int32_t *places);
/// x, about: signed bytes times a scale, which is returned.
float ck_byte_row(int64_t n, const float *x, int8_t *codes);
/// x[i] = codes[i] scale
void ck_widen_bytes(int64_t n, const int8_t *codes, float scale, float *x);

// MARK: Late interaction

/// Of each row of x the column of a packed matrix of at most 65,536 with which its product is the
/// largest, the first of several. A row's place does not depend on the other rows.
void ck_packed_nearest(
  int64_t rows, int64_t columns, int64_t depth, const float *x, int64_t x_stride,
  const float *packed, uint16_t *places);
/// best[c] = max(best[c], the products of column c of a packed matrix with the rows of x). `best`
/// has room for the columns of whole panels of 32; products have the bits of ck_packed_linear.
void ck_packed_largest(
  int64_t rows, int64_t columns, int64_t depth, const float *x, int64_t x_stride,
  const float *packed, float *best);
/// The first `columns` of each row of x as bytes: the least of them all is 0 and the largest 255.
/// x and the table have rows of `width`, a multiple of 32; what follows the columns is arbitrary
/// but finite.
void ck_byte_table(
  int64_t rows, int64_t columns, int64_t width, const float *x, uint8_t *table);
/// Of each document the sum over the query's tokens of the largest table[code * width + t], for
/// codes in starts[d] ..< starts[d + 1]; 0 for a document without codes. width is a multiple of 32.
void ck_code_sums(
  int64_t tokens, const uint8_t *table, int64_t width, int64_t documents, const uint32_t *starts,
  const uint16_t *codes, float *scores);

// MARK: Rows as bytes

/// Rows as signed bytes times scales[R], as ck_byte_row; zeros up to the stride, a multiple of 64.
/// errors[R] is at least the length of what is lost.
void ck_byte_rows(
  int64_t rows, int64_t columns, int64_t stride, const float *x, int8_t *codes, float *scales,
  float *errors);
/// bounds[R] = dot(codes, query) scale scales[R] + errors[R] length + slack. The products are exact
/// where no sum of them leaves 32 bits.
void ck_byte_bounds(
  int64_t rows, int64_t stride, const int8_t *codes, const float *scales, const float *errors,
  const int16_t *query, float scale, float length, float slack, float *bounds);

/// Tells the CPU that this thread waits in a loop.
static inline void ck_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

// MARK: Codes

/// Vectors as bytes: row i is about mean + terms[2i] (bytes - 128), and terms[2i + 1] is its
/// product with the mean.
typedef struct {
  const uint8_t *codes;
  /// Bytes from one code to the next, a multiple of 64; bytes past the dimension are 128.
  int64_t stride;
  const float *terms;
} ck_codes;

/// What codes are multiplied with: signed bytes, their sum times 128, and what the products and the
/// terms added to them are scaled by.
typedef struct {
  const int8_t *query;
  int32_t shift;
  float scale;
  float weight;
} ck_code_query;

/// Writes the code of x - mean, and returns its scale. Of finite numbers below 1e37 only.
float ck_code_row(
  int64_t dimension, int64_t stride, const float *x, const float *mean, uint8_t *code);
/// Writes the signed bytes of a code; returns their sum times 128.
int32_t ck_code_signed(int64_t stride, const uint8_t *code, int8_t *query);
/// scores[i] = scale terms[2j] (product of the codes) + weight terms[2j + 1] for j = nodes[i].
void ck_code_scores(
  const ck_codes *codes, const ck_code_query *query, int64_t n, const uint32_t *nodes,
  float *scores);

/// Asks for the cache line at an address that will be read soon; any address will do.
static inline void ck_prefetch(const void *address) { __builtin_prefetch(address, 0, 3); }

// MARK: Optimiser

/// AdamW with decoupled decay (Loshchilov and Hutter 2019), the corrections folded into `rate`
/// and `root`: w -= w decay; m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g^2;
/// w -= rate m / (sqrt(v) root + eps), where g is clip times the gradient.
void ck_adamw(
  int64_t n, float *w, const float *gradient, float *m, float *v, float clip, float beta1,
  float beta2, float rate, float root, float eps, float decay);

#endif
