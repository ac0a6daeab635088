/**
 * So many bytes that nobody guesses. node:crypto is loaded with the first: it takes milliseconds of an application's start,
 * and a process that stands alone needs none.
 */
export function randomBytes(length: number): Buffer {
  return process.getBuiltinModule('node:crypto').randomBytes(length)
}
