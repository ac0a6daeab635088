/** Replaces a secret. */
const mask = '***'

/**
 * Hides possible passwords and tokens in a text: everything before the `@` of an address, and the values of parameters
 * with such names. Malformed addresses are covered as well, because errors show those.
 *
 * @example maskCredentials('redis://user:secret@host:6379/0') // 'redis://***@host:6379/0'
 */
export function maskCredentials(text: string): string {
  return text.includes('/') || text.includes('=') ? text.replace(word, maskAddress) : text
}

/** The text before a login; one slash if an address was normalised as a path: `redis:/user:secret@host`. */
const beforeLogin = /:\/{1,3}|\/{2,3}/
/** Addresses without a login: an `@` in them belongs to a scoped package in a stack trace. */
const withoutLogin = /(?:file|webpack[a-z-]*)$/i

/** Texts are external, so each of these expressions takes time linear in the length of the text. */
const word = /[^\s"'`<>]+/g
const parameter = /([?&;][\w-]{0,40}(?:password|passwd|passphrase|secret|token|api[-_]?key|pwd|auth)=)[^&;]+/gi

/** Hides the credentials of a text that is one address, whatever else it holds. */
export function maskAddress(text: string): string {
  const found = beforeLogin.exec(text)
  const from = found === null ? 0 : found.index + found[0].length
  // Up to the last one: a password that was not encoded may hold any other character.
  const to = text.lastIndexOf('@')
  const scheme = text.slice(Math.max(0, from - 25), found?.index)
  const hides = found !== null && to >= from && !found[0].endsWith('///') && !withoutLogin.test(scheme)
  const address = hides ? `${text.slice(0, from)}${mask}${text.slice(to)}` : text
  return address.includes('=') ? address.replace(parameter, `$1${mask}`) : address
}

/** The same for an error and its causes; returns the error itself if it contains no credential. */
export function maskedError(cause: unknown, depth = 0): unknown {
  if (typeof cause === 'string') return maskCredentials(cause)
  if (typeof cause !== 'object' || cause === null || depth > 8) return cause
  if (Array.isArray(cause)) {
    const items = cause.map((item) => maskedError(item, depth + 1))
    return items.some((item, i) => item !== cause[i]) ? items : cause
  }
  if (!(cause instanceof Error)) return cause
  const values = Object.getOwnPropertyNames(cause).map((name) => {
    const value: unknown = Reflect.get(cause, name)
    return { name, value, masked: name === 'command' ? withoutArguments(value) : maskedError(value, depth + 1) }
  })
  if (values.every(({ value, masked }) => masked === value)) return cause
  // A copy, because the error may belong to a library or to the application.
  const copy = Object.setPrototypeOf(new Error(), Object.getPrototypeOf(cause)) as Error
  for (const { name, masked } of values) {
    const enumerable = Object.prototype.propertyIsEnumerable.call(cause, name)
    Object.defineProperty(copy, name, { value: masked, writable: true, configurable: true, enumerable })
  }
  return copy
}

/** ioredis adds the command to an error. Its arguments may be a password, or all bytes that were sent. */
function withoutArguments(command: unknown): unknown {
  if (typeof command !== 'object' || command === null || !('args' in command)) return command
  return { name: (command as { name?: unknown }).name }
}
