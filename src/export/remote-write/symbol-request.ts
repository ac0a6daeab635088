import { ProtobufWriter } from '../../exposition/protobuf/protobuf-writer.js'
import { exemplarTime, typeNumbers, type WriteMessage, type WrittenSample, writeValue } from './message.js'

/** Bytes to begin with: a request of 2000 samples, whose texts are numbers. */
const firstSize = 128 * 1024

/**
 * `io.prometheus.write.v2.Request`, the message of remote write 2.0: each text is written once, and referred to by its
 * number.
 *
 * Source: https://prometheus.io/docs/specs/prw/remote_write_spec_2_0/ (2.0-rc.4)
 */
export class SymbolRequest implements WriteMessage {
  readonly contentType = 'application/x-protobuf;proto=io.prometheus.write.v2.Request'
  readonly version = '2.0.0'
  private readonly writer = new ProtobufWriter(firstSize)
  private readonly references: number[] = []
  /** The texts by number; the first one is empty, and stands for a text that is missing. */
  private readonly symbols = new Map<string, number>([['', 0]])

  add({ labels, metadata, value, timestamp, start, exemplar }: WrittenSample): void {
    const { writer } = this
    const series = writer.open(5)
    writer.packedVarints(1, this.referencesOf(labels))
    const sample = writer.open(2)
    writeValue(writer, 1, value)
    writer.varint(2, timestamp)
    if (start > 0 && start <= timestamp) writer.varint(3, start)
    writer.close(sample)
    if (exemplar !== undefined) {
      const example = writer.open(4)
      const labels = Object.entries(exemplar.labels).sort(([a], [b]) => (a < b ? -1 : 1))
      writer.packedVarints(1, this.referencesOf(labels.flat()))
      writeValue(writer, 2, exemplar.value)
      writer.varint(3, exemplarTime(exemplar, timestamp))
      writer.close(example)
    }
    const about = writer.open(5)
    if (typeNumbers[metadata.type] > 0) writer.varint(1, typeNumbers[metadata.type])
    if (metadata.help !== '') writer.varint(3, this.referenceOf(metadata.help))
    if (metadata.unit !== '') writer.varint(4, this.referenceOf(metadata.unit))
    writer.close(about)
    writer.close(series)
  }

  finish(): Uint8Array {
    const { writer, symbols } = this
    // Fields of a message may be in any order, and all symbols are known only now.
    for (const symbol of symbols.keys()) writer.text(4, symbol)
    const bytes = writer.finish()
    writer.truncate(0)
    symbols.clear()
    symbols.set('', 0)
    return bytes
  }

  private referencesOf(texts: readonly string[]): readonly number[] {
    const { references } = this
    references.length = texts.length
    for (let i = 0; i < texts.length; i++) references[i] = this.referenceOf(texts[i]!)
    return references
  }

  private referenceOf(text: string): number {
    let number = this.symbols.get(text)
    if (number === undefined) this.symbols.set(text, (number = this.symbols.size))
    return number
  }
}
