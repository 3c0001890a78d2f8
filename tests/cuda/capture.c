/* Captures MODEL_run of the softmax example in a graph, launches it twice and compares with a call: the same bits. Built with the
 * emulator, and by gpu.sh for a GPU. */
#include <cuda_runtime_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "softmax.h"

enum { COUNT = 53 * 700, BYTES = COUNT * sizeof(float) };

static void must(cudaError_t error, const char *what)
{
    if (error == cudaSuccess)
        return;
    fprintf(stderr, "%s: %s\n", what, cudaGetErrorString(error));
    exit(1);
}

static void run(const softmax_args *args, void *workspace, const softmax_exec *exec)
{
    int error = softmax_run(args, workspace, exec);
    if (error != 0) {
        fprintf(stderr, "%s\n", softmax_error(error));
        exit(1);
    }
}

int main(void)
{
    static float x[COUNT], direct[COUNT], replayed[COUNT];
    float *in, *out;
    void *workspace;
    cudaStream_t stream;
    cudaGraph_t graph;
    cudaGraphExec_t replay;
    softmax_exec exec = {0};
    for (int i = 0; i < COUNT; i++)
        x[i] = (float)(i * 7919 % 1000) / 100 - 5;
    must(cudaMalloc((void **)&in, BYTES), "memory");
    must(cudaMalloc((void **)&out, BYTES), "memory");
    must(cudaMalloc(&workspace, softmax_WORKSPACE_BYTES + 1), "memory");
    must(cudaMemcpy(in, x, BYTES, cudaMemcpyHostToDevice), "copy");
    must(cudaStreamCreate(&stream), "stream");
    if (softmax_create(&exec.state, NULL) != 0)
        exit(1);
    exec.stream = stream;
    const softmax_args args = {.x = in, .out0 = out};

    must(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal), "begin");
    run(&args, workspace, &exec);
    must(cudaStreamEndCapture(stream, &graph), "end");
    must(cudaGraphInstantiate(&replay, graph, 0), "instantiate");

    run(&args, workspace, &exec);
    must(cudaStreamSynchronize(stream), "run");
    must(cudaMemcpy(direct, out, BYTES, cudaMemcpyDeviceToHost), "copy");
    for (int i = 0; i < 2; i++) {
        must(cudaMemcpy(out, x, BYTES, cudaMemcpyHostToDevice), "copy");
        must(cudaGraphLaunch(replay, stream), "launch");
        must(cudaStreamSynchronize(stream), "replay");
        must(cudaMemcpy(replayed, out, BYTES, cudaMemcpyDeviceToHost), "copy");
        if (memcmp(direct, replayed, BYTES) != 0) {
            fprintf(stderr, "launch %d of the graph gave other results\n", i + 1);
            exit(7);
        }
    }
    softmax_destroy(exec.state);
    must(cudaGraphExecDestroy(replay), "end");
    must(cudaGraphDestroy(graph), "end");
    must(cudaStreamDestroy(stream), "end");
    must(cudaFree(in), "free");
    must(cudaFree(out), "free");
    must(cudaFree(workspace), "free");
    return 0;
}
