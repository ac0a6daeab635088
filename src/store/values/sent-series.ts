import type { FamilyDescriptor } from '../../model/descriptor.js'
import type { SeriesKey } from '../../model/series-key.js'
import { type Numbers, type Sharing, sharingOf } from './parts.js'
import type { Value } from './value-protocol.js'

/** A series and its values in the engine. Knows what this process has sent, and what is still to be sent. */
export class SentSeries {
  private readonly values = new Map<string | undefined, Value>()
  private readonly sent = new Map<string | undefined, number>()
  private sending = false
  private readonly sharing: Sharing | undefined

  constructor(
    readonly family: FamilyDescriptor,
    readonly key: SeriesKey,
    private readonly make: (bucket: string | undefined) => Value,
  ) {
    this.sharing = sharingOf(family)
  }

  /** Sends the changes since the last call. Rejects with the first error; the failed change is sent again next time. */
  async send(numbers: Numbers): Promise<void> {
    this.sending = true
    const sending = [...numbers].map(([bucket, number]) => this.sendOne(bucket, number))
    const faults = (await Promise.allSettled(sending)).filter((each) => each.status === 'rejected')
    this.sending = false
    if (faults[0] !== undefined) throw faults[0].reason
  }

  /** Sends without waiting for an answer. Does nothing while a call waits for one, so that nothing is sent twice. */
  sendAtOnce(numbers: Numbers): void {
    if (!this.sending) void this.send(numbers).catch(() => {})
  }

  /** Reads the numbers of the engine. */
  async get(names: Iterable<string | undefined>): Promise<Numbers> {
    const all = [...names].map(async (bucket) => [bucket, Number(await this.value(bucket).get())] as const)
    return new Map(await Promise.all(all))
  }

  /** Subtracts the counts of this process in the engine. */
  async giveBack(): Promise<void> {
    if (this.sharing !== 'added') return
    for (const [bucket, number] of this.sent) if (number !== 0) await this.value(bucket).dec(number)
    this.sent.clear()
  }

  /** Removes the numbers of all processes. */
  async remove(): Promise<void> {
    for (const value of this.values.values()) await (value.remove === undefined ? value.set(0) : value.remove())
  }

  private async sendOne(bucket: string | undefined, number: number): Promise<void> {
    const before = this.sent.get(bucket)
    const value = this.value(bucket)
    if (this.sharing === 'last') {
      if (before !== number) await value.set(number)
    } else {
      const change = number - (before ?? 0)
      // The first time, 0 is sent as well, so that the engine knows the series.
      if (change < 0) await value.dec(-change)
      else if (change > 0 || before === undefined) await value.inc(change)
    }
    this.sent.set(bucket, number)
  }

  private value(bucket: string | undefined): Value {
    let value = this.values.get(bucket)
    if (value === undefined) this.values.set(bucket, (value = this.make(bucket)))
    return value
  }
}
