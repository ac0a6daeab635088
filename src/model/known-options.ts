import { MetricsError } from './errors.js'
import { nearest } from './nearest-name.js'

/**
 * The names of all options of a type. A list that `satisfies` it must have every name, which the compiler checks.
 *
 * @example const known = { name: true, prefix: true } as const satisfies OptionNames<{ name?: string; prefix?: string }>
 */
export type OptionNames<O> = Readonly<Record<keyof O & string, true>>

/** Names of options in other clients that promhive does not accept. */
const otherWords: ReadonlyMap<string, string> = new Map([
  ['labels', 'labelNames'],
  ['documentation', 'help'],
  ['description', 'help'],
  ['job', 'jobName'],
])

/**
 * Refuses an unknown option: if it were ignored, the default would apply silently.
 *
 * An option that is `undefined` counts as omitted, even an unknown one. A value that is not an object has no options;
 * `null` is refused, because a default parameter does not replace it.
 *
 * @param where the metric or function, for the error text
 * @param known an object with a property for each option
 * @param accepted further names that are read or ignored
 * @throws MetricsError `OPTION_INVALID`, naming the option that may be meant
 */
export function checkOptions(where: string, options: unknown, known: object, accepted: object = {}): void {
  refuseNull(where, options)
  for (const name of givenNames(options)) {
    if (Object.hasOwn(known, name) || Object.hasOwn(accepted, name)) continue
    const meant = optionMeant(name, Object.keys(known))
    throw unknownOption(where, name, meant, known)
  }
}

/**
 * The same for an object that may have other properties: refuses only a name that is similar to an option which the
 * object lacks.
 *
 * @throws MetricsError `OPTION_INVALID`, naming the option that may be meant
 */
export function checkSpelling(where: string, options: unknown, known: object): void {
  refuseNull(where, options)
  const optionNames = givenNames(options)
  const missing = Object.keys(known).filter((name) => !optionNames.includes(name))
  for (const name of optionNames) {
    if (Object.hasOwn(known, name)) continue
    const meant = optionMeant(name, missing, 2)
    if (meant !== undefined) throw unknownOption(where, name, meant, known)
  }
}

/** Returns the options that have a value, so that `undefined` does not replace a default. */
export function givenOptions<O extends object>(options: O): { -readonly [K in keyof O]?: Exclude<O[K], undefined> } {
  // The type of `fromEntries()` does not keep the names.
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never
}

/** @throws MetricsError `OPTION_INVALID` for `null` instead of options */
export function refuseNull(where: string, options: unknown): void {
  if (options === null) throw new MetricsError('OPTION_INVALID', `${where}: options must be an object, got null`)
}

function givenNames(options: unknown): string[] {
  if (typeof options !== 'object' || options === null) return []
  return Object.keys(givenOptions(options))
}

/** Returns the option that is probably meant: `labelNames` for `labelnames`, `label_names` and `labelName`. */
function optionMeant(name: string, known: readonly string[], letters = 3): string | undefined {
  const other = otherWords.get(name)
  if (other !== undefined && known.includes(other)) return other
  // If an option has two spellings, the first is promhive's.
  const plain = new Map([...known].reverse().map((option) => [plainly(option), option]))
  const meant = plain.has(plainly(name)) ? plainly(name) : nearest(plainly(name), plain.keys(), letters)
  return meant === undefined ? undefined : plain.get(meant)
}

function plainly(name: string): string {
  return name.replaceAll(/[-_]/g, '').toLowerCase()
}

function unknownOption(where: string, name: string, meant: string | undefined, known: object): MetricsError {
  const advice = meant === undefined ? `the options are ${Object.keys(known).join(', ')}` : `did you mean "${meant}"?`
  return new MetricsError('OPTION_INVALID', `${where}: there is no option "${name}"; ${advice}`)
}
