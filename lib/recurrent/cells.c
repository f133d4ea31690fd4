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

/* a: the gates on entry, the gradient of their sums on return; dc: that of c on entry, of c_before on return */
void lstm_step_back(int batch, int hidden, int stride, int threads, float *dh, float *a, float *c_before, float *c,
                    float *dc) {
    #pragma omp parallel for num_threads(threads)
    for (long row = 0; row < batch; row++) {
        float *a_i = a + row * 4 * hidden, *a_f = a_i + hidden, *a_o = a_f + hidden, *a_g = a_o + hidden;
        #pragma omp simd
        for (long k = 0; k < hidden; k++) {
            long n = row * hidden + k;
            float i = a_i[k], f = a_f[k], o = a_o[k], g = a_g[k];
            float tanh_c = tanh_of(c[n]), d_h = dh[row * stride + k];
            float d_c = dc[n] + d_h * o * (1 - tanh_c * tanh_c);
            a_i[k] = d_c * g * i * (1 - i);
            a_f[k] = d_c * c_before[n] * f * (1 - f);
            a_o[k] = d_h * tanh_c * o * (1 - o);
            a_g[k] = d_c * i * (1 - g * g);
            dc[n] = d_c * f;
        }
    }
}

void rnn_step(int batch, int hidden, int stride, int threads, float *h, float *a) {
    #pragma omp parallel for num_threads(threads)
    for (long row = 0; row < batch; row++)
        #pragma omp simd
        for (long k = 0; k < hidden; k++) h[row * stride + k] = tanh_of(a[row * hidden + k]);
}
