/**
 * The fields of uWSGI's statistics that its exporter shows. Any of them may be missing, depending on the version and
 * build.
 */
export interface UwsgiStatistics {
  readonly version?: string
  readonly pid?: number
  readonly listen_queue?: number
  readonly listen_queue_errors?: number
  readonly signal_queue?: number
  readonly load?: number
  readonly sockets?: readonly UwsgiSocket[]
  readonly workers?: readonly UwsgiWorker[]
  readonly caches?: readonly UwsgiCache[]
}

export interface UwsgiSocket {
  readonly name?: string
  readonly proto?: string
  readonly queue?: number
  readonly max_queue?: number
  readonly shared?: number
  readonly can_offload?: number
}

export interface UwsgiWorker {
  readonly id?: number
  readonly pid?: number
  readonly accepting?: number
  readonly requests?: number
  readonly delta_requests?: number
  readonly exceptions?: number
  readonly harakiri_count?: number
  readonly signals?: number
  readonly signal_queue?: number
  readonly status?: string
  /** Bytes; 0 if uWSGI is not configured to report memory. */
  readonly rss?: number
  readonly vsz?: number
  /** Microseconds. */
  readonly running_time?: number
  /** Seconds since 1970. */
  readonly last_spawn?: number
  readonly respawn_count?: number
  /** Bytes. */
  readonly tx?: number
  /** Microseconds. */
  readonly avg_rt?: number
  readonly apps?: readonly UwsgiApp[]
  readonly cores?: readonly UwsgiCore[]
}

export interface UwsgiApp {
  readonly id?: number
  readonly mountpoint?: string
  readonly chdir?: string
  /** Seconds. */
  readonly startup_time?: number
  readonly requests?: number
  readonly exceptions?: number
}

export interface UwsgiCore {
  readonly id?: number
  readonly requests?: number
  readonly static_requests?: number
  readonly routed_requests?: number
  readonly offloaded_requests?: number
  readonly write_errors?: number
  readonly read_errors?: number
  readonly in_request?: number
}

export interface UwsgiCache {
  readonly name?: string
  readonly hits?: number
  readonly miss?: number
  readonly full?: number
  readonly items?: number
  readonly max_items?: number
}
