/* The LSTM and the RNN through time, forward and backward, in float32 for processors with AVX-512.

   compiled.py compiles and calls this. Columns of a product come in panels of 64: for the LSTM the gates
   i, f, o and the candidate g of 16 units, for the RNN 64 units. Sizes are padded to whole panels, and what is
   padded stays zero. Every array has the whole batch; a call works on its rows [from, to) alone, so that
   threads can share a batch. */

#include <stdint.h>
#include <string.h>

enum { ROWS = 5, PANEL = 64 };  /* 5 x 4 vectors of sums, 4 of b and 1 of a: 25 of 32 registers */
typedef float vector __attribute__((vector_size(64), aligned(4), may_alias));

typedef struct {
    long length, batch, gates, hidden, inputs, panels, depth, from, to;  /* depth: padded hidden + inputs + 1 */
} sizes;

/* out (rows, 64) = or += a (rows, depth) @ b (depth, 64); a's elements lie `row` and `step` apart. */
static void product(long rows, long depth, const float *a, long row, long step, const float *b, float *out,
                    long out_row, int add) {
    for (long first = 0; first < rows; first += ROWS) {
        long n = rows - first < ROWS ? rows - first : ROWS, at[ROWS];
        vector sum[ROWS][4];
        for (int r = 0; r < ROWS; r++) {
            at[r] = first + (r < n ? r : 0);  /* rows past the end repeat the first and are not stored */
            if (add) memcpy(sum[r], out + at[r] * out_row, sizeof sum[r]);
            else memset(sum[r], 0, sizeof sum[r]);
            at[r] *= row;
        }
        for (long k = 0; k < depth; k++) {
            const vector *v = (const vector *)(b + k * PANEL);
            vector b0 = v[0], b1 = v[1], b2 = v[2], b3 = v[3];
            for (int r = 0; r < ROWS; r++) {
                vector x = a[at[r] + k * step] - (vector){};
                sum[r][0] += x * b0, sum[r][1] += x * b1, sum[r][2] += x * b2, sum[r][3] += x * b3;
            }
        }
        for (long r = 0; r < n; r++) memcpy(out + (first + r) * out_row, sum[r], sizeof sum[r]);
    }
}

/* 1 / (1 + 2^t) with t = -x log2(e): 2^t is a polynomial on [-1/2, 1/2] times a power of two. */
static inline float sigmoid(float x) {
    float t = x * -1.442695041f;
    t = t < -126 ? -126 : t > 126 ? 126 : t;
    float whole = __builtin_rintf(t), f = t - whole, p = 1.5403530e-4f, power;
    p = p * f + 1.3333558e-3f;
    p = p * f + 9.6181291e-3f;
    p = p * f + 5.5504109e-2f;
    p = p * f + 2.4022651e-1f;
    p = p * f + 6.9314718e-1f;
    p = p * f + 1;
    int32_t bits = ((int32_t)whole + 127) << 23;
    memcpy(&power, &bits, 4);
    return 1 / (1 + p * power);
}

static inline float tanh_of(float x) { return 2 * sigmoid(2 * x) - 1; }

/* parameters: gates of wx (hidden, inputs), of wh (hidden, hidden), of bx, of bh (hidden)
   -> w (panels, depth, 64), the rows of [wh, wx, bx + bh], transposed */
void pack(const sizes *s, float **parameters, float *w) {
    long G = s->gates, W = PANEL / G, H = s->hidden, I = s->inputs, P = s->panels * W;
    memset(w, 0, sizeof(float) * s->panels * s->depth * PANEL);
    for (long g = 0; g < G; g++) {
        const float *wx = parameters[g], *wh = parameters[G + g], *bx = parameters[2 * G + g],
                    *bh = parameters[3 * G + g];
        for (long u = 0; u < H; u++) {
            float *to = w + u / W * s->depth * PANEL + g * W + u % W;
            for (long k = 0; k < H; k++) to[k * PANEL] = wh[u * H + k];
            for (long k = 0; k < I; k++) to[(P + k) * PANEL] = wx[u * I + k];
            to[(P + I) * PANEL] = bx[u] + bh[u];
        }
    }
}

/* dw as pack's w -> the gradients of its parameters */
void unpack(const sizes *s, const float *dw, float **gradients) {
    long G = s->gates, W = PANEL / G, H = s->hidden, I = s->inputs, P = s->panels * W;
    for (long g = 0; g < G; g++) {
        float *wx = gradients[g], *wh = gradients[G + g], *bx = gradients[2 * G + g], *bh = gradients[3 * G + g];
        for (long u = 0; u < H; u++) {
            const float *from = dw + u / W * s->depth * PANEL + g * W + u % W;
            for (long k = 0; k < H; k++) wh[u * H + k] = from[k * PANEL];
            for (long k = 0; k < I; k++) wx[u * I + k] = from[(P + k) * PANEL];
            bx[u] = bh[u] = from[(P + I) * PANEL];
        }
    }
}

/* wh of pack -> w_h (columns of h / 64, panels, 64, 64), its rows for the way back */
void pack_back(const sizes *s, float **parameters, float *w_h) {
    long G = s->gates, W = PANEL / G, H = s->hidden, Q = (s->panels * W + PANEL - 1) / PANEL;
    memset(w_h, 0, sizeof(float) * Q * s->panels * PANEL * PANEL);
    for (long q = 0; q < Q; q++)
        for (long g = 0; g < G; g++)
            for (long u = 0; u < H; u++) {
                long columns = H - q * PANEL < PANEL ? H - q * PANEL : PANEL;
                float *to = w_h + ((q * s->panels + u / W) * PANEL + g * W + u % W) * PANEL;
                if (columns > 0) memcpy(to, parameters[G + g] + u * H + q * PANEL, sizeof(float) * columns);
            }
}

/* a (rows, 64) of one panel and step = [h, x, 1] @ w, after x and 1 of the step are in place */
static void gate_product(const sizes *s, long t, long p, const float *hx1, const float *w, float *a) {
    long skip = t ? 0 : s->depth - s->inputs - 1;  /* h is zero before the first step */
    product(s->to - s->from, s->depth - skip, hx1 + (t * s->batch + s->from) * s->depth + skip, s->depth, 1,
            w + (p * s->depth + skip) * PANEL, a, PANEL, 0);
}

/* x (batch, length, inputs) -> the places of x and 1 in a step's [h, x, 1] */
static void place_inputs(const sizes *s, long t, const float *x, float *hx1) {
    for (long b = s->from; b < s->to; b++) {
        float *to = hx1 + (t * s->batch + b + 1) * s->depth - s->inputs - 1;
        for (long k = 0; k < s->inputs; k++) to[k] = x[(b * s->length + t) * s->inputs + k];
        to[s->inputs] = 1;
    }
}

/* dw += [h, x, 1].T @ da, and then dh = da @ w_h, for one step; da (panels, batch, 64) */
static void step_back(const sizes *s, long t, const float *hx1, const float *w_h, const float *da, float *dh,
                      float *dw) {
    long rows = s->to - s->from, skip = t ? 0 : s->depth - s->inputs - 1;
    long Q = (s->depth - s->inputs - 1 + PANEL - 1) / PANEL;
    for (long p = 0; p < s->panels; p++)
        product(s->depth - skip, rows, hx1 + (t * s->batch + s->from) * s->depth + skip, 1, s->depth,
                da + (p * s->batch + s->from) * PANEL, dw + (p * s->depth + skip) * PANEL, PANEL, 1);
    for (long q = 0; t && q < Q; q++)
        for (long p = 0; p < s->panels; p++)
            product(rows, PANEL, da + (p * s->batch + s->from) * PANEL, PANEL, 1,
                    w_h + (q * s->panels + p) * PANEL * PANEL, dh + (s->from * Q + q) * PANEL, Q * PANEL, p > 0);
}

/* hx1 (length + 1, batch, depth), gates (length, panels, batch, 64), cells (length + 1, panels, batch, 16) */
static void lstm_forward(const sizes *s, const float *x, const float *w, float *hx1, float *gates, float *cells) {
    for (long t = 0; t < s->length; t++) {
        place_inputs(s, t, x, hx1);
        for (long p = 0; p < s->panels; p++) {
            long at = (t * s->panels + p) * s->batch;
            gate_product(s, t, p, hx1, w, gates + (at + s->from) * PANEL);
            if (!t) memset(cells + (at + s->from) * 16, 0, (s->to - s->from) * 16 * sizeof *cells);
            for (long b = s->from; b < s->to; b++) {
                float *restrict a = gates + (at + b) * PANEL;
                const float *restrict c_before = cells + (at + b) * 16;
                float *restrict c = cells + (at + s->panels * s->batch + b) * 16;
                float *restrict h = hx1 + ((t + 1) * s->batch + b) * s->depth + p * 16;
                for (int j = 0; j < 16; j++) {
                    float i = sigmoid(a[j]), f = sigmoid(a[16 + j]), o = sigmoid(a[32 + j]), g = tanh_of(a[48 + j]);
                    a[j] = i, a[16 + j] = f, a[32 + j] = o, a[48 + j] = g;
                    c[j] = i * g + f * c_before[j];
                    h[j] = o * tanh_of(c[j]);
                }
            }
        }
    }
}

/* dh (batch, columns of h padded to 64), the loss's on entry; dc (panels, batch, 16) and dw, zero on entry */
static void lstm_backward(const sizes *s, const float *w_h, const float *hx1, const float *gates,
                          const float *cells, float *dh, float *dc, float *da, float *dw) {
    long Q = (s->panels * 16 + PANEL - 1) / PANEL;
    for (long t = s->length - 1; t >= 0; t--) {
        for (long p = 0; p < s->panels; p++)
            for (long b = s->from; b < s->to; b++) {
                long at = (t * s->panels + p) * s->batch + b, now = p * s->batch + b;
                const vector *a = (const vector *)gates + 4 * at, *c_before = (const vector *)cells + at;
                const float *c_now = cells + (at + s->panels * s->batch) * 16;
                float tanhs[16];
                for (int j = 0; j < 16; j++) tanhs[j] = tanh_of(c_now[j]);  /* cheaper than to keep it */
                vector i = a[0], f = a[1], o = a[2], g = a[3], tanh_c = *(const vector *)tanhs;
                vector h = *(const vector *)(dh + b * Q * PANEL + p * 16);
                vector *c = (vector *)dc + now, *out = (vector *)da + 4 * now;
                vector d = *c + h * o * (1 - tanh_c * tanh_c);
                out[0] = d * g * i * (1 - i);
                out[1] = d * *c_before * f * (1 - f);
                out[2] = h * tanh_c * o * (1 - o);
                out[3] = d * i * (1 - g * g);
                *c = d * f;
            }
        step_back(s, t, hx1, w_h, da, dh, dw);
    }
}

static void rnn_forward(const sizes *s, const float *x, const float *w, float *hx1, float *gates) {
    for (long t = 0; t < s->length; t++) {
        place_inputs(s, t, x, hx1);
        for (long p = 0; p < s->panels; p++) {
            float *a = gates + (p * s->batch + s->from) * PANEL;
            gate_product(s, t, p, hx1, w, a);
            for (long b = s->from; b < s->to; b++, a += PANEL) {
                float *h = hx1 + ((t + 1) * s->batch + b) * s->depth + p * PANEL;
                for (int j = 0; j < PANEL; j++) h[j] = tanh_of(a[j]);
            }
        }
    }
}

static void rnn_backward(const sizes *s, const float *w_h, const float *hx1, float *dh, float *da, float *dw) {
    for (long t = s->length - 1; t >= 0; t--) {
        for (long p = 0; p < s->panels; p++)
            for (long b = s->from; b < s->to; b++) {
                const float *h = hx1 + ((t + 1) * s->batch + b) * s->depth + p * PANEL;
                const float *d = dh + (b * s->panels + p) * PANEL;
                float *out = da + (p * s->batch + b) * PANEL;
                for (int j = 0; j < PANEL; j++) out[j] = d[j] * (1 - h[j] * h[j]);
            }
        step_back(s, t, hx1, w_h, da, dh, dw);
    }
}

/* Gates and cells of the RNN, which keeps neither, are scratch (1, panels, batch, 64) and nothing. */
void forward(const sizes *s, const float *x, const float *w, float *hx1, float *gates, float *cells) {
    if (s->gates == 4) lstm_forward(s, x, w, hx1, gates, cells);
    else rnn_forward(s, x, w, hx1, gates);
}

void backward(const sizes *s, const float *w_h, const float *hx1, const float *gates, const float *cells,
              float *dh, float *dc, float *da, float *dw) {
    if (s->gates == 4) lstm_backward(s, w_h, hx1, gates, cells, dh, dc, da, dw);
    else rnn_backward(s, w_h, hx1, dh, da, dw);
}
