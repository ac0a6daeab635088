/** An endpoint that Prometheus can scrape, as service discovery receives it. */
export interface AnnouncedTarget {
  /**
   * Identifies the target among all announced ones. It is the address: a process that opens the port of a dead one
   * replaces the announcement of that process, so Prometheus never scrapes one endpoint twice.
   */
  readonly id: string
  /** `host:port`, as Prometheus connects to it. An IPv6 address has brackets. */
  readonly address: string
  /**
   * The labels of the target, such as `worker`. `__scheme__` and `__metrics_path__` are among them if they differ from
   * `http` and `/metrics`.
   */
  readonly labels: Readonly<Record<string, string>>
}
