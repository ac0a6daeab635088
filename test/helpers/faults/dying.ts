import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { cleanEnvironment } from '../processes/actor.js'
import { provideDist } from '../processes/dist.js'
import type { Exposition } from '../processes/exposition.js'

export type Operation =
  | readonly ['inc' | 'observe', path: string, amount: number]
  | readonly ['remove', path: string]
  | readonly ['scrape']

const program = fileURLToPath(new URL('../../faults/programs/dies-at.mjs', import.meta.url))

/** What the program makes of a label that begins with `long`. */
const longest = 10_000

/** Creation, growth, a removal, a scrape. */
export const firstLife: readonly Operation[] = [
  ...Array.from({ length: 4 }, (_, i) => ['inc', `p${i}`, i + 1] as const),
  ...Array.from({ length: 9 }, (_, i) => ['observe', `p${i}`, i + 1] as const),
  ['scrape'],
  ['remove', 'p3'],
  ['inc', 'p3', 2],
  ['inc', 'p0', 5],
]

/** So much opened and removed that the series file is written again. */
export const churn: readonly Operation[] = [
  ...firstLife,
  ...Array.from({ length: 16 }, (_, i) => [['inc', `long${i}`, 1] as const, ['remove', `long${i}`] as const]).flat(),
  ['inc', 'p0', 1],
  ['scrape'],
]

export interface Death {
  /** Operations that were acknowledged. */
  readonly done: number
  /** Whether it came to the end of its operations, so that no call was the nth. */
  readonly whole: boolean
}

export function dieAt(
  nth: number,
  directory: string,
  operations: readonly Operation[],
  env: Readonly<Record<string, string>>,
): Death {
  provideDist()
  const { stdout, stderr, signal } = spawnSync(
    process.execPath,
    [program, directory, String(nth), JSON.stringify(operations)],
    { env: { ...cleanEnvironment(), ...env }, encoding: 'utf8' },
  )
  if (signal !== 'SIGKILL') throw new Error(`call ${nth}: ended by ${signal}: ${stderr}`)
  return { done: stdout.replace(/\d+$/, '').length, whole: /\d$/.test(stdout) }
}

/** Where the numbers of a scrape are none that they may be after `done` operations on top of `base`. */
export function wrongAfter(
  base: ReadonlyMap<string, number>,
  operations: readonly Operation[],
  { done }: Death,
  shown: Exposition,
  buffered: boolean,
): string[] {
  const states = [samplesOf(base)]
  for (const operation of operations) states.push(after(states.at(-1)!, operation))
  // Without the addon a kill takes what came after the last flush: a scrape is one.
  const flushed = operations.slice(0, done).findLastIndex(([verb]) => verb === 'scrape') + 1
  const possible = states.slice(buffered ? flushed : done, done + 2)
  const now = samplesOf(shown.samples)
  const names = new Set([...now.keys(), ...possible.flatMap((state) => [...state.keys()])])
  return [...names]
    .filter((name) => !possible.some((state) => fits(name, now.get(name), state.get(name))))
    .map(
      (name) =>
        `${name.slice(0, 40)} is ${now.get(name)}, not ${possible.map((state) => state.get(name)).join(' or ')}`,
    )
}

/** A series that has just begun is 0 before its first count. */
function fits(name: string, is: number | undefined, may: number | undefined): boolean {
  return is === may || (is === 0 && may === undefined && name !== '')
}

function samplesOf(samples: ReadonlyMap<string, number>): Map<string, number> {
  return new Map([...samples].filter(([sample]) => !sample.includes('_bucket{')))
}

function after(state: ReadonlyMap<string, number>, [verb, path, amount = 0]: Operation): Map<string, number> {
  const next = new Map(state)
  const add = (name: string, more: number) => next.set(name, (next.get(name) ?? 0) + more)
  const label = `{path="${path?.startsWith('long') ? path.padEnd(longest, 'x') : path}"}`
  if (verb === 'inc') add(`jobs_total${label}`, amount)
  if (verb === 'remove') next.delete(`jobs_total${label}`)
  if (verb === 'observe') {
    add(`wait_count${label}`, 1)
    add(`wait_sum${label}`, amount)
  }
  return next
}
