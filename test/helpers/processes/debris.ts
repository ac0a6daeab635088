import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { crc32 } from '../../../src/store/shared/checksum.js'
import { controlName, seriesName, valuesName } from '../../../src/store/shared/format.js'
import type { Exposition } from './exposition.js'
import { below } from './random.js'
import { filesIn, readDirectory } from './reading.js'
import type { Stage } from './stage.js'
import { until } from './until.js'

/** The seat whose files are damaged; the others must stay exact. */
export const victim = 1
export const bystanders = [2, 3]

/** The files of an application of three processes that was killed, to be damaged in copies. */
export interface Wreck {
  readonly values: Buffer
  readonly series: Buffer
  readonly control: Buffer
  /** What a scrape of the undamaged files shows. */
  readonly whole: Exposition
  /** A copy of all files. */
  copy(): string
}

/** Label values that would show a parser that takes shortcuts. */
export const awkward = ['plain', 'with "quotes"', 'back\\slash', 'two\nlines', 'ünïcödé ☃ 🦄', '', '{a="b"} 1']

/** Three processes count under a label that names their seat, and are killed. */
export async function makeWreck(stage: Stage, env: Readonly<Record<string, string>>): Promise<Wreck> {
  const directory = stage.directory('wreck')
  for (const seat of [victim, ...bystanders]) {
    const actor = await stage.start('actor.mjs', { env: { ...env, PROMHIVE_DIR: directory } })
    for (const [i, text] of awkward.entries()) {
      await actor.ask('count', 'jobs_total', { seat: String(seat), text }, 10 * seat + i)
      await actor.ask('observe', 'duration_seconds', { seat: String(seat), text }, seat + i)
    }
    await actor.ask('setGauge', 'level', 'all', seat, { seat: String(seat) })
    await actor.ask('setGauge', 'highest', 'max', seat, { seat: String(seat) })
    await actor.ask('setGauge', 'latest', 'mostrecent', seat, { seat: String(seat) })
    await actor.ask('count', 'gone_total', { seat: String(seat), text: 'gone' }, 3)
    await actor.ask('remove', 'gone_total', { seat: String(seat), text: 'gone' })
    await actor.ask('count', 'again_total', { seat: String(seat) }, 4)
    // Another series in the slots of the removed one; and the file is known to hold all when it is shown.
    await until(
      () => readDirectory(directory),
      ({ scrape }) => scrape.value(`again_total{seat="${seat}"}`) === 4,
    )
  }
  const { scrape } = await readDirectory(directory)
  const wreck = stage.folder()
  for (const name of filesIn(directory)) copyFileSync(join(directory, name), join(wreck, name))
  await stage.clearActors()
  return {
    values: readFileSync(join(wreck, valuesName(victim))),
    series: readFileSync(join(wreck, seriesName(victim))),
    control: readFileSync(join(wreck, controlName)),
    whole: scrape,
    copy() {
      const copy = stage.folder()
      for (const name of filesIn(wreck)) copyFileSync(join(wreck, name), join(copy, name))
      return copy
    },
  }
}

/** One way of damaging the victim's files. */
export interface Damage {
  readonly name: string
  /** Whether the values file is undamaged: then the values that are still shown of the victim are right. */
  readonly valuesWhole: boolean
  /** Whether something cannot be read for certain, so that it must be reported. */
  readonly certain: boolean
  apply(directory: string): void
}

/** Every length of a file that is likely to matter, and many that are not. */
export function truncations(wreck: Wreck, random: () => number, count: number): Damage[] {
  const lengths = (size: number): Set<number> => {
    if (count >= size) return new Set(Array.from({ length: size }, (_, length) => length))
    const known = [0, 1, 7, 8, 55, 56, 63, 64, 127, 159, 160, 4095, 4096, 4097, 4104, 16_383, size - 1]
    const all = new Set(known.filter((length) => length < size))
    while (all.size < count) all.add(below(random, size))
    return all
  }
  return [
    ...[...lengths(wreck.values.length)].map((length) =>
      // After the slots in use there is nothing to miss.
      damagedValues(`values cut to ${length} bytes`, wreck.values.subarray(0, length), length < 4096),
    ),
    ...[...lengths(wreck.series.length)].map((length) =>
      damagedSeries(`series cut to ${length} bytes`, wreck.series.subarray(0, length), true),
    ),
  ]
}

export function bitFlips(wreck: Wreck, random: () => number): Damage {
  const inValues = random() < 0.5
  const original = inValues ? wreck.values : wreck.series
  const bytes = Buffer.from(original)
  const flips = 1 + below(random, 8)
  // Half of the flips in the head and the first slots: after them the file is zeros.
  const range = inValues && random() < 0.7 ? 200 : bytes.length
  const places: string[] = []
  for (let i = 0; i < flips; i++) {
    const [at, bit] = [below(random, range), below(random, 8)]
    bytes[at]! ^= 1 << bit
    places.push(`${at}.${bit}`)
  }
  const name = `${inValues ? 'values' : 'series'} with bits flipped at ${places.join(' ')}`
  if (bytes.equals(original)) return bitFlips(wreck, random)
  return inValues ? damagedValues(name, bytes, false) : damagedSeries(name, bytes, true)
}

export function randomBytes(wreck: Wreck, random: () => number): Damage {
  const size = below(random, 3) === 0 ? below(random, 5000) : below(random, 40_000)
  const bytes = Buffer.from(Array.from({ length: size }, () => below(random, 256)))
  if (random() < 0.5) return damagedValues(`values of ${size} random bytes`, bytes, true)
  // Into the middle of the lines, so that valid ones precede and follow.
  const at = below(random, wreck.series.length)
  const series = Buffer.concat([wreck.series.subarray(0, at), bytes.subarray(0, 64), wreck.series.subarray(at + 64)])
  return damagedSeries(`series with random bytes from ${at} on`, series, bytes.length > 0)
}

/** Lines with impossible contents. */
const impossible = [
  '',
  ' ',
  's',
  's 0',
  's 0 0',
  's 99 0 1 []',
  's 0 999999 1 ["a"]',
  's -1 0 1 []',
  's 0 0 x ["a","b"]',
  's 4294967296 0 1 []',
  'd 0 0',
  'd 99 0 []',
  'f',
  'f 0 {}',
  'f 500000 {}',
  'f 7 {"type":"counter"}',
  'f 9 not json',
  'x 1 2 3',
  '\u0000\u0000',
  '☃ ☃ ☃',
]
/** Lines that would be good ones, if their checksum were right. */
const unsigned = [
  '00000000 s 0 0 1 ["9","forged"]',
  'deadbeef d 0 0 ["1","plain"]',
  'ffffffff f 0 {"type":"counter","name":"forged_total","help":"x","labelNames":[],"registry":"default"}',
]

/** Lines of garbage, some of them with a checksum that is right. */
export function garbageLines(wreck: Wreck, random: () => number): Damage {
  const random256 = () => String.fromCodePoint(below(random, 256))
  const lines = Array.from({ length: 1 + below(random, 4) }, () => {
    const text = [...impossible, ...unsigned, random256() + random256()][
      below(random, impossible.length + unsigned.length + 1)
    ]!
    return impossible.includes(text) && random() < 0.7 ? signed(text) : text
  })
  const ends = [...wreck.series.entries()].filter(([, byte]) => byte === 10).map(([at]) => at + 1)
  const at = ends[below(random, ends.length)]!
  const bytes = Buffer.concat([
    wreck.series.subarray(0, at),
    Buffer.from(`${lines.join('\n')}\n`),
    wreck.series.subarray(at),
  ])
  return {
    name: `series with garbage at ${at}: ${JSON.stringify(lines)}`,
    valuesWhole: true,
    certain: false,
    apply(directory) {
      writeFileSync(join(directory, seriesName(victim)), bytes)
      // The head contains the valid length of the log.
      const values = Buffer.from(wreck.values)
      values.writeDoubleLE(bytes.length, 136)
      writeFileSync(join(directory, valuesName(victim)), values)
    },
  }
}

/** Files that are not promhive's at all, under a seat's name. */
export function foreignThings(stage: Stage): Damage[] {
  const instead = (name: string, file: string, put: (path: string, directory: string) => void): Damage => ({
    name: `${file}: ${name}`,
    valuesWhole: file !== valuesName(victim),
    certain: true,
    apply(directory) {
      rmSync(join(directory, file), { recursive: true, force: true })
      put(join(directory, file), directory)
    },
  })
  const sqlite = Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(8176, 1)])
  const socket = (path: string): void => {
    const server = createServer()
    stage.after(() => new Promise((resolve) => void server.close(() => resolve())))
    server.listen(path)
  }
  const copied = instead('a copy of another seat', valuesName(victim), (path, directory) =>
    copyFileSync(join(directory, valuesName(2)), path),
  )
  const others = [valuesName(victim), seriesName(victim)].flatMap((file) => [
    instead('nothing', file, () => {}),
    instead('an empty file', file, (path) => writeFileSync(path, '')),
    instead('a directory', file, (path) => mkdirSync(path)),
    instead('a fifo', file, (path) => void spawnSync('mkfifo', [path])),
    instead('a socket', file, socket),
    instead('a link to another seat', file, (path) => symlinkSync(file.replace('0001', '0002'), path)),
    instead('a link to nowhere', file, (path) => symlinkSync('nowhere', path)),
    instead('a link to itself', file, (path) => symlinkSync(file, path)),
    instead('an SQLite database', file, (path) => writeFileSync(path, sqlite)),
    instead('the control file', file, (path, directory) => copyFileSync(join(directory, controlName), path)),
    instead('text', file, (path) => writeFileSync(path, 'PHV\r\nhello\n'.repeat(2000))),
  ])
  return [copied, ...others]
}

/** Damage to the control file: of the seats, none is hurt. */
export function controlDamage(wreck: Wreck, random: () => number): Damage {
  const bytes = Buffer.from(wreck.control)
  const kind = below(random, 4)
  const places: string[] = []
  if (kind === 0) {
    for (let i = 0; i < 1 + below(random, 8); i++) {
      const [at, bit] = [below(random, 176), below(random, 8)]
      bytes[at]! ^= 1 << bit
      places.push(`${at}.${bit}`)
    }
  } else if (kind === 1) for (let i = 0; i < bytes.length; i++) bytes[i] = below(random, 256)
  else if (kind === 2) for (let i = 128; i < 160; i++) bytes[i] = below(random, 256)
  const length = kind === 3 ? below(random, bytes.length) : bytes.length
  return {
    name: `control damaged in way ${kind} at ${places.join(' ')}, ${length} bytes`,
    valuesWhole: true,
    certain: false,
    apply: (directory) => writeFileSync(join(directory, controlName), bytes.subarray(0, length)),
  }
}

function damagedValues(name: string, bytes: Uint8Array, certain: boolean): Damage {
  return {
    name,
    valuesWhole: false,
    certain,
    apply: (directory) => writeFileSync(join(directory, valuesName(victim)), bytes),
  }
}

function damagedSeries(name: string, bytes: Uint8Array, certain: boolean): Damage {
  return {
    name,
    valuesWhole: true,
    certain,
    apply: (directory) => writeFileSync(join(directory, seriesName(victim)), bytes),
  }
}

/** A line with a right checksum, whatever its content. */
export function signed(text: string): string {
  return `${crc32(Buffer.from(text)).toString(16).padStart(8, '0')} ${text}`
}

/** The faults of a scrape of a damaged directory: none, if all is well. */
export function faultsOf(damaged: Exposition, { whole }: Wreck, { valuesWhole }: Damage): string[] {
  const faults: string[] = []
  for (const [sample, value] of whole.samples) {
    if (bystanders.some((seat) => isOf(seat, sample)) && damaged.value(sample) !== value) {
      faults.push(`${sample} of a bystander was ${value} and is ${damaged.value(sample)}`)
    }
  }
  for (const [sample, value] of damaged.samples) {
    // A line that removed a series is lost like any other: then the series is shown again.
    if (sample === `gone_total{seat="${victim}",text="gone"}` && !whole.samples.has(sample)) continue
    if (!whole.samples.has(sample)) faults.push(`${sample} ${value} was never there`)
    else if (isOf(victim, sample) && valuesWhole && value !== whole.value(sample)) {
      faults.push(`${sample} of the victim was ${whole.value(sample)} and is ${value}`)
    }
  }
  return faults.slice(0, 5)
}

function isOf(seat: number, sample: string): boolean {
  return sample.includes(`seat="${seat}"`)
}
