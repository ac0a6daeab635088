import type { Gathered } from '../gather/gatherer.js'

/**
 * How much of each counter a server has received, for destinations that get what a counter has grown by: a process that
 * begins to send has to know what others have sent.
 */
export interface SentAmounts {
  /** How many datagrams are marked as sent at a time, before they are sent. */
  readonly batch: number
  /** Whether what was counted before the first export is not sent, because this process cannot know what others sent. */
  readonly fromNow?: boolean
  /**
   * Reads the amounts that belong to a gathering, in slices.
   *
   * @throws LeftToApplication if this process must not send
   */
  read(gathered: Gathered): Promise<AmountsRead>
  /** Adds to the amount of a series; a negative amount is what a server has not taken. */
  add(series: string, amount: number): void
  /**
   * Makes the amounts visible to other processes.
   *
   * @throws the error of the server that keeps them
   */
  flush(): void | Promise<void>
  /** Forgets series that no longer exist; returns false if that is not possible now. */
  forget(series: readonly string[]): boolean
  /** Called while another process sends. */
  standby?(): void
}

/** The amounts at the moment of a gathering. */
export interface AmountsRead {
  /** Numbers of series are valid while this is the same object. */
  readonly numbering: object
  /** The number of a series; -1 if nothing of it has been sent. */
  numberOf(series: string): number
  /** The amount of a series by its number; 0 for -1. */
  amount(number: number): number
  /** The series of which something has been sent, with their numbers. */
  entries(): Iterable<[series: string, number: number]>
}

/** Keeps the amounts in this process, for one that does not count together with others. */
export class LocalAmounts implements SentAmounts, AmountsRead {
  readonly batch = 1
  readonly fromNow: boolean
  numbering = {}
  private readonly numbers = new Map<string, number>()
  private readonly amounts: number[] = []
  private readonly unused: number[] = []

  constructor({ fromNow = false } = {}) {
    this.fromNow = fromNow
  }

  async read(_gathered?: Gathered): Promise<AmountsRead> {
    return this
  }

  numberOf(series: string): number {
    return this.numbers.get(series) ?? -1
  }

  amount(number: number): number {
    return this.amounts[number] ?? 0
  }

  entries(): Iterable<[series: string, number: number]> {
    return this.numbers.entries()
  }

  add(series: string, amount: number): void {
    let number = this.numbers.get(series)
    if (number === undefined) {
      number = this.unused.pop() ?? this.amounts.length
      this.numbers.set(series, number)
      this.amounts[number] = 0
    }
    this.amounts[number]! += amount
  }

  flush(): void {}

  forget(series: readonly string[]): boolean {
    for (const name of series) {
      const number = this.numbers.get(name)
      if (number === undefined) continue
      this.numbers.delete(name)
      this.amounts[number] = 0
      this.unused.push(number)
    }
    this.numbering = {}
    return true
  }
}
