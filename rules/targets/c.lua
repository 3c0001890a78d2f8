-- The default: plain C for a machine that is not known. Sizes are those that hardly any machine of the last ten years falls below;
-- vector_bytes = 0 leaves the choice to the compiler that builds the output.
return {
  backend = "c",
  vector_bytes = 0,
  l1 = 32768,
  l2 = 524288,
  l3 = 0,
  line = 64,
  cores = 1,
  registers = 16,
}
