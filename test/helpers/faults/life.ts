import { rmSync } from 'node:fs'
import { CountingHome } from './counting-home.js'
import { FailingCalls, type Fault } from './failing.js'
import type { HandTimers } from './timers.js'

export interface Life {
  readonly made: number
  readonly failed: readonly string[]
  /** What should not have been; empty when all is well. */
  readonly wrong: readonly string[]
}

const long = 'x'.repeat(10_000)

/** What a process does with a directory in its life, and its successor; one call fails on the way. */
export async function liveWith(directory: string, fault: Fault, timers: HandTimers, churn: boolean): Promise<Life> {
  rmSync(directory, { recursive: true, force: true })
  const forget = rememberListeners()
  const calls = new FailingCalls(directory, fault)
  const wrong: string[] = []
  const homes: CountingHome[] = []
  const start = (name: string): CountingHome => {
    const home = new CountingHome(name, directory)
    homes.push(home)
    return home
  }
  const tick = (): void => {
    for (const error of timers.fire()) wrong.push(`a timer threw ${(error as Error).stack}`)
  }
  try {
    const first = start('first')
    // One process must stay alive: if all have ended, the next one begins a new run.
    first.inc('p0', 1)
    const keeper = await calls.without(() => start('keeper'))
    await calls.without(() => keeper.inc('keeper', 1))
    for (let i = 1; i < 12; i++) first.inc(`p${i}`, i + 1)
    for (let i = 0; i < 3; i++) first.set(`p${i}`, i + 1)
    for (let i = 0; i < 9; i++) first.observe(`p${i}`, 1)
    tick()
    // Whatever failed: an answer has all that this process counted, or it is refused.
    const before = first.reported.length
    const seen = await first.scrape()
    if (seen !== undefined) wrong.push(...differences('first scrape', seen, first.ledger))
    else if (first.reported.length === before) wrong.push('the first scrape was refused without a reason')
    if (first.remove('p3')) first.inc('p3', 2)
    for (let i = 0; churn && i < 16; i++) {
      first.inc(`${long}${i}`, 1)
      first.remove(`${long}${i}`)
    }
    tick()
    const full = (): boolean => first.reported.includes('STORE_FULL')
    const again = await first.scrape()
    // A removal that cannot be read at the moment is shown later.
    const counted = new Map([...first.ledger].filter(([name]) => !name.includes('"p3"')))
    const kept = again && new Map([...again].filter(([name]) => counted.has(name)))
    if (kept !== undefined) wrong.push(...differences('second scrape', kept, counted, full()))
    await calls.without(async () => {
      wrong.push(...differences('afterwards', await first.scrape(), first.ledger, full()))
    })
    await calls.without(() => first.end())
    const second = start('second')
    second.inc('p1', 100)
    second.observe('p1', 2)
    second.set('p1', 7)
    tick()
    await second.scrape()
    await calls.without(async () => {
      tick()
      const shown = await second.scrape()
      const kept = [...first.reported, ...second.reported].every((code) => code === 'FILE_UNREADABLE')
      wrong.push(...inherited(shown, first.ledger, second.ledger, kept))
      second.end()
      keeper.end()
      const next = start('next')
      next.inc('p1', 3)
      const fresh = await next.scrape()
      wrong.push(...differences('the next run', fresh, next.ledger))
      next.end()
    })
  } finally {
    calls.restore()
    forget()
  }
  for (const { name, thrown, reported } of homes) {
    wrong.push(...thrown.map((what) => `${name} threw in ${what}`))
    if (reported.includes('undefined')) wrong.push(`${name} reported a fault without a code`)
  }
  return { made: calls.made, failed: calls.failed, wrong }
}

/** Returns a function that removes the exit listeners added since. Those of thousands of homes would fill the memory. */
function rememberListeners(): () => void {
  const emitter: NodeJS.EventEmitter = process
  const events = ['beforeExit', 'exit']
  const before = new Set(events.flatMap((event) => emitter.listeners(event)))
  return () => {
    for (const event of events) {
      for (const listener of emitter.listeners(event) as (() => void)[]) {
        if (!before.has(listener)) emitter.off(event, listener)
      }
    }
  }
}

function differences(
  when: string,
  shown: Map<string, number> = new Map(),
  expected: Map<string, number>,
  told = false,
): string[] {
  const names = new Set([...shown.keys(), ...expected.keys()])
  return (
    [...names]
      // A series whose removal did not fit on the disk is 0; that was reported.
      .filter((name) => shown.get(name) !== expected.get(name) && !(told && shown.get(name) === 0))
      .map((name) => `${when}: ${name.slice(0, 40)} is ${shown.get(name)}, not ${expected.get(name)}`)
  )
}

/** The values of the successor: its own, and each series of its predecessor wholly or, if that was reported, not at all. */
function inherited(
  shown: Map<string, number> = new Map(),
  first: Map<string, number>,
  second: Map<string, number>,
  kept: boolean,
): string[] {
  const wrong: string[] = []
  for (const name of new Set([...shown.keys(), ...first.keys(), ...second.keys()])) {
    const own = second.get(name)
    const left = name.startsWith('level') ? undefined : first.get(name)
    const whole = left === undefined ? own : left + (own ?? 0)
    if (shown.get(name) === whole || (!kept && (shown.get(name) ?? 0) === (own ?? 0))) continue
    wrong.push(`successor: ${name.slice(0, 40)} is ${shown.get(name)}, not ${whole}`)
  }
  return wrong
}
