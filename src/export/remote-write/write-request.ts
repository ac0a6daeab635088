import { ProtobufWriter } from '../../exposition/protobuf/protobuf-writer.js'
import {
  exemplarTime,
  type FamilyMetadata,
  typeNumbers,
  type WriteMessage,
  type WrittenSample,
  writeValue,
} from './message.js'

/** Bytes to begin with: a request of 2000 samples with a few labels each. */
const firstSize = 256 * 1024

/**
 * `prometheus.WriteRequest`, the message of remote write 1.0. Exemplars and metadata are not in the specification; their
 * fields are those of Prometheus.
 *
 * Source: https://prometheus.io/docs/specs/prw/remote_write_spec/
 */
export class WriteRequest implements WriteMessage {
  readonly contentType = 'application/x-protobuf'
  readonly version = '0.1.0'
  private readonly writer = new ProtobufWriter(firstSize)

  add({ labels, value, timestamp, exemplar }: WrittenSample): void {
    const { writer } = this
    const series = writer.open(1)
    this.labels(labels)
    const sample = writer.open(2)
    writeValue(writer, 1, value)
    writer.varint(2, timestamp)
    writer.close(sample)
    if (exemplar !== undefined) {
      const example = writer.open(3)
      this.labels(
        Object.entries(exemplar.labels)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .flat(),
      )
      writeValue(writer, 2, exemplar.value)
      writer.varint(3, exemplarTime(exemplar, timestamp))
      writer.close(example)
    }
    writer.close(series)
  }

  /** Adds the metadata of a family. */
  describe({ name, type, help, unit }: FamilyMetadata): void {
    const { writer } = this
    const metadata = writer.open(3)
    writer.varint(1, typeNumbers[type])
    writer.text(2, name)
    if (help !== '') writer.text(4, help)
    if (unit !== '') writer.text(5, unit)
    writer.close(metadata)
  }

  finish(): Uint8Array {
    const bytes = this.writer.finish()
    this.writer.truncate(0)
    return bytes
  }

  private labels(labels: readonly string[]): void {
    const { writer } = this
    for (let i = 0; i < labels.length; i += 2) {
      const label = writer.open(1)
      writer.text(1, labels[i]!)
      writer.text(2, labels[i + 1]!)
      writer.close(label)
    }
  }
}
