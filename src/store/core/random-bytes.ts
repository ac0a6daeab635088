/**
 * Unpredictable random bytes. node:crypto is loaded with the first call: it takes milliseconds of an application's start,
 * and a single process needs none.
 */
export function randomBytes(length: number): Buffer {
  return process.getBuiltinModule('node:crypto').randomBytes(length)
}
