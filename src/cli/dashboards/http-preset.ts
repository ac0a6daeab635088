import type { Fact, NamedFamily, Naming } from '../../instrument/http/naming/naming.js'
import type { ShownFamilies } from './shown-families.js'

/** A family of HTTP metrics as queries name it. */
export interface HttpFamily {
  /** The name of its samples; of a histogram without `_bucket`, `_sum` and `_count`. */
  readonly name: string
  /** Label matchers that select the series. */
  readonly matchers: readonly string[]
  /** Returns the label for a fact, if the family has one. */
  label(fact: Fact): string | undefined
}

/** The HTTP families of an application, in one naming convention. */
export interface HttpPreset {
  readonly name: string
  /** A counter of requests, or the count of their durations. */
  readonly requests: HttpFamily
  readonly errors: HttpFamily | undefined
  readonly duration: HttpFamily | undefined
  readonly requestSize: HttpFamily | undefined
  readonly responseSize: HttpFamily | undefined
  readonly inFlight: HttpFamily | undefined
  readonly aborted: HttpFamily | undefined
  readonly outgoing: { readonly duration?: HttpFamily; readonly inFlight?: HttpFamily; readonly errors?: HttpFamily }
}

/** Whether an exposition has a family of a convention. */
export function usesNaming(naming: Naming, families: ShownFamilies): boolean {
  const { requests, duration, inFlight } = naming.server
  return [requests, duration, inFlight].some((family) => family !== undefined && families.has(family.name))
}

/**
 * Returns the families of a convention that an application shows. A counter of errors or of aborted requests is included
 * before its first count.
 *
 * @param families undefined if every family of the convention counts as shown
 */
export function httpPreset(name: string, naming: Naming, families: ShownFamilies | undefined): HttpPreset {
  const { server, client } = naming
  const has = (family: NamedFamily | undefined): family is NamedFamily =>
    family !== undefined && (families?.has(family.name) ?? true)
  const stored = (family: NamedFamily): string => storedName(family, families)
  const httpFamily = (
    family: NamedFamily,
    sampleName = stored(family),
    matchers: readonly string[] = [],
  ): HttpFamily => ({
    name: sampleName,
    matchers,
    label: (fact) => Object.entries(family.labels).find(([, value]) => value === fact)?.[0],
  })
  const shown = (family: NamedFamily | undefined): HttpFamily | undefined =>
    has(family) ? httpFamily(family) : undefined
  const measured = has(server.inFlight)
  const counts = has(server.requests) || (!has(server.duration) && server.requests) ? server.requests : undefined
  const base = counts ?? server.duration!
  const requests = httpFamily(base, counts === undefined ? `${base.name}_count` : stored(base))
  const [errors] = server.errors ?? []
  const errorLabel = requests.label('errorType')
  const status = requests.label('status')
  const optional = <K extends string>(key: K, family: HttpFamily | undefined): { [P in K]?: HttpFamily } =>
    (family === undefined ? {} : { [key]: family }) as { [P in K]?: HttpFamily }
  return {
    name,
    requests,
    errors:
      errors !== undefined && (measured || has(errors) || status === undefined)
        ? httpFamily(errors)
        : errorLabel !== undefined
          ? { ...requests, matchers: [`${errorLabel}!=""`, `${errorLabel}!="aborted"`] }
          : status !== undefined
            ? { ...requests, matchers: [`${status}=~"5.."`] }
            : undefined,
    duration: shown(server.duration) ?? (measured && server.duration ? httpFamily(server.duration) : undefined),
    requestSize: shown(server.requestSize),
    responseSize: shown(server.responseSize),
    inFlight: shown(server.inFlight),
    aborted: server.aborted !== undefined && (measured || has(server.aborted)) ? httpFamily(server.aborted) : undefined,
    outgoing: {
      ...optional('duration', shown(client?.duration)),
      ...optional('inFlight', shown(client?.inFlight)),
      ...optional('errors', shown(client?.errors)),
    },
  }
}

/** OpenMetrics adds `_total` to the name of a counter. */
function storedName({ name, buckets }: NamedFamily, families: ShownFamilies | undefined): string {
  const found = families?.find(name)
  if (found !== undefined) return found.name
  return families === undefined && name === 'request_count' && buckets === undefined ? `${name}_total` : name
}
