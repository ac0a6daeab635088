import { readdirSync } from 'node:fs'
import { Merger } from '../../../src/gather/merge.js'
import type { MetricsError } from '../../../src/model/errors.js'
import type { SampleFamily } from '../../../src/model/family.js'
import { type Binding, loadBinding } from '../../../src/platform/addon.js'
import { Slices } from '../../../src/platform/slices.js'
import type { Source, WriterSnapshot } from '../../../src/store/contract.js'
import { livenessIdOf } from '../../../src/store/shared/format.js'
import { SharedSource } from '../../../src/store/shared/shared-source.js'
import { textFormatter } from '../formatters.js'
import { Exposition } from './exposition.js'

export interface Reading {
  readonly scrape: Exposition
  readonly writers: readonly WriterSnapshot[]
  readonly errors: readonly MetricsError[]
  readonly selfFamilies: readonly SampleFamily[]
}

/** A reader outside of the application, which keeps its state from scrape to scrape, as `promhive serve` does. */
export class Reader {
  private readonly merger = new Merger()
  private readonly formatter = textFormatter()
  private readonly source: Source

  /** @param from a directory, or any source */
  constructor(from: string | Source, binding: Binding | undefined = loadBinding().binding) {
    this.source = typeof from === 'string' ? new SharedSource(from, binding) : from
  }

  async read(): Promise<Reading> {
    const pause = new Slices()
    const { writers, errors, selfFamilies = [] } = await this.source.read(pause)
    const merged = await this.merger.merge(writers, pause)
    const chunks = await this.formatter.format(merged.tables, pause)
    const text = new TextDecoder().decode(Buffer.concat(chunks))
    return { scrape: new Exposition(text), writers, errors: [...errors, ...merged.errors], selfFamilies }
  }

  async scrape(): Promise<Exposition> {
    return (await this.read()).scrape
  }
}

/** The content of a directory at this moment, for a reader that has never read it before. */
export function readDirectory(directory: string, binding?: Binding): Promise<Reading> {
  return new Reader(directory, binding).read()
}

/** The names in a directory, sorted. */
export function filesIn(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => livenessIdOf(name) === undefined)
    .sort()
}
