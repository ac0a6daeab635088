import { expect } from 'vitest'
import type { Actor } from '../helpers/processes/actor.js'
import { Exposition } from '../helpers/processes/exposition.js'
import type { Stage } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'

/** From test/processes/programs, where actors look for their programs. */
export const program = '../../limitations/programs/application.mjs'
export const timeout = 240_000

export const openMetrics = 'application/openmetrics-text;version=1.0.0'

/** Several real processes that share a directory. */
export class Application {
  readonly actors: Actor[] = []
  readonly directory: string

  private constructor(
    private readonly stage: Stage,
    private readonly env: Readonly<Record<string, string>>,
  ) {
    this.directory = stage.directory()
  }

  static async start(stage: Stage, env: Readonly<Record<string, string>>, processes = 3): Promise<Application> {
    const application = new Application(stage, env)
    for (let i = 0; i < processes; i++) await application.join()
    return application
  }

  /** One more process, which takes the next seat: the label `worker` follows the order of the actors. */
  async join(): Promise<Actor> {
    const actor = await this.stage.start(program, { env: { ...this.env, PROMHIVE_DIR: this.directory } })
    await actor.ask('make', 'Counter', { name: 'seats_total', help: 'Shown nowhere.', registers: [] })
    await actor.ask('call', 'seats_total', 'inc')
    this.actors.push(actor)
    return actor
  }

  /** Has every living process do the same, one after another. */
  async all(verb: string, ...args: readonly unknown[]): Promise<void> {
    for (const actor of this.living()) await actor.ask(verb, ...args)
  }

  make(type: string, options: Readonly<Record<string, unknown>>): Promise<void> {
    return this.all('make', type, { help: `${String(options.name)}.`, ...options })
  }

  living(): Actor[] {
    return this.actors.filter((actor) => actor.running)
  }

  /** Each living process finally answers with the expected samples. */
  async shows(name: string, expected: Readonly<Record<string, number>>, registry = 'default'): Promise<void> {
    for (const actor of this.living()) await shows(actor, name, expected, registry)
  }
}

export async function shows(
  actor: Actor,
  name: string,
  expected: Readonly<Record<string, number>>,
  registry = 'default',
): Promise<void> {
  const look = async () => (await scraped(actor, registry)).labelled(name)
  expect(await eventually(look, expected), `${name} in ${registry}, asked process ${actor.pid}`).toEqual(expected)
}

export async function scraped(actor: Actor, registry = 'default'): Promise<Exposition> {
  return new Exposition(await actor.ask<string>('text', registry))
}

/** Reads until the result is the expected one, or until the time is up; returns the last result. */
export async function eventually<T>(look: () => Promise<T>, expected: T): Promise<T> {
  let seen: T | undefined
  const same = (value: T) => JSON.stringify(sorted(value)) === JSON.stringify(sorted(expected))
  return until(async () => (seen = await look()), same, 60_000).catch((cause) => {
    if (seen === undefined) throw cause
    return seen
  })
}

/** Resolves to the scrape in which this first holds. */
export function sees(actor: Actor, is: (scrape: Exposition) => boolean, registry?: string): Promise<Exposition> {
  return until(() => scraped(actor, registry), is, 60_000)
}

/** The lines of one family, without its HELP and TYPE. */
export function linesOf(text: string, family: string): string[] {
  return text.split('\n').filter((line) => new RegExp(`^${family}(?:_\\w+)?[{ ]`).test(line))
}

export const one = (value: number): Record<string, number> => ({ '': value })

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
