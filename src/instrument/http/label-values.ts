/** Stands where a value is one of too many. */
const overflow = '_overflow'

/** The route of a request without a noted one: paths chosen by clients must not become series. */
export const unmatched = '_unmatched'

/** OpenTelemetry's word for a method that is none of the known ones, and for an error that has no usable name. */
const other = '_OTHER'

const knownMethods: ReadonlySet<string> = new Set(
  'CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT QUERY TRACE'.split(' '),
)

/** A method as it is shown: those that HTTP knows, and one word for all others. */
export function methodLabel(method: string): string {
  return knownMethods.has(method) ? method : other
}

/** Admits so many different values, and shows one word for all that come later. */
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

/** What an error may be called in a label: the name of a class, or a code. Never a message. */
const typeName = /^[\w.:$-]{1,64}$/

/** The type of an error that a server met: the name of its class. */
export function errorTypeOf(error: unknown): string {
  return nameOf(error) ?? (typeof error === 'object' && error !== null ? other : typeof error)
}

/** The type of an error that an outgoing request met: the system's or the client's code, else the name of its class. */
export function failureTypeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' && typeName.test(code) ? code : errorTypeOf(error)
}

function nameOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const { name } = error as { name?: unknown }
  const className: unknown = error.constructor?.name
  // `name` where the error has one of its own; else the name of its class.
  const candidates = name === 'Error' ? [className, name] : [name, className]
  return candidates.find((candidate): candidate is string => typeof candidate === 'string' && typeName.test(candidate))
}
