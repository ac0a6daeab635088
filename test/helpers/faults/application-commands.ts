import fc from 'fast-check'
import { expect } from 'vitest'
import type { Actor } from '../processes/actor.js'
import { Exposition } from '../processes/exposition.js'
import type { Stage } from '../processes/stage.js'
import { type ApplicationModel, type Labels, type MetricName, metricNames } from './application-model.js'

/** The processes themselves. */
export interface Application {
  readonly stage: Stage
  readonly directory: string
  readonly actors: Map<number, Actor>
  spawned: number
}

type Command = fc.AsyncCommand<ApplicationModel, Application>

const program = '../../model-based/programs/obeys.mjs'
const most = 4

/** An operation of one of the living processes, which `pick` selects. */
class ByOne implements Command {
  constructor(
    private readonly pick: number,
    private readonly told: string,
    private readonly expected: (model: ApplicationModel, who: number) => void,
    private readonly done: (actor: Actor) => Promise<unknown>,
  ) {}

  check({ living }: Readonly<ApplicationModel>): boolean {
    return living.size > 0
  }

  async run(model: ApplicationModel, { actors }: Application): Promise<void> {
    const living = [...model.living.keys()]
    const who = living[this.pick % living.length]!
    this.expected(model, who)
    await this.done(actors.get(who)!)
  }

  toString(): string {
    return `#${this.pick} ${this.told}`
  }
}

class Scrape extends ByOne {
  constructor(pick: number) {
    super(
      pick,
      'scrape',
      () => {},
      async () => {},
    )
    this.scrapeBy = pick
  }
  private readonly scrapeBy: number

  override async run(model: ApplicationModel, { actors }: Application): Promise<void> {
    const living = [...model.living.keys()]
    const actor = actors.get(living[this.scrapeBy % living.length]!)!
    expect(await shown(actor)).toEqual(model.samples())
    expect(await sumOfWorkers(actor)).toEqual(model.samples())
  }
}

class Spawn implements Command {
  check({ living }: Readonly<ApplicationModel>): boolean {
    return living.size < most
  }

  /** It joins at once, by a scrape: from then on the directory is not wiped. */
  async run(model: ApplicationModel, application: Application): Promise<void> {
    const who = application.spawned++
    model.spawn(who)
    const { stage, directory, actors } = application
    const actor = await stage.start(program, { env: { PROMHIVE_DIR: directory } })
    actors.set(who, actor)
    expect(await shown(actor)).toEqual(model.samples())
  }

  toString(): string {
    return 'spawn'
  }
}

class Kill extends ByOne {
  constructor(pick: number) {
    super(
      pick,
      'kill -9',
      (model, who) => model.kill(who),
      (actor) => actor.kill(),
    )
  }
}

async function shown(actor: Actor): Promise<Record<string, number>> {
  const { samples } = new Exposition(await actor.ask<string>('scrape'))
  return Object.fromEntries([...samples].filter(([sample]) => !sample.includes('_bucket{')))
}

/** The samples of a scrape per worker, added up over the workers. */
async function sumOfWorkers(actor: Actor): Promise<Record<string, number>> {
  const sums: Record<string, number> = {}
  for (const [sample, value] of new Exposition(await actor.ask<string>('scrapePerWorker')).samples) {
    if (sample.includes('_bucket{')) continue
    const merged = sample.replace(/,worker="\d+"/, '')
    expect(merged).not.toBe(sample)
    sums[merged] = (sums[merged] ?? 0) + value
  }
  return sums
}

const pick = fc.nat(most - 1)
const labels: fc.Arbitrary<Labels> = fc.record({
  path: fc.constantFrom('a', 'b', 'c'),
  shard: fc.constantFrom('1', '2'),
})
const some: fc.Arbitrary<Partial<Labels>> = fc.oneof(
  labels.map(({ path }) => ({ path })),
  labels.map(({ shard }) => ({ shard })),
  labels,
)
const amount = fc.integer({ min: 1, max: 9 })
const name = fc.constantFrom<MetricName>(...metricNames)
const spelled = (what: unknown): string => JSON.stringify(what)

/** All that may happen in the life of an application. */
export const commands: fc.Arbitrary<Command>[] = [
  fc.constant(new Spawn()),
  pick.map((who) => new Kill(who)),
  pick.map((who) => new Scrape(who)),
  fc.tuple(pick, labels, amount).map(
    ([who, series, by]) =>
      new ByOne(
        who,
        `inc ${spelled(series)} ${by}`,
        (model) => model.inc(series, by),
        (actor) => actor.ask('inc', series, by),
      ),
  ),
  fc.tuple(pick, labels, amount).map(
    ([who, series, value]) =>
      new ByOne(
        who,
        `set ${spelled(series)} ${value}`,
        (model, setter) => model.set(setter, series, value),
        (actor) => actor.ask('set', series, value),
      ),
  ),
  fc.tuple(pick, labels, amount).map(
    ([who, series, value]) =>
      new ByOne(
        who,
        `observe ${spelled(series)} ${value}`,
        (model) => model.observe(series, value),
        (actor) => actor.ask('wait', series, value),
      ),
  ),
  fc.tuple(pick, name, labels).map(([who, metric, series]) => removing(who, 'remove', metric, series)),
  fc.tuple(pick, name, labels).map(([who, metric, { path }]) => removing(who, 'removeByLabels', metric, { path })),
  fc.tuple(pick, name).map(([who, metric]) => removing(who, 'clear', metric, {})),
  fc.tuple(pick, name, fc.array(labels, { minLength: 2, maxLength: 5 })).map(
    ([who, metric, series]) =>
      new ByOne(
        who,
        `remove each of ${spelled(series)} ${metric}`,
        (model) => {
          for (const each of series) model.remove(metric, each)
        },
        (actor) => actor.ask('removeEach', metric, series),
      ),
  ),
  fc.tuple(pick, fc.array(some, { minLength: 1, maxLength: 3 }), labels, amount).map(
    ([who, filters, series, by]) =>
      new ByOne(
        who,
        `remove ${spelled(filters)} and inc ${spelled(series)} ${by}`,
        (model) => {
          for (const each of filters) model.remove('jobs_total', each)
          model.inc(series, by)
        },
        (actor) => actor.ask('removeAndInc', filters, series, by),
      ),
  ),
  fc.tuple(pick, name).map(([who, metric]) => removing(who, 'reset', metric, {})),
]

function removing(who: number, verb: string, metric: MetricName, series: Partial<Labels>): Command {
  return new ByOne(
    who,
    `${verb} ${metric} ${spelled(series)}`,
    (model) => model.remove(metric, series),
    (actor) => actor.ask(verb, metric, series),
  )
}
