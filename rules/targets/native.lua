-- The machine that runs fusewright. The host fills `machine` with what the system tells; what it does not tell is absent.
-- Output for this target depends on where it was made, so its facts go into the lock file.
return {
  backend = "c",
  vector_bytes = 0,
  l1 = machine.l1 or 32768,
  l2 = machine.l2 or 524288,
  l3 = machine.l3 or 0,
  line = machine.line or 64,
  cores = machine.cores or 1,
  registers = 16,
}
