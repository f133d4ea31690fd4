/* The LSTM and the RNN through time, forward and backward, in float32.

   compiled.py compiles and calls this; the compiler makes vectors of the loops. Columns of a product come in
   panels of 64: for the LSTM the gates i, f, o and the candidate g of 16 units, for the RNN 64 units. Sizes are
   padded to whole panels, and what is padded stays zero. Threads share the batch: each takes its sequences
   through all of time and meets the others at the end. */

#include <stdint.h>
#include <string.h>

#include "product.h"

typedef struct {
    long length, batch, gates, hidden, inputs, panels, depth, threads;  /* depth: padded hidden + inputs + 1 */
    long from, to;  /* a thread's sequences */
} sizes;

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
                float *a = gates + (at + b) * PANEL;
                const float *c_before = cells + (at + b) * 16;
                float *c = cells + (at + s->panels * s->batch + b) * 16;
                float *h = hx1 + ((t + 1) * s->batch + b) * s->depth + p * 16;
                #pragma omp simd
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
                const float *a = gates + at * PANEL, *c_before = cells + at * 16;
                const float *c = cells + (at + s->panels * s->batch) * 16;
                const float *d_out = dh + b * Q * PANEL + p * 16;
                float *d_c = dc + now * 16, *out = da + now * PANEL;
                #pragma omp simd
                for (int j = 0; j < 16; j++) {
                    float i = a[j], f = a[16 + j], o = a[32 + j], g = a[48 + j];
                    float tanh_c = tanh_of(c[j]), h = d_out[j];  /* cheaper than to keep it */
                    float d = d_c[j] + h * o * (1 - tanh_c * tanh_c);
                    out[j] = d * g * i * (1 - i);
                    out[16 + j] = d * c_before[j] * f * (1 - f);
                    out[32 + j] = h * tanh_c * o * (1 - o);
                    out[48 + j] = d * i * (1 - g * g);
                    d_c[j] = d * f;
                }
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
                #pragma omp simd
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
                #pragma omp simd
                for (int j = 0; j < PANEL; j++) out[j] = d[j] * (1 - h[j] * h[j]);
            }
        step_back(s, t, hx1, w_h, da, dh, dw);
    }
}

/* the part of thread k */
static sizes part(const sizes *whole, long k) {
    sizes s = *whole;
    s.from = s.batch * k / s.threads, s.to = s.batch * (k + 1) / s.threads;
    return s;
}

/* Gates and cells of the RNN, which keeps neither, are scratch (1, panels, batch, 64) and nothing. */
void forward(const sizes *whole, const float *x, const float *w, float *hx1, float *gates, float *cells) {
    #pragma omp parallel for num_threads(whole->threads) schedule(static, 1) if (whole->threads > 1)
    for (long k = 0; k < whole->threads; k++) {
        sizes s = part(whole, k);
        if (s.gates == 4) lstm_forward(&s, x, w, hx1, gates, cells);
        else rnn_forward(&s, x, w, hx1, gates);
    }
}

/* dw (threads, panels, depth, 64), the sum of which is in the first on return */
void backward(const sizes *whole, const float *w_h, const float *hx1, const float *gates, const float *cells,
              float *dh, float *dc, float *da, float *dw) {
    long count = whole->panels * whole->depth * PANEL;
    #pragma omp parallel for num_threads(whole->threads) schedule(static, 1) if (whole->threads > 1)
    for (long k = 0; k < whole->threads; k++) {
        sizes s = part(whole, k);
        memset(dw + k * count, 0, sizeof *dw * count);
        if (s.gates == 4) lstm_backward(&s, w_h, hx1, gates, cells, dh, dc, da, dw + k * count);
        else rnn_backward(&s, w_h, hx1, dh, da, dw + k * count);
    }
    for (long k = 1; k < whole->threads; k++)
        for (long n = 0; n < count; n++) dw[n] += dw[k * count + n];
}
