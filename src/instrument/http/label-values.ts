/** Replaces values above the limit. */
const overflow = '_overflow'

/** The route of a request for which none was set: paths that clients choose must not become series. */
export const unmatched = '_unmatched'

/** OpenTelemetry's value for an unknown method, and for an error without a usable name. */
const other = '_OTHER'

const knownMethods: ReadonlySet<string> = new Set(
  'CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT QUERY TRACE'.split(' '),
)

/** Returns the label value of a method: methods of HTTP, and one value for all others. */
export function methodLabel(method: string): string {
  return knownMethods.has(method) ? method : other
}

/** Admits a limited number of different values, and replaces all later ones by one value. */
export class BoundedValues {
  private readonly admitted = new Set<string>()

  constructor(private readonly most: number) {}

  has(value: string): boolean {
    return this.admitted.has(value)
  }

  label(value: string): string {
    if (this.admitted.has(value)) return value
    if (this.admitted.size >= this.most) return overflow
    this.admitted.add(value)
    return value
  }
}

/** The valid types of an error in a label: the name of a class, or a code, but not a message. */
const typeName = /^[\w.:$-]{1,64}$/

/** Returns the type of an error in a server: the name of its class. */
export function errorTypeOf(error: unknown): string {
  return nameOf(error) ?? (typeof error === 'object' && error !== null ? other : typeof error)
}

/**
 * Returns the type of an error of an outgoing request: the code of the system or the client, otherwise the name of its
 * class.
 */
export function failureTypeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' && typeName.test(code) ? code : errorTypeOf(error)
}

function nameOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const { name } = error as { name?: unknown }
  const className: unknown = error.constructor?.name
  // `name` if the error sets one; otherwise the name of its class.
  const candidates = name === 'Error' ? [className, name] : [name, className]
  return candidates.find((candidate): candidate is string => typeof candidate === 'string' && typeName.test(candidate))
}
