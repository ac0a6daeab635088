/** Whether what application code returned is to be awaited: a promise of Node.js or of a library. */
export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof Object(value).then === 'function'
}
