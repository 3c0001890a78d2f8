/* Runs CUDA kernels on a CPU, for tests: g++ -std=c++17 -x c++ -include fw_emu.h -DNAME_LAUNCH=FW_LAUNCH -DNAME_SHARED=FW_SHARED.
 *
 * Every CUDA thread is a fiber; blocks run one after the other. A warp runs until all of it waits at a barrier, in it a thread until
 * it waits for the others, in the order that FW_EMU_ORDER says: forward, reverse, or random:SEED. A kernel that needs a barrier
 * that is not there gives other results in some order. Reported as errors (exit 99):
 * barriers that only some threads reach, warp operations that miss lanes, writes past dynamic shared memory or past an array of the
 * device, pointers that are not the device's, runtime calls that a capture does not allow, memory that is never freed. Shared
 * memory and new arrays hold NaN. Not seen: data races whose result does not depend on the order, and anything about speed. */
#ifndef FW_EMU_H
#define FW_EMU_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include <functional>
#include <map>
#include <vector>

#include "include/cuda_runtime_api.h"

#define __global__
#define __device__
#define __host__
#define __launch_bounds__(...)
#define __align__(n) __attribute__((aligned(n)))
#define __shared__ __attribute__((section("fw_shared"))) static
#define __syncthreads() fw_emu::barrier(__LINE__)
#define __syncwarp(...) fw_emu::warp_operation(0xffffffff, 0, -1, __LINE__)
#define __shfl_down_sync(mask, value, delta, ...) fw_emu::shuffle(mask, value, fw_emu::lane() + (delta), __LINE__)
#define __shfl_up_sync(mask, value, delta, ...) fw_emu::shuffle(mask, value, fw_emu::lane() - (int)(delta), __LINE__)
#define __shfl_xor_sync(mask, value, bits, ...) fw_emu::shuffle(mask, value, fw_emu::lane() ^ (bits), __LINE__)
#define __shfl_sync(mask, value, from, ...) fw_emu::shuffle(mask, value, (from) & 31, __LINE__)
#define FW_LAUNCH(kernel, grid, block, bytes, stream, ...) fw_emu::launch(#kernel, grid, block, bytes, stream, kernel, __VA_ARGS__)
#define FW_SHARED(name) unsigned char *const name = fw_emu::shared

struct uint3 { unsigned x, y, z; };
struct uint4 { unsigned x, y, z, w; } __attribute__((aligned(16)));
struct dim3 {
    unsigned x, y, z;
    dim3(unsigned ax = 1, unsigned ay = 1, unsigned az = 1) : x(ax), y(ay), z(az) {}
};
inline uint3 threadIdx, blockIdx;
inline dim3 blockDim, gridDim;

/* All variables that are __shared__ lie in this section; the linker names its ends. */
extern "C" char __start_fw_shared[] __attribute__((weak)), __stop_fw_shared[] __attribute__((weak));

struct CUstream_st { bool capturing; std::vector<std::function<void()>> work; };
struct CUgraph_st { std::vector<std::function<void()>> work; };
struct CUgraphExec_st { std::vector<std::function<void()>> work; };

namespace fw_emu {

enum { STACK = 64 << 10, SHARED_MOST = 48 << 10, GUARD = 256, MOST_THREADS = 1024 };
enum state { READY, AT_BARRIER, IN_WARP, DONE };

struct fiber {
    ucontext_t context;
    state at;
    int line;                    /* where it waits */
    unsigned mask;               /* IN_WARP: the lanes that take part */
    int from;                    /* IN_WARP: lane whose value it wants, -1 for none */
    uint64_t value, result;
};

inline std::vector<fiber> fibers;
inline std::vector<char> stacks;
inline ucontext_t scheduler;
inline int current;
inline const char *kernel_name = "";
inline std::function<void()> body;
inline unsigned char shared_memory[SHARED_MOST + GUARD] __attribute__((aligned(128)));
inline unsigned char *const shared = shared_memory;
inline std::map<const char *, size_t> arrays;            /* of the device, by address */
inline cudaError_t last_error = cudaSuccess;
inline CUstream_st default_stream;
inline int captures;
inline uint64_t random_state;

[[noreturn]] inline void fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "fw_emu: %s: ", kernel_name);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    _Exit(99);
}

/* ---- order of threads and of blocks ---- */

inline uint64_t next_random()
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

inline std::vector<int> ordered(int count)
{
    const char *order = getenv("FW_EMU_ORDER");
    bool reverse = order && !strcmp(order, "reverse"), random = order && !strncmp(order, "random", 6);
    std::vector<int> list(count);
    for (int i = 0; i < count; i++)
        list[i] = reverse ? count - 1 - i : i;
    if (random && !random_state)
        random_state = 1 + (order[6] ? strtoull(order + 7, NULL, 10) : 0);
    for (int i = count - 1; random && i > 0; i--)
        std::swap(list[i], list[next_random() % (i + 1)]);
    return list;
}

/* ---- waiting ---- */

inline int lane() { return current % 32; }

inline void wait(state at, int line)
{
    fibers[current].at = at;
    fibers[current].line = line;
    swapcontext(&fibers[current].context, &scheduler);
}

inline void barrier(int line) { wait(AT_BARRIER, line); }

inline uint64_t warp_operation(unsigned mask, uint64_t value, int from, int line)
{
    fiber &f = fibers[current];
    if (!(mask >> lane() & 1))
        fail("line %d: thread %d is not in its own mask %08x", line, current, mask);
    f.mask = mask, f.value = value, f.from = from;
    wait(IN_WARP, line);
    return fibers[current].result;
}

template <class T> T shuffle(unsigned mask, T value, int from, int line)
{
    uint64_t bits = 0;
    static_assert(sizeof value <= sizeof bits, "shuffles move at most eight bytes");
    memcpy(&bits, &value, sizeof value);
    bits = warp_operation(mask, bits, from < 0 || from > 31 ? lane() : from, line);
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Lets a warp go on once all lanes of the mask are there. */
inline bool release_lane(int thread)
{
    fiber &f = fibers[thread];
    int first = thread / 32 * 32, count = (int)fibers.size();
    for (int l = 0; l < 32; l++) {
        if (!(f.mask >> l & 1) || first + l >= count)
            continue;
        const fiber &other = fibers[first + l];
        if (other.at == READY)
            return false;
        if (other.at != IN_WARP || other.line != f.line || other.mask != f.mask)
            fail("line %d: thread %d waits for lane %d, which %s", f.line, thread, l, other.at == DONE ? "has ended" : "waits elsewhere");
    }
    for (int l = 0; l < 32; l++) {
        if (!(f.mask >> l & 1) || first + l >= count)
            continue;
        fiber &other = fibers[first + l];
        if (other.from >= 0 && (!(f.mask >> other.from & 1) || first + other.from >= count))
            fail("line %d: thread %d reads lane %d, which does not take part", f.line, first + l, other.from);
        other.result = other.from < 0 ? 0 : fibers[first + other.from].value;
    }
    for (int l = 0; l < 32; l++)
        if (f.mask >> l & 1 && first + l < count)
            fibers[first + l].at = READY;
    return true;
}

/* Lets the block go on once all threads stand at the same barrier. */
inline void release_block()
{
    for (size_t i = 1; i < fibers.size(); i++) {
        if (fibers[i].at == fibers[0].at && fibers[i].line == fibers[0].line)
            continue;
        fail("barrier in divergent code: thread 0 %s line %d, thread %zu %s line %d", fibers[0].at == DONE ? "ended after" : "waits in",
            fibers[0].line, i, fibers[i].at == DONE ? "ended after" : "waits in", fibers[i].line);
    }
    for (fiber &f : fibers)
        f.at = READY;
}

/* ---- blocks ---- */

inline void enter()
{
    body();
    fibers[current].at = DONE;
    swapcontext(&fibers[current].context, &scheduler);
}

inline void run_fiber(int thread)
{
    current = thread;
    threadIdx = {thread % blockDim.x, thread / blockDim.x % blockDim.y, thread / (blockDim.x * blockDim.y)};
    swapcontext(&scheduler, &fibers[thread].context);
}

/* Runs a warp until all its threads have ended or stand at a barrier of the block: as far ahead of the others as can be. */
inline void run_warp(int warp)
{
    int first = warp * 32, count = (int)fibers.size() - first < 32 ? (int)fibers.size() - first : 32;
    for (bool moved = true; moved;) {
        for (int l : ordered(count))
            if (fibers[first + l].at == READY)
                run_fiber(first + l);
        moved = false;
        for (int i = first; i < first + count; i++)
            moved |= fibers[i].at == READY || (fibers[i].at == IN_WARP && release_lane(i));
    }
}

inline void run_block(size_t bytes)
{
    int count = (int)fibers.size();
    memset(shared_memory, 0xff, SHARED_MOST);
    memset(shared_memory + bytes, 0xa5, GUARD);
    memset(__start_fw_shared, 0xff, (size_t)(__stop_fw_shared - __start_fw_shared));
    for (int i = 0; i < count; i++) {
        getcontext(&fibers[i].context);
        fibers[i].context.uc_stack.ss_sp = stacks.data() + (size_t)i * STACK;
        fibers[i].context.uc_stack.ss_size = STACK;
        fibers[i].context.uc_link = NULL;
        fibers[i].at = READY;
        fibers[i].line = 0;
        makecontext(&fibers[i].context, enter, 0);
    }
    for (int done = 0; done < count;) {
        for (int warp : ordered((count + 31) / 32))
            run_warp(warp);
        done = 0;
        for (const fiber &f : fibers)
            done += f.at == DONE;
        if (done < count)
            release_block();
    }
    for (int i = 0; i < GUARD; i++)
        if (shared_memory[bytes + (size_t)i] != 0xa5)
            fail("wrote %d bytes behind its %zu bytes of dynamic shared memory", i + 1, bytes);
}

inline void run_grid(const char *name, dim3 grid, dim3 block, size_t bytes, const std::function<void()> &work)
{
    kernel_name = name;
    size_t threads = (size_t)block.x * block.y * block.z;
    fibers.resize(threads);
    stacks.resize(MOST_THREADS * (size_t)STACK);
    gridDim = grid;
    blockDim = block;
    body = work;
    for (int b : ordered((int)(grid.x * grid.y * grid.z))) {
        blockIdx = {b % grid.x, b / grid.x % grid.y, b / (grid.x * grid.y)};
        run_block(bytes);
    }
    kernel_name = "";
}

/* ---- the runtime ---- */

inline bool on_device(const void *at)
{
    auto next = arrays.upper_bound((const char *)at);
    if (next == arrays.begin())
        return false;
    --next;
    return (const char *)at < next->first + next->second;
}

template <class T> void check_argument(const char *, T) {}
template <class T> void check_argument(const char *name, T *pointer)
{
    kernel_name = name;
    if (pointer && !on_device(pointer))
        fail("the argument %p is not in the device's memory", (const void *)pointer);
}

inline CUstream_st *stream_of(cudaStream_t stream) { return stream ? stream : &default_stream; }

template <class... P, class... A>
void launch(const char *name, dim3 grid, dim3 block, size_t bytes, cudaStream_t stream, void (*kernel)(P...), A... args)
{
    size_t threads = (size_t)block.x * block.y * block.z;
    if (!threads || threads > MOST_THREADS || !grid.x || !grid.y || grid.y > 65535 || !grid.z || bytes > SHARED_MOST) {
        last_error = cudaErrorInvalidConfiguration;
        return;
    }
    (check_argument(name, args), ...);
    std::function<void()> work = [=] { run_grid(name, grid, block, bytes, [=] { kernel(args...); }); };
    if (captures && !stream_of(stream)->capturing)
        fail("%s was launched into another stream than the one that is captured", name);
    if (stream_of(stream)->capturing)
        stream_of(stream)->work.push_back(work);
    else
        work();
}

/* What must not be called while a graph is captured. */
inline void not_captured(const char *name)
{
    if (captures)
        fail("%s was called while a graph is captured", name);
}

struct at_exit {
    ~at_exit()
    {
        if (!arrays.empty())
            fail("%zu arrays of the device were never freed", arrays.size());
    }
};
inline at_exit leaks;

} /* namespace fw_emu */

/* Weak: every file that includes this has them, the program keeps one. */
#define FW_EMU_API extern "C" __attribute__((weak))

FW_EMU_API cudaError_t cudaMalloc(void **memory, size_t bytes)
{
    fw_emu::not_captured("cudaMalloc");
    size_t rounded = (bytes + 255) / 256 * 256 + 256;
    char *data = (char *)aligned_alloc(256, rounded);
    memset(data, 0xff, bytes);
    memset(data + bytes, 0xa5, rounded - bytes);
    fw_emu::arrays[data] = bytes;
    *memory = data;
    return cudaSuccess;
}

FW_EMU_API cudaError_t cudaFree(void *memory)
{
    fw_emu::not_captured("cudaFree");
    if (!memory)
        return cudaSuccess;
    auto array = fw_emu::arrays.find((const char *)memory);
    if (array == fw_emu::arrays.end())
        return cudaErrorInvalidValue;
    for (size_t i = array->second; i < (array->second + 255) / 256 * 256 + 256; i++)
        if ((unsigned char)array->first[i] != 0xa5)
            fw_emu::fail("byte %zu behind an array of %zu bytes was written", i - array->second, array->second);
    fw_emu::arrays.erase(array);
    free(memory);
    return cudaSuccess;
}

FW_EMU_API cudaError_t cudaMemcpy(void *to, const void *from, size_t bytes, cudaMemcpyKind kind)
{
    fw_emu::not_captured("cudaMemcpy");
    bool to_device = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
    bool from_device = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
    if (bytes && (fw_emu::on_device(to) != to_device || fw_emu::on_device(from) != from_device))
        return cudaErrorInvalidValue;
    memcpy(to, from, bytes);
    return cudaSuccess;
}

FW_EMU_API cudaError_t cudaFuncGetAttributes(cudaFuncAttributes *, const void *) { return cudaSuccess; }
FW_EMU_API cudaError_t cudaPeekAtLastError(void) { return fw_emu::last_error; }

FW_EMU_API cudaError_t cudaGetLastError(void)
{
    cudaError_t error = fw_emu::last_error;
    fw_emu::last_error = cudaSuccess;
    return error;
}

FW_EMU_API const char *cudaGetErrorString(cudaError_t error) { return error == cudaSuccess ? "no error" : "an error of the emulator"; }

FW_EMU_API cudaError_t cudaStreamCreate(cudaStream_t *stream)
{
    *stream = new CUstream_st();
    return cudaSuccess;
}

FW_EMU_API cudaError_t cudaStreamDestroy(cudaStream_t stream)
{
    delete stream;
    return cudaSuccess;
}

FW_EMU_API cudaError_t cudaStreamSynchronize(cudaStream_t)
{
    fw_emu::not_captured("cudaStreamSynchronize");
    return cudaGetLastError();
}

FW_EMU_API cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode)
{
    fw_emu::captures++;
    fw_emu::stream_of(stream)->capturing = true;
    return cudaSuccess;
}

FW_EMU_API cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph)
{
    fw_emu::captures--;
    fw_emu::stream_of(stream)->capturing = false;
    *graph = new CUgraph_st{fw_emu::stream_of(stream)->work};
    fw_emu::stream_of(stream)->work.clear();
    return cudaSuccess;
}

FW_EMU_API cudaError_t cudaGraphInstantiate(cudaGraphExec_t *exec, cudaGraph_t graph, unsigned long long)
{
    *exec = new CUgraphExec_st{graph->work};
    return cudaSuccess;
}

FW_EMU_API cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t)
{
    for (const std::function<void()> &work : exec->work)
        work();
    return cudaSuccess;
}

FW_EMU_API cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec)
{
    delete exec;
    return cudaSuccess;
}

FW_EMU_API cudaError_t cudaGraphDestroy(cudaGraph_t graph)
{
    delete graph;
    return cudaSuccess;
}

#endif
