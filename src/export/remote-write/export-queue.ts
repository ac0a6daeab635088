import type { PreparedExport } from './prepared-export.js'

/** The limits of the exports that wait while a receiver is unavailable. */
export interface QueueLimit {
  readonly exports: number
  readonly bytes: number
}

/** The exports that a receiver has not accepted, the oldest first. When they are too many, the oldest are dropped. */
export class ExportQueue {
  private readonly exports: PreparedExport[] = []

  constructor(private readonly limit: QueueLimit) {}

  get oldest(): PreparedExport | undefined {
    return this.exports[0]
  }

  get newest(): PreparedExport | undefined {
    return this.exports.at(-1)
  }

  /** Adds the newest export. @returns the number of samples that were dropped for it */
  add(prepared: PreparedExport): number {
    this.exports.push(prepared)
    let dropped = 0
    while (this.exports.length > 1 && this.isTooLarge()) dropped += this.exports.shift()!.samples
    return dropped
  }

  removeOldest(): void {
    this.exports.shift()
  }

  /** @returns the number of samples that were dropped */
  clear(): number {
    return this.exports.splice(0).reduce((sum, { samples }) => sum + samples, 0)
  }

  private isTooLarge(): boolean {
    const bytes = this.exports.reduce((sum, prepared) => sum + prepared.bytes, 0)
    return this.exports.length > this.limit.exports || bytes > this.limit.bytes
  }
}
