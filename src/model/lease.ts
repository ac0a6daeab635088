/**
 * Decides which of the processes that count together does a task for all of them. A process that ends loses the lease,
 * and another one takes it.
 */
export interface Lease {
  /**
   * Whether this process has the lease; takes it if it is free. Call it every two seconds to keep it.
   *
   * @throws the error of the disk or the server if that is not known
   */
  held(): boolean | Promise<boolean>
  /** Returns the lease for another process. */
  leave(): void
}

/** The lease of a task that every process may do. */
export const alwaysHeld: Lease = { held: () => true, leave() {} }
