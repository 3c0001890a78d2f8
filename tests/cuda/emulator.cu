/* Tests the emulator: right kernels pass in every order, and each planted fault (-DFAULT=n) is found in one order at least. Ends
 * with 0 for right results, 7 for wrong ones, 99 for what the emulator reports. */
#ifndef FAULT
#define FAULT 0
#endif
enum { THREADS = 64, MISSING_BARRIER = 1, DIVERGENT_BARRIER, MISSING_LANE, PAST_SHARED, UNSET_SHARED, PAST_ARRAY, HOST_POINTER,
    CAPTURED_MALLOC, LEAK, SECOND_BARRIER };

/* out[i] = x[63 - i], through shared memory; twice, so that the barrier between the passes counts too. */
__global__ void turn(const float *x, float *out)
{
    FW_SHARED(dynamic);
    float *const tile = (float *)dynamic;
    const int i = threadIdx.x;
    for (int pass = 0; pass < 2; pass++) {
        if (FAULT != UNSET_SHARED || i != 5)
            tile[i] = x[i] + pass;
        if (FAULT == PAST_SHARED && i == 63)
            tile[THREADS] = 1;
        if (FAULT == DIVERGENT_BARRIER && i < 32)
            __syncthreads();
        if (FAULT != MISSING_BARRIER)
            __syncthreads();
        out[THREADS * pass + i] = tile[THREADS - 1 - i];
        if (FAULT != SECOND_BARRIER)
            __syncthreads();
    }
    if (FAULT == PAST_ARRAY && i == 0)
        out[2 * THREADS] = 1;
}

/* out[w] = sum of x over warp w. */
__global__ void add_warps(const float *x, float *out)
{
    __shared__ float seen[2];
    float sum = x[threadIdx.x];
    if (FAULT != MISSING_LANE || threadIdx.x != 40)
        for (int step = 16; step > 0; step /= 2)
            sum += __shfl_down_sync(0xffffffff, sum, step);
    if (threadIdx.x % 32 == 0)
        seen[threadIdx.x / 32] = sum;
    __syncthreads();
    if (threadIdx.x == 0)
        out[0] = seen[0], out[1] = seen[1];
}

int main()
{
    float x[THREADS], y[2 * THREADS], sums[2], *in, *out, *two;
    bool right = true;
    for (int i = 0; i < THREADS; i++)
        x[i] = (float)i;
    cudaMalloc((void **)&in, sizeof x);
    cudaMalloc((void **)&out, sizeof y);
    cudaMalloc((void **)&two, sizeof sums);
    cudaMemcpy(in, x, sizeof x, cudaMemcpyHostToDevice);
    if (FAULT == CAPTURED_MALLOC) {
        void *more;
        cudaStreamBeginCapture(nullptr, cudaStreamCaptureModeGlobal);
        cudaMalloc(&more, 4);
    }
    FW_LAUNCH(turn, 1, THREADS, sizeof x, nullptr, FAULT == HOST_POINTER ? x : in, out);
    FW_LAUNCH(add_warps, 1, THREADS, 0, nullptr, in, two);
    cudaMemcpy(y, out, sizeof y, cudaMemcpyDeviceToHost);
    cudaMemcpy(sums, two, sizeof sums, cudaMemcpyDeviceToHost);
    for (int i = 0; i < 2 * THREADS; i++)
        right = right && y[i] == (float)(THREADS - 1 - i % THREADS + i / THREADS);
    right = right && sums[0] == 496 && sums[1] == 1520;
    cudaFree(in);
    cudaFree(out);
    if (FAULT != LEAK)
        cudaFree(two);
    return right ? 0 : 7;
}
