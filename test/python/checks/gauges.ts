import type { GaugeMode } from '../../../src/model/metric-type.js'
import type { Actor } from '../../helpers/processes/actor.js'
import { Application, one } from '../../limitations/application.js'
import type { Check } from '../behaviour.js'

type Shown = Readonly<Record<string, number>>

const both = (first: number, second: number): Shown => ({ 'worker="1"': first, 'worker="2"': second })

/** The values that two processes set, the values shown then, and those after the second was killed without a report. */
interface Course {
  readonly set: readonly [first: number, second: number]
  readonly alive: Shown
  readonly dead: Shown
}

const courses: Readonly<Partial<Record<GaugeMode, Course>>> = {
  all: { set: [1, 2], alive: both(1, 2), dead: both(1, 2) },
  liveall: { set: [1, 2], alive: both(1, 2), dead: { 'worker="1"': 1 } },
  min: { set: [2, 1], alive: one(1), dead: one(1) },
  livemin: { set: [2, 1], alive: one(1), dead: one(2) },
  max: { set: [1, 2], alive: one(2), dead: one(2) },
  livemax: { set: [1, 2], alive: one(2), dead: one(1) },
  sum: { set: [1, 2], alive: one(3), dead: one(3) },
  livesum: { set: [1, 2], alive: one(3), dead: one(1) },
}

export function followsMode(mode: GaugeMode): Check {
  return async ({ stage, env }) => {
    const { set, alive, dead } = courses[mode]!
    const { app, second } = await twoSeats({ stage, env }, mode)
    for (const [i, actor] of app.actors.entries()) await actor.ask('call', 'level', 'set', set[i])
    await app.shows('level', alive)
    await second.kill()
    await app.shows('level', dead)
  }
}

export function lastSetWins(mode: 'mostrecent' | 'livemostrecent'): Check {
  return async ({ stage, env }) => {
    const { app, first, second } = await twoSeats({ stage, env }, mode)
    await app.shows('level', {})
    // In turns, so that neither the order of the seats nor the size of the values can be what decides.
    for (const [actor, value] of [
      [second, 5],
      [first, 4],
      [second, 2],
      [first, 3],
      [second, 1],
    ] as const) {
      await actor.ask('call', 'level', 'set', value)
      await app.shows('level', one(value))
    }
    await second.kill()
    await app.shows('level', one(mode === 'mostrecent' ? 1 : 3))
  }
}

async function twoSeats(setting: Parameters<Check>[0], mode: GaugeMode) {
  const app = await Application.start(setting.stage, setting.env, 2)
  await app.make('Gauge', { name: 'level', mode })
  const [first, second] = app.actors as [Actor, Actor]
  return { app, first, second }
}
