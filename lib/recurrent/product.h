/* The matrix product of cells.c: a tile of sums stays in registers while the depth goes by. */

enum { PANEL = 64 };  /* columns that are packed together */
#if defined __AVX512F__
enum { LANES = 16, ROWS = 5, ACROSS = 4 };  /* a tile's rows and vectors: 20 sums, 4 of b, 1 of a, of 32 registers */
#elif defined __AVX__
enum { LANES = 8, ROWS = 6, ACROSS = 2 };  /* 12 + 2 + 1 of 16 */
#else
enum { LANES = 4, ROWS = 6, ACROSS = 4 };  /* 24 + 4 + 1 of NEON's 32 */
#endif
typedef float vector __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

/* out (rows, 64) = or += a (rows, depth) @ b (depth, 64); a's elements lie `row` and `step` apart. */
static void product(long rows, long depth, const float *a, long row, long step, const float *b, float *out,
                    long out_row, int add) {
    for (long column = 0; column < PANEL; column += LANES * ACROSS)
        for (long first = 0; first < rows; first += ROWS) {
            long n = rows - first < ROWS ? rows - first : ROWS, at[ROWS];
            vector sum[ROWS][ACROSS];
            for (int r = 0; r < ROWS; r++) {
                long here = first + (r < n ? r : 0);  /* rows past the end repeat the first and are not stored */
                const vector *before = (const vector *)(out + here * out_row + column);
                for (int c = 0; c < ACROSS; c++) sum[r][c] = add ? before[c] : (vector){};
                at[r] = here * row;
            }
            for (long k = 0; k < depth; k++) {
                const vector *in = (const vector *)(b + k * PANEL + column);
                vector v[ACROSS];
                for (int c = 0; c < ACROSS; c++) v[c] = in[c];
                for (int r = 0; r < ROWS; r++) {
                    vector x = a[at[r] + k * step] - (vector){};
                    for (int c = 0; c < ACROSS; c++) sum[r][c] += x * v[c];
                }
            }
            for (int r = 0; r < ROWS; r++) {
                vector *after = (vector *)(out + (first + r) * out_row + column);
                for (int c = 0; r < n && c < ACROSS; c++) after[c] = sum[r][c];
            }
        }
}
