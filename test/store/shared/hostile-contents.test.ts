import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { MemoryStore } from '../../../src/store/memory/memory-backend.js'
import { crc32 } from '../../../src/store/shared/checksum.js'
import { at, controlAt, controlName, exemplarsName, seriesName, valuesName } from '../../../src/store/shared/format.js'
import { checkedLine } from '../../../src/store/shared/series-lines.js'
import { SharedBackend } from '../../../src/store/shared/shared-backend.js'
import { counterOf } from '../../../src/testing/counted.js'
import { directoryExposition } from '../../helpers/directory-exposition.js'
import { controlCharacters, unreadableLines } from '../../helpers/page.js'
import { promhive, promhiveServe } from '../../helpers/processes/command.js'
import { ask } from '../../helpers/processes/http.js'
import { below, randomFrom } from '../../helpers/processes/random.js'
import { readDirectory } from '../../helpers/processes/reading.js'
import { type Stage, test } from '../../helpers/processes/stage.js'
import { counterFamily } from '../../helpers/writers.js'

/*
 * Files with the right checksums and contents that no metric wrote: a process that may write to the directory could do so.
 * Seat 1 has them, beside good series of its own; seat 2 is another process's.
 */

const jobs = counterFamily('jobs_total', { labelNames: ['text'] })
const good = { type: 'counter', name: 'evil_total', help: 'x', labelNames: ['a'], registry: 'default' }
const esc = '\u001b[2J'

/** Descriptors that cost their own family. */
const descriptors: readonly object[] = [
  { ...good, name: 'a\nevil 1' },
  { ...good, name: '' },
  { ...good, name: '1evil' },
  { ...good, name: `evil${esc}` },
  { ...good, name: ['evil_total'] },
  { ...good, help: 5 },
  { ...good, help: null },
  { ...good, registry: 'default\nevil' },
  { ...good, registry: esc },
  { ...good, registry: {} },
  { ...good, unit: 'evil\n1' },
  { ...good, unit: {} },
  { ...good, labelNames: 'evil' },
  { ...good, labelNames: ['a="x"} 1\nevil{b'] },
  { ...good, labelNames: ['__name__'] },
  { ...good, labelNames: ['a', 'a'] },
  { ...good, labelNames: ['b', 'a'] },
  { ...good, labelNames: [5] },
  { ...good, labelNames: [null] },
  { ...good, type: 'evil' },
  { ...good, type: 'gauge' },
  { ...good, type: 'gauge', mode: 'evil\n' },
  { ...good, type: 'histogram' },
  { ...good, type: 'histogram', bounds: 'evil' },
  { ...good, type: 'histogram', bounds: ['1\nevil 1'] },
  { ...good, type: 'histogram', bounds: [null] },
  { ...good, type: 'histogram', bounds: [2, 1] },
  { ...good, type: 'histogram', bounds: { length: 1 } },
  { ...good, type: 'histogram', bounds: [1], labelNames: ['le'] },
  { ...good, type: 'summary', quantiles: [2], relativeError: 0.01 },
  { ...good, type: 'summary', quantiles: [0.5] },
  { ...good, type: 'summary', quantiles: [0.5], relativeError: 1e-9 },
  { ...good, type: 'summary', quantiles: [0.5], window: { maxAgeSeconds: 600, ageBuckets: 5, relativeError: 1e-9 } },
  { ...good, type: 'summary', quantiles: [0.5], window: { maxAgeSeconds: 600, ageBuckets: 2e9, relativeError: 0.1 } },
  { ...good, type: 'summary', quantiles: '', relativeError: 0.01 },
  { ...good, type: 'summary', quantiles: [], relativeError: 0.01, labelNames: ['quantile'] },
  { ...good, type: 'stateset', states: [], mode: 'count' },
  { ...good, type: 'stateset', states: ['evil', 'evil'], mode: 'count' },
  { ...good, type: 'stateset', states: [5], mode: 'count' },
  { ...good, type: 'stateset', states: ['evil'], mode: 'evil' },
  ['evil'],
]

/** Keys and times of series that cost that series. */
const series: readonly string[] = [
  '41 1 [evil]',
  '41 1 []',
  '41 1 ["evil","evil"]',
  '41 1 [5]',
  '41 1 [{"evil":1}]',
  '41 1 [["evil"]]',
  '41 1 [true]',
  '41 1 ["evil",]',
  '41 1 [ "evil"]',
  '41 1 ["evil"] ]',
  '41 1 ["\\u0065vil"]',
  '41 1 ["\\ud800"]',
  '41 1 ["evil]',
  '41 1 [evil"]',
  '41 1 ["ev\\il"]',
  '41 1 ["evil\u0001"]',
  '41 Infinity ["evil"]',
  '41 NaN ["evil"]',
  '41 1e999 ["evil"]',
  '41 -1 ["evil"]',
  '41 0x10 ["evil"]x',
]

async function expositions(directory: string): Promise<string[]> {
  const exposition = directoryExposition(directory, () => {})
  const accepts = [undefined, 'application/openmetrics-text']
  const all = await Promise.all(accepts.map((accept) => exposition.expose(accept)))
  return all.map(({ chunks }) => Buffer.concat(chunks).toString())
}

describe('a file whose checksums are right and whose contents are not', () => {
  test.for(descriptors.map((descriptor) => [JSON.stringify(descriptor)] as const))(
    'costs the family %s',
    async ([descriptor], { stage }) => {
      const directory = twoWriters(stage)
      // Its series as well, and nothing of the families that come after it.
      append(directory, `f 1 ${descriptor}`, 's 1 41 1 ["x"]', `f 2 ${JSON.stringify(good)}`, 's 2 40 1 ["ok"]')
      const { scrape, errors } = await readDirectory(directory)
      expect(scrape.labelled('jobs_total')).toEqual({ 'text="one"': 1, 'text="two"': 2 })
      expect(scrape.labelled('evil_total')).toEqual({ 'a="ok"': 0 })
      expect(errors.map(({ code, reason }) => [code, reason])).toEqual([['FILE_UNREADABLE', 'broken_line']])
      for (const text of await expositions(directory)) {
        expect(unreadableLines(text)).toEqual([])
        expect(text).toMatch(/^promhive_unreadable_files\{reason="broken_line"\} 1$/m)
      }
    },
  )

  test.for(series)('costs the series %j', async (line, { stage }) => {
    const directory = twoWriters(stage)
    append(directory, `f 1 ${JSON.stringify(good)}`, `s 1 ${line}`, 's 1 40 1 ["ok"]')
    const { scrape, errors } = await readDirectory(directory)
    expect(scrape.labelled('jobs_total')).toEqual({ 'text="one"': 1, 'text="two"': 2 })
    expect(scrape.labelled('evil_total')).toEqual({ 'a="ok"': 0 })
    expect(errors.map(({ reason }) => reason)).toEqual(['broken_line'])
    for (const text of await expositions(directory)) expect(unreadableLines(text)).toEqual([])
  })

  test('shows what a metric may well have written', async ({ stage }) => {
    const directory = twoWriters(stage)
    const texts = ['with "quotes"', 'back\\slash', 'two\nlines', 'ünïcödé ☃ 🦄', '', '{a="b"} 1', esc, 'a,b', 'null']
    append(directory, `f 1 ${JSON.stringify({ ...good, help: `lines\n${esc}` })}`)
    append(directory, ...texts.map((text) => `s 1 40 1 ${JSON.stringify([text])}`), 's 1 40 1 [null]')
    const { scrape, errors } = await readDirectory(directory)
    expect(errors).toEqual([])
    expect(Object.keys(scrape.labelled('evil_total'))).toHaveLength(texts.length + 1)
  })

  test('may be anything: the page is one that parsers read, and the others are on it', async ({ stage }) => {
    const random = randomFrom(7)
    const pick = <T>(from: readonly T[]): T => from[below(random, from.length)]!
    const anything: unknown[] = [
      ...descriptors.flatMap((each) => Object.values(each)),
      Number.NaN,
      -1,
      1e300,
      '',
      [],
      {},
      null,
    ]
    for (let round = 0; round < 60; round++) {
      const directory = twoWriters(stage)
      const lines = Array.from({ length: 6 }, (_, i) => {
        const broken = {
          ...good,
          type: pick(['counter', 'gauge', 'histogram', 'summary', 'stateset', 'info', 'unknown']),
        }
        const names = [...Object.keys(good), 'mode', 'bounds', 'quantiles', 'relativeError', 'window', 'states', 'unit']
        for (let change = below(random, 4); change > 0; change--)
          Object.assign(broken, { [pick(names)]: pick(anything) })
        const json = JSON.stringify(broken)
        const text = below(random, 8) === 0 ? json.slice(0, below(random, json.length)) : json
        return [
          `f ${i + 1} ${text}`,
          `s ${i + 1} ${pick(series)}`,
          `s ${i + 1} 40 1 ["x"]`,
          `d ${i + 1} ${pick(['40 ["x"]', '41 x', '9 []'])}`,
        ]
      })
      append(directory, ...lines.flat())
      for (const text of await expositions(directory)) {
        expect(unreadableLines(text), lines.join('\n')).toEqual([])
        expect(text.match(/^jobs_total\{.*/gm), lines.join('\n')).toEqual([
          'jobs_total{text="one"} 1',
          'jobs_total{text="two"} 2',
        ])
      }
    }
  })

  const floats = ['startTicks', 'pidNamespace', 'startedAt', 'heartbeat', 'logBytes', 'removals'] as const
  test.for(
    floats.flatMap((field) =>
      [Number.NaN, -1, Number.POSITIVE_INFINITY, 1e300].map((value) => [field, value] as const),
    ),
  )('costs itself when its head has %s %f', async ([field, value], { stage }) => {
    const directory = twoWriters(stage)
    const path = join(directory, valuesName(1))
    const bytes = readFileSync(path)
    bytes.writeDoubleLE(value, at[field])
    writeFileSync(path, bytes)
    const { scrape, errors } = await readDirectory(directory)
    expect(scrape.labelled('jobs_total')).toEqual({ 'text="two"': 2 })
    expect(errors.map(({ reason }) => reason)).toEqual(['contents'])
  })

  test.for(['pid', 'threadId', 'used', 'epoch', 'exemplars'] as const)(
    'costs itself when its head has a negative %s',
    async (field, { stage }) => {
      const directory = twoWriters(stage)
      const path = join(directory, valuesName(1))
      const bytes = readFileSync(path)
      bytes.writeInt32LE(-5, at[field])
      writeFileSync(path, bytes)
      const { scrape, errors } = await readDirectory(directory)
      expect(scrape.labelled('jobs_total')).toEqual({ 'text="two"': 2 })
      expect(errors.map(({ reason }) => reason)).toEqual(['contents'])
    },
  )

  test.for(['{"a\\"} 1\\nevil 1 #{\\"b":"x"}', '{"a":5}', '"evil"', 'null', 'not json', '[]', '{"a":{"toString":5}}'])(
    'costs the exemplar with the labels %s',
    async (labels, { stage }) => {
      const directory = twoWriters(stage)
      const text = Buffer.from(labels)
      const cell = Buffer.alloc(512)
      cell.writeUInt32LE(text.length, 4)
      cell.writeUInt32LE(0, 8)
      cell.writeUInt32LE(0, 12)
      cell.writeDoubleLE(1, 16)
      cell.writeDoubleLE(1, 24)
      text.copy(cell, 32)
      cell.writeUInt32LE(crc32(cell, 4, 32 + text.length), 0)
      writeFileSync(join(directory, exemplarsName(1)), cell)
      const path = join(directory, valuesName(1))
      const bytes = readFileSync(path)
      bytes.writeInt32LE(1, at.exemplars)
      writeFileSync(path, bytes)
      for (const page of await expositions(directory)) {
        expect(unreadableLines(page)).toEqual([])
        expect(page).toMatch(/^jobs_total\{text="one"\} 1$/m)
      }
    },
  )

  test.for([
    'r not json',
    'r 5',
    'r ["default","jobs_total"]',
    'r ["default","jobs_total",null]',
    'r ["default","jobs_total",{"text":5}]',
    'r [5,5,{}]',
  ])('removes nothing with %s', async (line, { stage }) => {
    const directory = twoWriters(stage)
    const path = join(directory, controlName)
    const text = checkedLine(line)
    const bytes = Buffer.concat([readFileSync(path).subarray(0, 4096), text])
    bytes.writeDoubleLE(0, controlAt.base)
    bytes.writeDoubleLE(text.length, controlAt.end)
    writeFileSync(path, bytes)
    const { scrape } = await readDirectory(directory)
    expect(scrape.labelled('jobs_total')).toEqual({ 'text="one"': 1, 'text="two"': 2 })
  })
})

describe.runIf(process.platform === 'linux')('the command line', () => {
  test('ends well over such files, and shows nothing that a terminal acts on', { timeout: 120_000 }, async ({
    stage,
  }) => {
    const directory = twoWriters(stage)
    append(directory, ...descriptors.map((descriptor, i) => `f ${i + 1} ${JSON.stringify(descriptor)}`))
    append(directory, `f ${descriptors.length + 1} ${JSON.stringify({ ...good, help: `x${esc}` })}`)
    for (const line of [...series, `40 1 ${JSON.stringify([esc])}`])
      append(directory, `s ${descriptors.length + 1} ${line}`)
    const path = join(directory, valuesName(2))
    const bytes = readFileSync(path)
    bytes.writeDoubleLE(Number.NaN, at.startedAt)
    writeFileSync(path, bytes)
    for (const [args, code] of [
      [['inspect', directory], 1],
      [['inspect', directory, '--json'], 1],
      [['top', directory, '--interval', '0.05'], 1],
      [['doctor', directory], 1],
      [['doctor', directory, '--json'], 1],
    ] as const) {
      const run = await promhive(stage, args)
      expect([args[0], run.code]).toEqual([args[0], code])
      expect(run.output).toContain('jobs_total'.slice(0, args[0] === 'doctor' ? 0 : undefined))
      expect(controlCharacters(run.output + run.errors), args[0]).toEqual([])
    }
    const serve = await promhiveServe(stage, ['--dir', directory])
    const { status, body } = await ask(serve.url)
    expect(status).toBe(200)
    expect(body).toContain('jobs_total{text="one"} 1\n')
    expect(unreadableLines(body)).toEqual([])
    expect(controlCharacters(serve.errors())).toEqual([])
  })

  test('shows statistics of another program as text', { timeout: 120_000 }, async ({ stage }) => {
    const file = join(stage.folder(), 'stats.json')
    const worker = {
      id: esc,
      pid: esc,
      status: 'idle\nfake  line',
      state: { x: 1 },
      requests: esc,
      rss: 'x',
      avg_rt: 'x',
      last_spawn: 1e300,
    }
    for (const told of [
      {
        version: `1${esc}`,
        pid: '\u009b2J',
        workers: [worker, null, 5],
        sockets: [{ name: `\u202e${esc}`, queue: esc, max_queue: '\u0007' }, null],
      },
      { workers: 'none', sockets: {} },
      { workers: { length: 2 } },
    ]) {
      writeFileSync(file, JSON.stringify(told))
      for (const more of [[], ['--json']]) {
        const { code, output, errors } = await promhive(stage, ['stats', `file://${file}`, ...more])
        expect([code, errors]).toEqual([0, ''])
        expect(controlCharacters(output)).toEqual([])
        if (more.length > 0) expect(JSON.parse(output)).toEqual(told)
      }
    }
  })

  test('shows its own arguments and their errors as text', { timeout: 120_000 }, async ({ stage }) => {
    for (const args of [['inspect', `/nowhere${esc}`], [esc], ['stats', esc], ['doctor', `/nowhere${esc}\u009b`]]) {
      const { output, errors } = await promhive(stage, args)
      expect(output + errors).not.toBe('')
      expect(controlCharacters(output + errors)).toEqual([])
    }
  })
})

/** A directory of two seats: `one` has counted 1, `two` 2. */
function twoWriters(stage: Stage): string {
  const directory = stage.directory()
  for (const [i, text] of ['one', 'two'].entries()) {
    const backend = new SharedBackend({
      directory,
      onError() {},
      onRemoved() {},
      overflow: (seat) => new MemoryStore(seat),
      keep: false,
    })
    backend.join()
    const store = backend.openStore()
    counterOf({ store }, jobs, JSON.stringify([text])).inc(i + 1)
    ;(store as unknown as { flush(): void }).flush()
    stage.after(() => void backend.close?.())
  }
  return directory
}

/** Adds lines with the right checksums to the series file of seat 1, and raises the length in its head. */
function append(directory: string, ...lines: readonly string[]): void {
  const path = join(directory, valuesName(1))
  appendFileSync(join(directory, seriesName(1)), Buffer.concat(lines.map((line) => checkedLine(line))))
  const bytes = readFileSync(path)
  bytes.writeDoubleLE(readFileSync(join(directory, seriesName(1))).length, at.logBytes)
  writeFileSync(path, bytes)
}
