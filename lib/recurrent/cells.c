/* What a step computes between the products of through_time.py. `h` and `dh` have rows `stride` numbers apart. */

/* 4e-8 from tanh on [-8.6, 8.6]; beyond, tanh is 1 in float */
static inline float tanh_of(float x) {
    x = x < -8.6f ? -8.6f : x > 8.6f ? 8.6f : x;
    float s = x * x;
    float over = 9.5124900e-6f + s * (-1.3527283e-8f + s * 2.0205585e-11f);
    over = 0.99999996f + s * (0.12943858f + s * (2.9473360e-3f + s * over));
    float under = 1 + s * (0.46277158f + s * (2.3871680e-2f + s * 2.3178947e-4f));
    return x * over / under;
}

static inline float sigmoid(float x) { return 0.5f + 0.5f * tanh_of(0.5f * x); }

/* a (batch, 4 hidden): the sums of the gates on entry, the gates on return */
void lstm_step(int batch, int hidden, int stride, int threads, float *h, float *a, float *c_before, float *c) {
    #pragma omp parallel for num_threads(threads)
    for (long row = 0; row < batch; row++) {
        float *i = a + row * 4 * hidden, *f = i + hidden, *o = f + hidden, *g = o + hidden;
        #pragma omp simd
        for (long k = 0; k < hidden; k++) {
            long n = row * hidden + k;
            i[k] = sigmoid(i[k]);
            f[k] = sigmoid(f[k]);
            o[k] = sigmoid(o[k]);
            g[k] = tanh_of(g[k]);
            c[n] = g[k] * i[k] + c_before[n] * f[k];
            h[row * stride + k] = tanh_of(c[n]) * o[k];
        }
    }
}

/* dc: the gradient of c on entry, of c_before on return; da: that of the sums */
void lstm_step_back(int batch, int hidden, int stride, int threads, float *dh, float *dc, float *a, float *c_before,
                    float *c, float *da) {
    #pragma omp parallel for num_threads(threads)
    for (long row = 0; row < batch; row++) {
        float *i = a + row * 4 * hidden, *f = i + hidden, *o = f + hidden, *g = o + hidden;
        float *di = da + row * 4 * hidden, *df = di + hidden, *d_o = df + hidden, *dg = d_o + hidden;
        #pragma omp simd
        for (long k = 0; k < hidden; k++) {
            long n = row * hidden + k;
            float tanh_c = tanh_of(c[n]), d_h = dh[row * stride + k];
            float d_c = dc[n] + d_h * o[k] * (1 - tanh_c * tanh_c);
            di[k] = d_c * g[k] * i[k] * (1 - i[k]);
            df[k] = d_c * c_before[n] * f[k] * (1 - f[k]);
            d_o[k] = d_h * tanh_c * o[k] * (1 - o[k]);
            dg[k] = d_c * i[k] * (1 - g[k] * g[k]);
            dc[n] = d_c * f[k];
        }
    }
}

void rnn_step(int batch, int hidden, int stride, int threads, float *h, float *a) {
    #pragma omp parallel for num_threads(threads)
    for (long row = 0; row < batch; row++)
        #pragma omp simd
        for (long k = 0; k < hidden; k++) h[row * stride + k] = tanh_of(a[row * hidden + k]);
}
