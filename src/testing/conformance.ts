import type { MetricsError } from '../model/errors.js'
import type { Backend, Store } from '../store/contract.js'
import { type ScrapedSeries, SourceReader } from './reading.js'

/** Declares what a backend does not support; the suite reads it. */
export interface Supports {
  /** Several writers count together, and any of them shows all. */
  readonly manyWriters: boolean
  /** The counts of an ended writer are still shown. */
  readonly outlivesWriters: boolean
  /** Exemplars are stored. */
  readonly exemplars: boolean
}

export interface Conforming {
  /**
   * Creates an application: each call of the returned function gives the backend of one more process of it. Each call of
   * this one creates a new application, in a separate place.
   *
   * @param after registers clean-up for the end of the test; the latest runs first
   */
  create(after: (undo: () => unknown) => void): (() => Backend) | Promise<() => Backend>
  readonly supports: Supports
}

/** The two functions of a test framework: those of vitest, Jest and `node:test` unchanged, Mocha's `it` as `test`. */
export interface TestFramework {
  describe(name: string, define: () => void): unknown
  test(name: string, run: () => Promise<void>): unknown
}

/** One test of the suite: it rejects with an AssertionError if the backend breaks the contract. */
export interface ConformanceCase {
  readonly group: string
  readonly name: string
  /** The features that the backend must support for the case to apply. */
  readonly needs?: keyof Supports
  run(stage: ConformanceStage): Promise<void>
}

/** An application of the backend under test, for the time of one test. */
export class ConformanceStage {
  private readonly undoing: (() => unknown)[] = []
  private next: (() => Backend) | Promise<() => Backend> | undefined

  constructor(private readonly conforming: Conforming) {}

  get supports(): Supports {
    return this.conforming.supports
  }

  /** One more process of the application. */
  async begin(): Promise<Participant> {
    this.next ??= this.conforming.create((undo) => this.undoing.push(undo))
    const backend = (await this.next)()
    const participant = new Participant(backend)
    this.undoing.push(() => participant.end())
    return participant
  }

  async end(): Promise<void> {
    for (const undo of this.undoing.splice(0).reverse()) await undo()
  }
}

/** A process of the application under test: its backend, as promhive itself uses it. */
export class Participant {
  /** The faults that the backend reported to `onError`. */
  readonly faults: MetricsError[] = []
  private readonly reader: SourceReader
  private readonly stopReading: () => void

  constructor(readonly backend: Backend) {
    backend.begin?.({ onError: (error) => this.faults.push(error), onRemoved() {} })
    const source = backend.openSource()
    this.stopReading = () => source.close()
    this.reader = new SourceReader(source)
  }

  /** The present store. */
  get store(): Store {
    return this.backend.openStore()
  }

  async flush(): Promise<void> {
    await this.store.flush()
  }

  read(): Promise<ScrapedSeries> {
    return this.reader.read()
  }

  /** Reads what the application shows with a series for each worker; undefined if the backend keeps sums only. */
  readPerWorker(): Promise<ScrapedSeries | undefined> {
    return this.reader.readPerWorker()
  }

  /** Flushes, and reads what the application shows. */
  async flushAndRead(): Promise<ScrapedSeries> {
    await this.flush()
    return this.read()
  }

  async end(): Promise<void> {
    this.stopReading()
    await this.backend.close?.()
  }
}

/** Runs one case, and cleans up. */
export async function runCase(each: ConformanceCase, conforming: Conforming): Promise<void> {
  const stage = new ConformanceStage(conforming)
  try {
    await each.run(stage)
  } finally {
    await stage.end()
  }
}
