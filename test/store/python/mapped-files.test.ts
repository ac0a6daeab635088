import {
  chmodSync,
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, vi } from 'vitest'
import { type Binding, loadBinding } from '../../../src/platform/addon.js'
import { PythonSource } from '../../../src/store/python/python-source.js'
import { FileViews } from '../../../src/store/shared/file-views.js'
import { Reader, type Reading } from '../../helpers/processes/reading.js'
import { type Stage, test } from '../../helpers/processes/stage.js'
import { pause } from '../../helpers/processes/until.js'
import { WrittenFile } from '../../helpers/python/written-file.js'

// The time of a file counts when it is a second old, which these tests do not wait for.
vi.mock('../../../src/platform/system-time.js', () => ({ systemNow: () => Date.now() + 2000 }))

const { binding } = loadBinding()
const [one, two] = ['4000001', '4000002']
const jobs = (kind: string, value: number) => ({ metric: 'jobs', sample: 'jobs_total', labels: { kind }, value })

/** A directory that is read with mappings, and beside that without. */
class MappedDirectory {
  readonly path: string
  /** How many readings of a file needed no other way of reading. */
  gathered = 0
  open = 0
  /** Called after each of these. */
  afterGathering = (): void => {}
  readonly source: PythonSource
  private readonly reader: Reader

  constructor(private readonly stage: Stage) {
    this.path = stage.directory()
    mkdirSync(this.path)
    const { openView, closeView, gather } = binding as Required<Binding>
    const counted: Binding = {
      ...binding!,
      openView: (...args) => {
        this.open++
        return openView(...args)
      },
      closeView: (view) => {
        this.open--
        closeView(view)
      },
      gather: (...args) => {
        const word = gather(...args)
        if (word !== -1) this.gathered++
        this.afterGathering()
        return word
      },
    }
    this.source = new PythonSource(this.path, new FileViews(counted))
    this.reader = new Reader(this.source)
  }

  /** Reads it; the result must be that of a reader that knows nothing and maps nothing. */
  async read(): Promise<Reading> {
    const reading = await this.reader.read()
    const fresh = await new Reader(new PythonSource(this.path)).read()
    if (reading.errors.length + fresh.errors.length === 0) expect(reading.scrape.text).toBe(fresh.scrape.text)
    return reading
  }

  /** Reads it until its files are mapped. */
  async known(): Promise<void> {
    for (let i = 0; i < 3; i++) await this.read()
    expect(this.gathered).toBeGreaterThan(0)
    this.gathered = 0
  }

  async total(): Promise<Record<string, number>> {
    return (await this.read()).scrape.labelled('jobs_total')
  }

  /** Writes as Python does. */
  mapping(name: string): DataView {
    const fd = openSync(join(this.path, name), 'r+')
    this.stage.after(() => closeSync(fd))
    return new DataView(binding!.map(fd, 0, 65_536))
  }
}

/** Where the value of an entry of a file is. */
function placeOf(mapping: DataView, entry: number): number {
  for (let at = 8; ; entry--) {
    const length = mapping.getInt32(at, true)
    at += 4 + length + 8 - ((length + 4) % 8)
    if (entry === 0) return at
    at += 16
  }
}

describe.skipIf(binding?.gather === undefined)('a file that is mapped', () => {
  async function prepared(stage: Stage): Promise<{ directory: MappedDirectory; file: DataView }> {
    const directory = new MappedDirectory(stage)
    new WrittenFile().add(jobs('a', 1), jobs('b', 2)).write(directory.path, `counter_${one}.db`)
    new WrittenFile().add(jobs('a', 100)).write(directory.path, `counter_${two}.db`)
    // The times of files are not precise.
    await pause(30)
    await directory.known()
    return { directory, file: directory.mapping(`counter_${one}.db`) }
  }
  const name = `counter_${one}.db`

  test('shows what its process writes, of every type', async ({ stage }) => {
    const { directory, file } = await prepared(stage)
    const modes = ['all', 'max', 'sum', 'mostrecent']
    for (const mode of modes) {
      const level = { metric: `level_${mode}`, value: 3, time: mode === 'mostrecent' ? 100 : 0 }
      new WrittenFile().add(level).write(directory.path, `gauge_${mode}_${one}.db`)
    }
    new WrittenFile().addHistogram('seconds', 1, { '1.0': 1, '+Inf': 1 }).write(directory.path, `histogram_${one}.db`)
    await pause(30)
    await directory.known()
    for (let round = 1; round <= 3; round++) {
      file.setFloat64(placeOf(file, 1), 2 + round, true)
      for (const mode of modes) {
        const gauge = directory.mapping(`gauge_${mode}_${one}.db`)
        gauge.setFloat64(placeOf(gauge, 0), 3 + round, true)
        gauge.setFloat64(placeOf(gauge, 0) + 8, 100 + round, true)
      }
      const histogram = directory.mapping(`histogram_${one}.db`)
      histogram.setFloat64(placeOf(histogram, 2), 1 + round, true)
      const { scrape } = await directory.read()
      expect(scrape.labelled('jobs_total')).toEqual({ 'kind="a"': 101, 'kind="b"': 2 + round })
      expect(scrape.value('level_max')).toBe(3 + round)
      expect(scrape.value('level_mostrecent')).toBe(3 + round)
      expect(scrape.value('seconds_count')).toBe(2 + round)
    }
    // On a disk, writing to a mapping changes the time of a file.
    if (directory.path.startsWith('/dev/shm')) expect(directory.gathered).toBe(3 * 7)
  })

  test('shows a value that went back', async ({ stage }) => {
    const { directory, file } = await prepared(stage)
    file.setFloat64(placeOf(file, 1), 0.5, true)
    expect(await directory.total()).toEqual({ 'kind="a"': 101, 'kind="b"': 0.5 })
  })

  test('is read again before a zero is shown, which its process may be about to replace', async ({ stage }) => {
    const { directory, file } = await prepared(stage)
    file.setFloat64(placeOf(file, 1), 0, true)
    directory.afterGathering = () => file.setFloat64(placeOf(file, 1), 3, true)
    expect(await directory.total()).toEqual({ 'kind="a"': 101, 'kind="b"': 3 })
  })

  test('shows the entries that its process adds', async ({ stage }) => {
    const { directory, file } = await prepared(stage)
    const more = new WrittenFile().add(jobs('a', 1), jobs('b', 2), jobs('c', 7), jobs('d', 8)).bytes()
    for (let i = 8; i < more.readInt32LE(); i++) file.setUint8(i, more[i]!)
    expect(await directory.total()).toEqual({ 'kind="a"': 101, 'kind="b"': 2 })
    file.setInt32(0, more.readInt32LE(), true)
    const all = { 'kind="a"': 101, 'kind="b"': 2, 'kind="c"': 7, 'kind="d"': 8 }
    expect(await directory.total()).toEqual(all)
    file.setFloat64(placeOf(file, 3), 9, true)
    for (let i = 0; i < 2; i++) expect(await directory.total()).toEqual({ ...all, 'kind="d"': 9 })
  })

  test('is reported if its head is damaged, and its last good values are shown', async ({ stage }) => {
    const { directory, file } = await prepared(stage)
    const used = file.getInt32(0, true)
    for (const [head, reason] of [
      [-1, 'beyond_end'],
      [0x7ffffff8, 'beyond_end'],
      [12, 'beyond_end'],
      [0, 'too_short'],
    ] as const) {
      file.setInt32(0, head, true)
      const { scrape, errors } = await directory.read()
      expect(errors.map(({ reason }) => reason)).toEqual([reason])
      expect(scrape.labelled('jobs_total')).toEqual({ 'kind="a"': 101, 'kind="b"': 2 })
      file.setInt32(0, used, true)
      for (let i = 0; i < 2; i++) expect((await directory.read()).errors).toEqual([])
    }
  })

  test('shows its last good values if it is truncated', async ({ stage }) => {
    const { directory } = await prepared(stage)
    const path = join(directory.path, name)
    const bytes = readFileSync(path)
    for (const length of [60_000, 64, 5, 0]) {
      truncateSync(path, length)
      const { scrape, errors } = await directory.read()
      expect(errors).toHaveLength(length === 60_000 ? 0 : 1)
      expect(scrape.labelled('jobs_total')).toEqual({ 'kind="a"': 101, 'kind="b"': 2 })
    }
    writeFileSync(path, bytes)
    for (let i = 0; i < 3; i++) expect(await directory.total()).toEqual({ 'kind="a"': 101, 'kind="b"': 2 })
  })

  test('is another one once it is written again, replaced, or removed', async ({ stage }) => {
    const { directory } = await prepared(stage)
    const write = (to: string, kind: string, value: number): void =>
      new WrittenFile().add(jobs(kind, value), jobs('z', 0)).write(directory.path, to)
    // The same inode and size, and other keys.
    write(name, 'c', 5)
    for (let i = 0; i < 3; i++)
      expect(await directory.total()).toEqual({ 'kind="a"': 100, 'kind="c"': 5, 'kind="z"': 0 })
    write('next', 'd', 6)
    renameSync(join(directory.path, 'next'), join(directory.path, name))
    for (let i = 0; i < 3; i++)
      expect(await directory.total()).toEqual({ 'kind="a"': 100, 'kind="d"': 6, 'kind="z"': 0 })
    unlinkSync(join(directory.path, name))
    expect(await directory.total()).toEqual({ 'kind="a"': 100 })
    // A process with the same pid, whose file may have the same inode.
    write(name, 'd', 1)
    for (let i = 0; i < 3; i++)
      expect(await directory.total()).toEqual({ 'kind="a"': 100, 'kind="d"': 1, 'kind="z"': 0 })
  })

  test('is read again if a family gets another label from another file', async ({ stage }) => {
    const { directory } = await prepared(stage)
    const other = { metric: 'jobs', sample: 'jobs_total', labels: { a: 'x', kind: 'a' }, value: 5 }
    new WrittenFile().add(other).write(directory.path, 'counter_4000003.db')
    for (let i = 0; i < 3; i++) {
      expect(await directory.total()).toEqual({ 'a="x",kind="a"': 5, 'kind="a"': 101, 'kind="b"': 2 })
    }
  })

  test('is none that another user can truncate', async ({ stage }) => {
    const { directory } = await prepared(stage)
    for (const each of [name, `counter_${two}.db`]) chmodSync(join(directory.path, each), 0o664)
    directory.gathered = 0
    for (let i = 0; i < 3; i++) expect(await directory.total()).toEqual({ 'kind="a"': 101, 'kind="b"': 2 })
    expect([directory.gathered, directory.open]).toEqual([0, 0])
  })

  test('is unmapped when it is gone, and when nothing is read any more', async ({ stage }) => {
    const { directory } = await prepared(stage)
    const mapped = (): number => readFileSync('/proc/self/maps', 'utf8').split(`${directory.path}/`).length - 1
    // One of them is the mapping of this test.
    expect([directory.open, mapped()]).toEqual([2, 3])
    unlinkSync(join(directory.path, `counter_${two}.db`))
    await directory.read()
    expect([directory.open, mapped()]).toEqual([1, 2])
    directory.source.close()
    expect([directory.open, mapped()]).toEqual([0, 1])
  })
})

describe('views of files', () => {
  test('are not more than the limit', ({ stage }) => {
    const path = join(stage.folder(), 'file')
    writeFileSync(path, 'bytes')
    const fd = openSync(path, 'r')
    stage.after(() => closeSync(fd))
    const views = new FileViews(binding, 2)
    const stats = fstatSync(fd)
    const first = views.viewOf(fd, path, stats)
    if (first === undefined) return expect(binding?.openView).toBeUndefined()
    expect(views.viewOf(fd, path, stats)).toBeDefined()
    expect(views.viewOf(fd, path, stats)).toBeUndefined()
    first.close()
    first.close()
    expect(views.viewOf(fd, path, stats)).toBeDefined()
    expect(views.viewOf(fd, path, stats)).toBeUndefined()
  })

  test('are none if the system refuses them, or without the addon', () => {
    expect(new FileViews(binding).viewOf(-1, 'none', statSync('.'))).toBeUndefined()
    expect(new FileViews(undefined).viewOf(0, 'none', statSync('.'))).toBeUndefined()
  })
})
