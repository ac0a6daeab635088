import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { counterLayout } from '../../../src/model/layout/counter.js'
import { histogramLayout } from '../../../src/model/layout/histogram.js'
import type { Pause } from '../../../src/store/contract.js'
import { headerSize } from '../../../src/store/shared/format.js'
import { RecordReader } from '../../../src/store/shared/record-reader.js'
import { type Stage, test } from '../../helpers/processes/stage.js'

const layout = histogramLayout([1, 2])
const { width } = layout
const noPause: Pause = { due: () => false, rest: async () => {} }

describe('reading records', () => {
  test.for([0, 1, 2, 3, 4])(
    'shows each of one moment, wherever a piece of the file ends (%i slots in front)',
    async (before, { stage }) => {
      const { file, reader, slots, starts } = fileOf(stage, 14_000, before)
      const values = new Float64Array(slots)
      let round = 1
      // Between two pieces the writer changes every record.
      const pause: Pause = {
        due: () => true,
        rest: async () => {
          writeAll(file, starts, ++round)
        },
      }
      writeAll(file, starts, round)
      await reader.read(file, values, true, pause)
      expect(round).toBeGreaterThan(2)
      const torn = starts.filter((start) => new Set(values.subarray(start + 1, start + width)).size > 1)
      expect(torn).toEqual([])
    },
  )

  test('takes a record again that is being written, and ends when it stays so', async ({ stage }) => {
    const { file, reader, slots, starts } = fileOf(stage, 100, 0)
    for (const start of starts) writeRecord(file, start, 7)
    // Stopped between the two stores of a record.
    writeSync(file, Int32Array.of(15), 0, 4, headerSize + starts[3]! * 8)
    const values = new Float64Array(slots)
    await reader.read(file, values, true, noPause)
    for (const start of starts) expect([...values.subarray(start, start + width)]).toEqual([0, 7, 7, 7, 7])
  })

  test('waits for a writer that has lost its processor inside a record', async ({ stage }) => {
    const { file, start, values, reading } = inTheMiddle(stage)
    writeRecord(file, start, 8)
    await reading
    expect([...values.subarray(start, start + width)]).toEqual([0, 8, 8, 8, 8])
  })

  test('lets it continue if the whole machine was suspended meanwhile', async ({ stage }) => {
    const { file, start, values, reading } = inTheMiddle(stage)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
    setTimeout(() => writeRecord(file, start, 8), 5)
    await reading
    expect([...values.subarray(start, start + width)]).toEqual([0, 8, 8, 8, 8])
  })

  test('does not wait for dead owners', async ({ stage }) => {
    const { file, reader, slots, starts } = fileOf(stage, 100, 0)
    for (const start of starts) {
      writeRecord(file, start, 7)
      writeSync(file, Int32Array.of(15), 0, 4, headerSize + start * 8)
    }
    const values = new Float64Array(slots)
    await reader.read(file, values, false, noPause)
    expect(values[starts[0]! + 1]).toBe(7)
  })

  test('fills with nothing what the file does not hold', async ({ stage }) => {
    const { file, reader, starts } = fileOf(stage, 100, 0)
    for (const start of starts) writeRecord(file, start, 7)
    const values = new Float64Array(1000).fill(99)
    await reader.read(file, values, true, noPause)
    expect([...values.subarray(500)].every((value) => value === 0)).toBe(true)
  })
})

/** A reading that has begun while a writer is between the two stores of its first record. */
function inTheMiddle(stage: Stage) {
  const { file, reader, slots, starts } = fileOf(stage, 10, 0)
  for (const start of starts) writeRecord(file, start, 7)
  const start = starts[0]!
  writeSync(file, Int32Array.of(15), 0, 4, headerSize + start * 8)
  writeSync(file, Float64Array.of(8), 0, 8, headerSize + (start + 1) * 8)
  const values = new Float64Array(slots)
  return { file, start, values, reading: reader.read(file, values, true, noPause) }
}

/** A file of histogram records, after some counters. */
function fileOf(stage: Stage, records: number, before: number) {
  const path = join(stage.folder(), '0001.values')
  const slots = before + records * width
  writeFileSync(path, Buffer.alloc(headerSize + slots * 8))
  const file = openSync(path, 'r+')
  stage.after(() => closeSync(file))
  const reader = new RecordReader()
  for (let i = 0; i < before; i++) reader.add(i, counterLayout)
  const starts = Array.from({ length: records }, (_, i) => before + i * width)
  for (const start of starts) reader.add(start, layout)
  return { file, reader, slots, starts }
}

/** Writes the same into every record. */
function writeAll(file: number, starts: readonly number[], value: number): void {
  const [first = 0] = starts
  const records = Buffer.concat(starts.map(() => recordOf(value)))
  writeSync(file, records, 0, records.length, headerSize + first * 8)
}

/** One write of a whole record: an even sequence number, and the same value everywhere. */
function writeRecord(file: number, slot: number, value: number): void {
  writeSync(file, recordOf(value), 0, width * 8, headerSize + slot * 8)
}

function recordOf(value: number): Buffer {
  const record = new Float64Array(width).fill(value)
  new Int32Array(record.buffer).set([value * 2, 0])
  return Buffer.from(record.buffer)
}
