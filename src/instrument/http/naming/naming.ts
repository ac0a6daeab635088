/** A fact of an exchange that may be a label value. */
export type Fact =
  | 'method'
  /** The template of the route; of an outgoing request nothing. */
  | 'route'
  | 'status'
  | 'scheme'
  /** `1.0`, `1.1` or `2`. */
  | 'version'
  | 'errorType'
  /** The number of the process: that of its supervisor, or of its seat. */
  | 'worker'
  /** Of an outgoing request: the host that it went to. */
  | 'host'
  | 'port'

/** A family under the name that a convention gives it. */
export interface NamedFamily {
  readonly name: string
  readonly help: string
  /** Label name → the fact that is its value. */
  readonly labels: Readonly<Record<string, Fact>>
  /** Upper bounds, where it is a histogram. */
  readonly buckets?: readonly number[]
}

/** What a server measures: the families that a convention has no name for are left out. */
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

/** What outgoing requests are measured by. */
export interface ClientNaming {
  readonly duration: NamedFamily
  readonly inFlight?: NamedFamily
  readonly errors?: NamedFamily
}

/** How a convention calls what is measured of HTTP. */
export interface Naming {
  readonly server: ServerNaming
  readonly client?: ClientNaming
  /** The status of a request whose client disconnected before there was one. */
  readonly abortedStatus: string
  /** The value for an unknown route; `_unmatched` when left out. */
  readonly unmatchedRoute?: string
}

export const durationBuckets: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
export const sizeBuckets: readonly number[] = [100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000]
