import { type FamilySamples, samplesOf } from '../../exposition/text/samples.js'
import type { Gathered } from '../../gather/gatherer.js'
import type { Exemplar } from '../../model/exemplar.js'
import { type Family, type FamilyTable, isTable, nameOf, type SampleFamily } from '../../model/family.js'
import type { LabelSet } from '../../model/label-set.js'
import { isCumulative } from '../../model/layout/metric-types.js'
import type { Pause } from '../../model/pause.js'
import { labelValuesOf } from '../../model/series-key.js'
import { type ExportedSeries, type SentFamily, SentRows, SentSamples } from './exported-series.js'
import { type FamilyMetadata, stale, type WriteMessage, type WrittenSample } from './message.js'
import { sampleLabels, shapeLabels } from './series-labels.js'
import { metadataOf, storedExemplar, storedSamples } from './stored-family.js'
import type { WriteRequest } from './write-request.js'

/** One request, ready to be sent: the same bytes at each attempt. */
export interface WriteBatch {
  readonly body: Uint8Array
  readonly samples: number
}

/** How an export becomes requests. */
export interface Packing {
  readonly message: WriteMessage
  readonly compress: (bytes: Uint8Array) => Uint8Array
  /** The maximum number of samples of a request; the samples of one series of a histogram stay together. */
  readonly maxSamples: number
  /** Labels of every series that has no such label. */
  readonly commonLabels: LabelSet
}

/** Rows whose values are computed at a time. */
const rowsPerStep = 64

/** The samples of one gathering, all of the same time, as requests. */
export class PreparedExport {
  readonly batches: WriteBatch[] = []
  private readonly sentFamilies = new Map<string, SentFamily>()
  private inMessage = 0

  /** @param timestamp Unix milliseconds of the samples */
  constructor(
    private readonly packing: Packing,
    readonly timestamp: number,
  ) {
    // Discards what an export that failed has left in the message.
    packing.message.finish()
  }

  /** The kind of message that the requests are. */
  get message(): Pick<WriteMessage, 'contentType' | 'version'> {
    return this.packing.message
  }

  /** The series of the export, for the one after it. */
  get sent(): ExportedSeries {
    return this.sentFamilies
  }

  get samples(): number {
    return this.batches.reduce((sum, { samples }) => sum + samples, 0)
  }

  get bytes(): number {
    return this.batches.reduce((sum, { body }) => sum + body.length, 0)
  }

  /** Adds every series, and the markers of those that the export before had and this one has not. */
  async add({ families, defaultLabels, pause }: Gathered, before: ExportedSeries = new Map()): Promise<void> {
    const commonLabels = { ...this.packing.commonLabels, ...defaultLabels }
    for (const family of families) {
      const metadata = metadataOf(family)
      const sent = isTable(family)
        ? await this.addTable(family, metadata, commonLabels, pause)
        : await this.addSamples(family, metadata, commonLabels, pause)
      this.sentFamilies.set(nameOf(family), sent)
    }
    await this.addMarkers(before, pause)
  }

  /** Adds the markers of the series of an earlier export which this one does not contain. */
  async addMarkers(before: ExportedSeries, pause: Pause): Promise<void> {
    for (const [name, family] of before) {
      const { metadata } = family
      for (const labels of family.missingIn(this.sentFamilies.get(name))) {
        if (pause.due()) await pause.rest()
        if (labels === undefined) continue
        if (this.isFull(1)) await this.endMessage(pause)
        this.write({ labels, metadata, value: stale, timestamp: this.timestamp, start: 0, exemplar: undefined })
      }
    }
    await this.endMessage(pause)
  }

  /** Adds the metadata of all families as requests of their own, so that a receiver may refuse them alone. */
  describe(families: readonly Family[], message: WriteRequest): void {
    const { compress, maxSamples } = this.packing
    for (let from = 0; from < families.length; from += maxSamples) {
      for (const family of families.slice(from, from + maxSamples)) message.describe(metadataOf(family))
      this.batches.push({ body: compress(message.finish()), samples: 0 })
    }
  }

  private async addTable(table: FamilyTable, metadata: FamilyMetadata, commonLabels: LabelSet, pause: Pause) {
    const { order, labelNames, layout, slots, bases, keys, created } = table
    const samples = samplesOf(table.family, storedSamples)
    const { shapes } = samples
    const names = shapeLabels(shapes, labelNames, commonLabels)
    const sent = new SentRows(metadata, table, names, JSON.stringify([labelNames, commonLabels]))
    const cumulative = isCumulative(metadata.type)
    const values = new Float64Array(rowsPerStep * shapes.length)
    const labels: string[] = []
    for (let from = 0; from < order.length; from += rowsPerStep) {
      const rows = order.subarray(from, from + rowsPerStep)
      samples.values(values, table, rows)
      for (const [i, row] of rows.entries()) {
        if (!layout.present(slots, bases[row]!)) continue
        sent.add(row)
        if (this.isFull(shapes.length)) await this.endMessage(pause)
        const labelValues = labelValuesOf(keys[row]!)
        const start = cumulative ? Math.floor(created[row]! * 1000) : 0
        for (const [j, { label }] of shapes.entries()) {
          names[j]!.write(labels, labelValues)
          this.write({
            labels,
            metadata,
            value: values[i * shapes.length + j]!,
            timestamp: this.timestamp,
            // A quantile goes up and down.
            start: label?.[0] === 'quantile' ? 0 : start,
            exemplar: exemplarOf(table, samples, row, j),
          })
        }
        if (pause.due()) await pause.rest()
      }
    }
    return sent
  }

  private async addSamples(family: SampleFamily, metadata: FamilyMetadata, commonLabels: LabelSet, pause: Pause) {
    const sent = new SentSamples(metadata)
    for (const conforming of storedSamples.conform(family)) {
      const shown = metadataOf(conforming)
      for (const { name, labels, value, exemplar } of conforming.samples) {
        const all = sampleLabels(name, labels, commonLabels)
        // A receiver refuses a request with two values of a series.
        if (!sent.add(all)) continue
        if (this.isFull(1)) await this.endMessage(pause)
        this.write({
          labels: all,
          metadata: shown,
          value,
          timestamp: this.timestamp,
          start: 0,
          exemplar: storedExemplar(exemplar),
        })
        if (pause.due()) await pause.rest()
      }
    }
    return sent
  }

  private write(sample: WrittenSample): void {
    this.packing.message.add(sample)
    this.inMessage++
  }

  /** Whether so many samples more are too many for the message. */
  private isFull(samples: number): boolean {
    return this.inMessage + samples > this.packing.maxSamples
  }

  private async endMessage(pause: Pause): Promise<void> {
    if (this.inMessage === 0) return
    const { message, compress } = this.packing
    // Compressing is one step of some milliseconds, and gets a slice of its own.
    await pause.rest()
    this.batches.push({ body: compress(message.finish()), samples: this.inMessage })
    this.inMessage = 0
    await pause.rest()
  }
}

function exemplarOf(table: FamilyTable, samples: FamilySamples, row: number, shape: number): Exemplar | undefined {
  return shape < samples.exemplars ? storedExemplar(table.exemplars?.get(row)?.get(shape)) : undefined
}
