/** A fact of an exchange that may be a label value. */
export type Fact =
  | 'method'
  /** The template of the route; empty for outgoing requests. */
  | 'route'
  | 'status'
  | 'scheme'
  /** `1.0`, `1.1` or `2`. */
  | 'version'
  | 'errorType'
  /** The number of the process, from its supervisor or its seat. */
  | 'worker'
  /** The host of an outgoing request. */
  | 'host'
  | 'port'

/** A family under the name of a convention. */
export interface NamedFamily {
  readonly name: string
  readonly help: string
  /** Label name → the fact that is its value. */
  readonly labels: Readonly<Record<string, Fact>>
  /** Upper bounds of a histogram. */
  readonly buckets?: readonly number[]
}

/** The families of a server; those without a name in the convention are omitted. */
export interface ServerNaming {
  readonly requests?: NamedFamily
  readonly duration?: NamedFamily
  readonly requestSize?: NamedFamily
  readonly responseSize?: NamedFamily
  readonly inFlight?: NamedFamily
  readonly aborted?: NamedFamily
  /** Answered with 500 and above, or with an error that the status does not show. */
  readonly errors?: readonly NamedFamily[]
}

/** The families of outgoing requests. */
export interface ClientNaming {
  readonly duration: NamedFamily
  readonly inFlight?: NamedFamily
  readonly errors?: NamedFamily
}

/** The names of a convention for HTTP metrics. */
export interface Naming {
  readonly server: ServerNaming
  readonly client?: ClientNaming
  /** The status of a request whose client disconnected before the status was sent. */
  readonly abortedStatus: string
  /** The value for an unknown route. The default is `_unmatched`. */
  readonly unmatchedRoute?: string
}

export const durationBuckets: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
export const sizeBuckets: readonly number[] = [100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000]
