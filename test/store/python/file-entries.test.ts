import { closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { Definitions } from '../../../src/store/python/definitions.js'
import { FileBuffer } from '../../../src/store/python/file-buffer.js'
import { type FileCircumstances, FileEntries } from '../../../src/store/python/file-entries.js'
import { FileKeys } from '../../../src/store/python/file-key.js'
import { fileNameOf } from '../../../src/store/python/file-name.js'
import { PythonSource } from '../../../src/store/python/python-source.js'
import { SummedFiles } from '../../../src/store/python/summed-files.js'
import { FileViews } from '../../../src/store/shared/file-views.js'
import { type Stage, test } from '../../helpers/processes/stage.js'
import { WrittenFile } from '../../helpers/python/written-file.js'
import { noPause, restless } from '../../helpers/writers.js'

const name = 'counter_1.db'

/** One file, and what reads it. */
class Subject {
  private readonly directory: string
  readonly circumstances: FileCircumstances = {
    buffer: new FileBuffer(),
    definitions: new Definitions(),
    sums: new SummedFiles(),
    keys: keysOfCounters(),
    views: new FileViews(undefined),
    pause: noPause,
  }
  readonly entries = new FileEntries(fileNameOf(name)!, this.circumstances, new Map(), 0)

  constructor(stage: Stage) {
    this.directory = stage.directory()
    mkdirSync(this.directory)
  }

  /** Writes these values, and reads the bytes; returns how many are in use. */
  load(...values: readonly number[]): number {
    const file = new WrittenFile()
    for (const [i, value] of values.entries()) file.add({ metric: `m${i}`, sample: `m${i}_total`, value })
    file.write(this.directory, name)
    const fd = openSync(join(this.directory, name), 'r')
    const { buffer } = this.circumstances
    buffer.read(fd, 8)
    const end = buffer.words[0]!
    buffer.read(fd, end)
    closeSync(fd)
    return end
  }

  /** The values that were taken, in the order of the entries. */
  get values(): readonly number[] {
    const { values } = this.entries.series
    const sums = new Float64Array(values.size)
    values.addTo(sums)
    return [...sums]
  }
}

describe('the values of known entries', () => {
  test('are taken, and it is known whether any changed', async ({ stage }) => {
    const subject = new Subject(stage)
    const { entries, circumstances } = subject
    expect(await entries.follow(subject.load(1, 2), circumstances)).toBe(true)
    expect(subject.values).toEqual([1, 2])
    subject.load(1, 2)
    expect(entries.refresh(circumstances.buffer, true, false)).toBe('same')
    subject.load(1, 5)
    expect(entries.refresh(circumstances.buffer, true, false)).toBe('changed')
    expect(subject.values).toEqual([1, 5])
  })

  test('are read again before a total goes back: its process may be writing it', async ({ stage }) => {
    const subject = new Subject(stage)
    const { entries, circumstances } = subject
    await entries.follow(subject.load(1, 5), circumstances)
    subject.load(2, 0)
    expect(entries.refresh(circumstances.buffer, true, false)).toBe('went_back')
    expect(subject.values).toEqual([1, 5])
    // The process has set it to 0.
    subject.load(2, 0)
    expect(entries.refresh(circumstances.buffer, true, true)).toBe('changed')
    expect(subject.values).toEqual([2, 0])
  })

  test('stay as they are if the file has other keys', async ({ stage }) => {
    const subject = new Subject(stage)
    const { entries, circumstances } = subject
    await entries.follow(subject.load(1, 5), circumstances)
    subject.load(100, 500)
    circumstances.buffer.bytes[14] = 0x58
    expect(entries.refresh(circumstances.buffer, true, false)).toBe('other_file')
    expect(subject.values).toEqual([1, 5])
  })

  test('follow entries that were added, and are the same if an entry is not whole', async ({ stage }) => {
    const subject = new Subject(stage)
    const { entries, circumstances } = subject
    await entries.follow(subject.load(1), circumstances)
    const end = subject.load(2, 7, 8)
    expect(entries.refresh(circumstances.buffer, true, false)).toBe('changed')
    expect(await entries.follow(end - 8, circumstances)).toBe(false)
    expect(subject.values).toEqual([2, 7])
    subject.load(3, 8, 9)
    expect(entries.refresh(circumstances.buffer, true, false)).toBe('changed')
    expect(await entries.follow(end, circumstances)).toBe(true)
    expect(subject.values).toEqual([3, 8, 9])
  })
})

test('a large file is read in slices', async ({ stage }) => {
  const directory = stage.directory()
  mkdirSync(directory)
  const file = new WrittenFile()
  for (let i = 0; i < 1000; i++) file.add({ metric: 'm', sample: 'm_total', labels: { i: String(i) }, value: i })
  file.write(directory, name)
  const pause = restless()
  const { writers } = await new PythonSource(directory).read(pause)
  expect(pause.rests).toBeGreaterThan(30)
  expect(writers[0]!.values.reduce((a, b) => a + b)).toBe(499_500)
})

function keysOfCounters(): FileCircumstances['keys'] {
  const keys = new FileKeys('counter')
  return { counter: keys, gauge: keys, histogram: keys, summary: keys }
}
