-- NVIDIA GPUs of compute capability 8.0 (A100). l1 is the shared memory a block may use, l2 the part of the cache for one
-- multiprocessor; cores are multiprocessors, registers 32-bit registers of a thread.
return {
  backend = "cuda",
  cuda_arch = "sm_80",
  vector_bytes = 16,
  l1 = 49152,
  l2 = 387072,
  l3 = 41943040,
  line = 128,
  cores = 108,
  registers = 255,
}
