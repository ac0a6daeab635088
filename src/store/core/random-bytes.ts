/**
 * Returns unpredictable random bytes. node:crypto is loaded at the first call, because loading it takes milliseconds
 * and a single process does not need it.
 */
export function randomBytes(length: number): Buffer {
  return process.getBuiltinModule('node:crypto').randomBytes(length)
}
