import { MetricsError, reasonOf } from '../../model/errors.js'
import { type Family, familiesNamed, type Sample, type SampleFamily } from '../../model/family.js'
import { Slices } from '../../platform/slices.js'
import { withTimeout } from '../../platform/time-limit.js'
import type { Gathered, Gatherer, GatherRequest } from '../gatherer.js'
import { type Turn, Turns } from '../turns.js'
import { type ApplicationFamilies, CombinedFamilies } from './combined-families.js'

/** An application and its name, the value of its label. */
export interface NamedApplication {
  readonly name: string
  readonly gatherer: Gatherer
}

export interface ApplicationsGathererOptions {
  /** Returns families of the reading process, shown without the label. */
  readonly ownFamilies?: () => readonly SampleFamily[]
  /** Receives the errors of applications that are omitted, and of families that do not fit together. */
  readonly onError?: (error: MetricsError) => void
  /** Milliseconds after which an application is omitted from a gathering. */
  readonly within?: number
}

/** Milliseconds until a gathering must be released. */
const longest = 30_000

const upName = 'promhive_application_up'
const errorsName = 'promhive_application_errors_total'

/**
 * Gathers several applications together. Each series has the name of its application in the label `application`. An
 * application that cannot be read is omitted, and does not affect the others.
 */
export class ApplicationsGatherer implements Gatherer {
  private readonly turns = new Turns(longest, () => {
    this.combined = new CombinedFamilies()
  })
  private combined = new CombinedFamilies()
  /** By application and code: the errors so far. */
  private readonly errors = new Map<string, Map<string, number>>()

  constructor(
    private readonly applications: readonly NamedApplication[],
    private readonly options: ApplicationsGathererOptions = {},
  ) {}

  async gather(request: GatherRequest = {}): Promise<Gathered> {
    const turn = await this.turns.take(request)
    try {
      return await turn.within(this.read(turn, request))
    } catch (cause) {
      turn.end()
      throw cause
    }
  }

  private async read(turn: Turn, { names, ...request }: GatherRequest): Promise<Gathered> {
    const pause = new Slices()
    const gathered = await Promise.all(this.applications.map((application) => this.readOne(application, request)))
    const release = (): void => {
      for (const one of gathered) one?.release()
    }
    try {
      const { combined } = this
      const parts = gathered.flatMap((one, i): ApplicationFamilies[] => {
        return one === undefined ? [] : [{ application: this.applications[i]!.name, families: one.families }]
      })
      const { families, conflicts } = await combined.combine(parts, pause)
      turn.check()
      for (const { application, error } of conflicts) this.report(application, error)
      const own = [...this.stateFamilies(gathered), ...(this.options.ownFamilies?.() ?? [])]
      const all: readonly Family[] = [...families, ...own]
      const faults = gathered.flatMap((one) => one?.faults ?? [])
      const workers = gathered.reduce((sum, one) => sum + (one?.workers ?? 0), 0)
      const shown = familiesNamed(all, names)
      return {
        ...{ families: shown, defaultLabels: {}, workers, faults, pause },
        applications: gathered.flatMap((one, i) => {
          const { name: application } = this.applications[i]!
          return one?.writers === undefined ? [] : [{ application, writers: one.writers }]
        }),
        release() {
          release()
          turn.end()
        },
      }
    } catch (cause) {
      release()
      throw cause
    }
  }

  /** Gathers one application; undefined if that fails, or takes too long. */
  private async readOne(
    { name, gatherer }: NamedApplication,
    { exemplars, perWorker }: GatherRequest,
  ): Promise<Gathered | undefined> {
    const { within = 5_000 } = this.options
    const gathering = gatherer.gather({ exemplars, perWorker })
    try {
      return await withTimeout(gathering, within)
    } catch (cause) {
      gathering.then(
        ({ release }) => release(),
        () => {},
      )
      const code = cause instanceof MetricsError ? cause.code : 'READ_FAILED'
      const text = `application ${name} is omitted from the scrape: ${reasonOf(cause)}`
      this.report(name, new MetricsError(code, text, { cause }))
      return undefined
    }
  }

  private report(application: string, error: MetricsError): void {
    let counts = this.errors.get(application)
    if (counts === undefined) this.errors.set(application, (counts = new Map()))
    counts.set(error.code, (counts.get(error.code) ?? 0) + 1)
    this.options.onError?.(error)
  }

  private stateFamilies(gathered: readonly (Gathered | undefined)[]): readonly SampleFamily[] {
    const up = this.applications.map(({ name: application }, i): Sample => {
      return { name: upName, labels: { application }, value: gathered[i] === undefined ? 0 : 1 }
    })
    const errors = [...this.errors].flatMap(([application, counts]) =>
      [...counts].map(([code, value]): Sample => ({ name: errorsName, labels: { application, code }, value })),
    )
    const upHelp = 'Whether the metrics of an application could be read for this scrape.'
    const errorsHelp = 'Errors over which an application, or a family of it, was omitted from a scrape, by code.'
    return [
      { name: upName, help: upHelp, type: 'gauge', samples: up },
      { name: errorsName, help: errorsHelp, type: 'counter', samples: errors },
    ]
  }
}
